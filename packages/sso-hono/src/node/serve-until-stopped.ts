/**
 * @module
 * Listens until told to stop, then lets what is under way finish.
 */
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Logger } from 'pino';

/** What is served where. */
export interface ServeOptions {
  /** Of the app, e.g. Hono's. */
  readonly fetch: Parameters<typeof createAdaptorServer>[0]['fetch'];
  /** Address to listen on. */
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Told of errors of the server while it listens. */
  readonly logger: Logger;
  /**
   * Longest time in which a client sends a whole request, at most a quarter more; then it is answered with 408. Default
   * 20,000.
   */
  readonly requestTimeoutMs?: number;
}

/** A server that listens. */
export interface RunningServer {
  /** The one that it really has, also where any free one was asked for. */
  readonly port: number;
  /**
   * Refuses new connections and waits for requests under way, for at most `graceMs` (default 10,000); then cuts them.
   */
  stop(graceMs?: number): Promise<void>;
}

/** Longest time in which a client sends its headers. A sign-in's requests are tiny. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 20_000;
/** Longer than load balancers keep idle connections, so that they close first. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

/** @throws the system's error, e.g. with code `EADDRINUSE` when the port is taken. */
export async function serveUntilStopped({
  fetch,
  host,
  port,
  logger,
  requestTimeoutMs = REQUEST_TIMEOUT_MS,
}: ServeOptions): Promise<RunningServer> {
  const server = createAdaptorServer({
    fetch,
    serverOptions: {
      headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      // Node looks every 30 seconds otherwise.
      connectionsCheckingInterval: requestTimeoutMs / 4,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      maxHeaderSize: 16 * 1024,
    },
    // Its type covers HTTP/2 as well; without other options it is this.
  }) as Server;
  const underWay = new Set<ServerResponse>();
  server.on('request', (_request, response) => {
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', (error) => logger.error({ code: 'code' in error ? error.code : undefined }, 'server error'));
  return {
    port: (server.address() as AddressInfo).port,
    stop: (graceMs = 10_000) => stopGently(server, underWay, graceMs),
  };
}

async function stopGently(server: Server, underWay: ReadonlySet<ServerResponse>, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  // Otherwise the client keeps the connection for its next request, and stopping waits for the whole grace.
  for (const response of underWay) if (!response.headersSent) response.setHeader('connection', 'close');
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(cut);
}
