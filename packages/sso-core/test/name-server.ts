/**
 * @module
 * A name server on this machine: answers for the names that it is told about, stays silent about the others that it is
 * told to, and does not know the rest. RFC 1035 §4.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export type NameAnswer =
  | { readonly a?: readonly string[]; readonly aaaa?: readonly string[] }
  /** Never answers, or for one family only. */
  | 'silent';

export interface NameServer {
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** Every question, e.g. `A acme.okta.example`. */
  readonly questions: string[];
  close(): Promise<void>;
}

const TYPES: ReadonlyMap<number, 'a' | 'aaaa'> = new Map([
  [1, 'a'],
  [28, 'aaaa'],
]);

export interface NameServerOptions {
  readonly names: Readonly<Record<string, NameAnswer>>;
  /** Names whose questions for IPv6 addresses are never answered. */
  readonly silentForIpv6?: readonly string[];
}

export async function startNameServer({ names, silentForIpv6 = [] }: NameServerOptions): Promise<NameServer> {
  const socket = createSocket('udp4');
  const questions: string[] = [];
  socket.on('message', (message, { address, port }) => {
    const { name, type, end } = readQuestion(message);
    const family = TYPES.get(type);
    questions.push(`${family?.toUpperCase() ?? type} ${name}`);
    const known = names[name];
    if (known === 'silent' || (family === 'aaaa' && silentForIpv6.includes(name))) return;
    const addresses = family === undefined ? [] : (known?.[family] ?? []);
    const header = Buffer.from(message.subarray(0, 12));
    // A response that allows recursion; NXDOMAIN for a name that is not known.
    header.writeUInt16BE(known === undefined ? 0x8183 : 0x8180, 2);
    header.writeUInt16BE(addresses.length, 6);
    header.writeUInt32BE(0, 8);
    const records = addresses.map((text) => toRecord(type, text));
    socket.send(Buffer.concat([header, message.subarray(12, end), ...records]), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions,
    close: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}

function readQuestion(message: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let offset = 12;
  for (let length = message[offset] ?? 0; length > 0; length = message[offset] ?? 0) {
    labels.push(message.toString('latin1', offset + 1, offset + 1 + length));
    offset += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(offset + 1), end: offset + 5 };
}

function toRecord(type: number, address: string): Buffer {
  const data =
    type === 1
      ? Buffer.from(address.split('.').map(Number))
      : Buffer.from(ipv6Words(address).flatMap((w) => [w >> 8, w & 255]));
  const record = Buffer.alloc(12);
  // A pointer to the name of the question; class IN; a time to live of zero.
  record.writeUInt16BE(0xc00c, 0);
  record.writeUInt16BE(type, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt16BE(data.length, 10);
  return Buffer.concat([record, data]);
}

function ipv6Words(address: string): readonly number[] {
  const [head = '', tail] = address.split('::');
  const words = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16));
  const before = words(head);
  const after = tail === undefined ? [] : words(tail);
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}
