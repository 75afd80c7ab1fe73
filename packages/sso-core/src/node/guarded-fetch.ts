/**
 * @module
 * The only way out of the product. Host names come from tenants and addresses from documents that strangers wrote, so
 * every request goes to a public address that was checked at the moment of connecting, and nothing it answers can
 * cost more than a fixed time and size.
 *
 * It speaks through `node:http(s)` rather than the built-in fetch because it must own the connection anyway, and a
 * request costs half as much.
 */
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { SsoError } from '../errors.js';
import type { SsoFetch, SsoFetchInit } from '../ports.js';
import { isPublicAddress } from './public-address.js';
import { createNameResolver, NameTimeout, type ResolveName } from './resolve-name.js';

/** Nothing has to be given: the defaults are those for production. */
export interface GuardedFetchOptions {
  /**
   * Allows `http` with any port to host names ending in `.localhost`, connected to 127.0.0.1. For development; refused
   * by the adapters in production. Default false.
   */
  readonly allowLocalhost?: boolean;
  /**
   * Resolves a name to all its addresses. Default: the system's name servers are asked directly. Unlike the operating
   * system's resolver that needs no thread, so an unanswered name holds up no other; the hosts file is not read.
   */
  readonly resolve?: ResolveName;
  /** `address` or `address:port` of the name servers to ask instead of the system's. */
  readonly nameServers?: readonly string[];
  /** Certificate authorities in PEM that are trusted instead of the public ones. Default: the public ones. */
  readonly certificateAuthorities?: string;
  /** From the start of a request to a connection. Default 2,000. */
  readonly connectTimeoutMs?: number;
  /**
   * From the start of a request to the head of its answer. Default 3,000; a request that asks for more than `timeoutMs`
   * has as much more for this.
   */
  readonly firstByteTimeoutMs?: number;
  /** Of a whole request, unless it asks for another. Default 5,000. */
  readonly timeoutMs?: number;
  /** Largest body that is read. Default 262,144. */
  readonly maxBytes?: number;
}

/** Shorter than servers keep an idle connection, so that a request is not sent into one that is being closed. */
const IDLE_CONNECTION_MS = 4_000;
/** Per provider, so that a slow one cannot use up what the others need. */
const MAX_CONNECTIONS_PER_HOST = 32;
/** Longest header block that is read. */
const MAX_HEADER_BYTES = 16 * 1024;

/**
 * A fetch that refuses everything but https on port 443 of a host name all of whose addresses are public, follows no
 * redirect, keeps the deadlines and reads no more than `maxBytes`.
 *
 * The name is resolved once for each connection and the connection goes to the address that was checked, so a name
 * that resolves differently the second time gains nothing. The environment's proxy and TLS switches have no effect.
 *
 * @returns a function that rejects with {@link SsoError} `idp-address-forbidden`, `idp-unreachable`, `idp-timeout` or
 *   `idp-response-invalid`.
 */
export function createGuardedFetch(options: GuardedFetchOptions = {}): SsoFetch {
  const { allowLocalhost = false, connectTimeoutMs = 2_000, timeoutMs = 5_000, maxBytes = 256 * 1024 } = options;
  const { firstByteTimeoutMs = 3_000, nameServers } = options;
  const resolve =
    options.resolve ??
    createNameResolver({ timeoutMs: connectTimeoutMs, ...(nameServers === undefined ? {} : { nameServers }) });
  const shared = { keepAlive: true, timeout: IDLE_CONNECTION_MS, maxSockets: MAX_CONNECTIONS_PER_HOST };
  const secureAgent = new https.Agent({
    ...shared,
    lookup: guardedLookup(resolve),
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ...(options.certificateAuthorities === undefined ? {} : { ca: options.certificateAuthorities }),
  });
  const localAgent = new http.Agent({ ...shared, lookup: loopbackLookup });

  return async function guardedFetch(address, init = {}) {
    const url = parseAddress(address, allowLocalhost);
    const agent = url.protocol === 'https:' ? secureAgent : localAgent;
    const askedMs = init.timeoutMs ?? timeoutMs;
    const startedAt = performance.now();
    const leftMs = (limitMs: number): number => startedAt + limitMs - performance.now();
    for (;;) {
      try {
        return await sendRequest(url, init, {
          agent,
          connectTimeoutMs,
          firstByteTimeoutMs: leftMs(firstByteTimeoutMs + Math.max(0, askedMs - timeoutMs)),
          timeoutMs: leftMs(askedMs),
          maxBytes,
        });
      } catch (error) {
        // The server closed an idle connection at the moment of its reuse. Only a GET may be sent again; it ends with
        // the idle connections or the deadline.
        const retry = error instanceof IdleConnectionClosed && (init.method ?? 'GET') === 'GET';
        if (!retry) throw toTransportError(error);
      }
    }
  };
}

function parseAddress(address: string, allowLocalhost: boolean): URL {
  const refuse = (reason: string): SsoError => new SsoError('idp-address-forbidden', { details: { reason } });
  if (!URL.canParse(address)) throw refuse('malformed');
  const url = new URL(address);
  if (url.username !== '' || url.password !== '') throw refuse('user-information');
  if (isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0) throw refuse('ip-address');
  const isLocal = url.hostname.endsWith('.localhost');
  if (isLocal && allowLocalhost && url.protocol === 'http:') return url;
  if (isLocal || url.protocol !== 'https:') throw refuse(isLocal ? 'not-public' : 'not-https');
  if (url.port !== '') throw refuse('port');
  // No name server need say so. RFC 6761 §6.3.
  if (url.hostname === 'localhost') throw refuse('not-public');
  return url;
}

/** Resolves for one connection; a single address that is not public refuses them all. */
function guardedLookup(resolve: ResolveName): LookupFunction {
  return (hostname, { all }, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const [first] = addresses;
        if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address))) {
          callback(new SsoError('idp-address-forbidden', { details: { reason: 'not-public' } }), '', 0);
        } else if (all === true) {
          callback(null, [...addresses]);
        } else {
          callback(null, first.address, first.family);
        }
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error('The name cannot be resolved.'), '', 0),
    );
  };
}

const loopbackLookup: LookupFunction = (_hostname, { all }, callback) => {
  if (all === true) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
};

interface SendOptions {
  readonly agent: http.Agent;
  readonly connectTimeoutMs: number;
  readonly firstByteTimeoutMs: number;
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

class IdleConnectionClosed extends Error {
  readonly code = 'ECONNRESET';
}
class DeadlineExceeded extends Error {}

function sendRequest(url: URL, init: SsoFetchInit, options: SendOptions): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      agent: options.agent,
      method: init.method ?? 'GET',
      maxHeaderSize: MAX_HEADER_BYTES,
      headers: {
        ...init.headers,
        'user-agent': 'ipscape-sso',
        // Nothing to unpack, so nothing that unpacks to a thousand times its size.
        'accept-encoding': 'identity',
        ...(init.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(init.body)) }),
      },
    });
    // Rejects by itself: a request that has no connection yet, or lost it to an upgrade, emits no error.
    const fail = (error: Error): void => {
      settle();
      reject(error);
      request.destroy();
    };
    const deadline = setTimeout(() => fail(new DeadlineExceeded()), options.timeoutMs);
    const firstByte = setTimeout(() => fail(new DeadlineExceeded()), options.firstByteTimeoutMs);
    const stopConnectTimer = limitConnecting(request, url, options.connectTimeoutMs, fail);
    const settle = (): void => {
      clearTimeout(deadline);
      clearTimeout(firstByte);
      stopConnectTimer();
    };
    request.on('error', (error: NodeJS.ErrnoException) => {
      const closedIdle = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      fail(closedIdle ? new IdleConnectionClosed() : error);
    });
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      fail(new SsoError('idp-response-invalid', { details: { reason: 'status' } }));
    });
    request.on('response', (response) => {
      clearTimeout(firstByte);
      readBody(response, options.maxBytes, request)
        .then((body) => toResponse(response, body))
        .then(resolve, reject)
        .finally(settle);
    });
    request.end(init.body);
  });
}

/** Connections whose handshakes are done. A request that waited for one to become free is not told so again. */
const established = new WeakSet<Socket>();

/** Covers the name look-up, the TCP and the TLS handshake; a reused connection has all of them behind it. */
function limitConnecting(
  request: ClientRequest,
  url: URL,
  connectTimeoutMs: number,
  fail: (error: Error) => void,
): () => void {
  const timer = setTimeout(() => fail(new DeadlineExceeded()), connectTimeoutMs);
  const stop = (): void => clearTimeout(timer);
  request.on('socket', (socket) => {
    if (established.has(socket)) stop();
    else
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        established.add(socket);
        stop();
      });
  });
  return stop;
}

async function readBody(
  response: IncomingMessage,
  maxBytes: number,
  request: ClientRequest,
): Promise<Uint8Array<ArrayBuffer>> {
  const refuse = (reason: string): SsoError => {
    request.destroy();
    return new SsoError('idp-response-invalid', { details: { reason } });
  };
  const encoding = response.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') throw refuse('content-encoding');
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) throw refuse('too-large');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw refuse('too-large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Statuses that have no body by definition; `Response` refuses one. */
const NO_BODY = new Set([204, 205, 304]);

function toResponse(response: IncomingMessage, body: Uint8Array<ArrayBuffer>): Response {
  const status = response.statusCode ?? 0;
  if (status < 200 || status > 599) throw new SsoError('idp-response-invalid', { details: { reason: 'status' } });
  const headers = new Headers();
  for (const name of [
    'content-type',
    'cache-control',
    'www-authenticate',
    'x-rate-limit-reset',
    'retry-after',
    'date',
  ]) {
    const value = response.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  return new Response(NO_BODY.has(status) ? null : body, { status, headers });
}

function toTransportError(error: unknown): SsoError {
  if (SsoError.is(error)) return error;
  if (error instanceof DeadlineExceeded || error instanceof NameTimeout)
    return new SsoError('idp-timeout', { cause: error });
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
  return new SsoError('idp-unreachable', { cause: error, details: { reason: code } });
}
