/**
 * @module
 * Public addresses on one machine. A guarded fetch connects to port 443 of a public address and to nothing else, so a
 * test that wants to see its packets has to be the network: connections to an address of the list end at a local
 * server. What is intercepted is the socket, after the name was resolved and the answer judged; nothing of the fetch is
 * replaced.
 */
import { type LookupFunction, Socket } from 'node:net';

export interface LocalInternet {
  /** Every address that a connection was about to be made to, after its name was resolved. */
  readonly connections: string[];
  /** Has connections to a public address end at a port of this machine. */
  route(address: string, port: number): void;
  /** Gives the machine its own network back. */
  close(): void;
}

interface ConnectOptions {
  readonly port?: number | string;
  readonly lookup?: LookupFunction;
}

export function createLocalInternet(): LocalInternet {
  const routes = new Map<string, number>();
  const connections: string[] = [];
  const original = Socket.prototype.connect;

  Socket.prototype.connect = function connect(this: Socket, ...given: unknown[]): Socket {
    const [first, ...rest] = given;
    const [options, callback] = (Array.isArray(first) ? first : [first, ...rest]) as [
      ConnectOptions & { readonly host: string },
      (() => void) | undefined,
    ];
    const { lookup, host } = options;
    if (Number(options.port) !== 443 || lookup === undefined) return Reflect.apply(original, this, given);
    lookup(host, { all: true }, (error, addresses) => {
      if (this.destroyed) return;
      if (error !== null) {
        this.destroy(error);
        return;
      }
      const [answer] = addresses as readonly { readonly address: string }[];
      const address = answer?.address ?? '';
      connections.push(address);
      const port = routes.get(address);
      if (port === undefined) this.destroy(Object.assign(new Error('no route'), { code: 'EHOSTUNREACH' }));
      else Reflect.apply(original, this, [{ ...options, host: '127.0.0.1', port, lookup: undefined }, callback]);
    });
    return this;
  } as typeof original;

  return {
    connections,
    route: (address, port) => routes.set(address, port),
    close: () => {
      Socket.prototype.connect = original;
    },
  };
}
