/**
 * @module Reads a small request body, and puts it back for the next reader.
 */
import { IncomingMessage } from 'node:http';

const MAX_BYTES = 64 * 1024;

/** @throws {Error} when the body is larger than 64 KiB. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let received = 0;
  for await (const chunk of request) {
    received += chunk.length;
    if (received > MAX_BYTES) throw new Error('Request body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Returns a request like `request` whose body can be read again. */
export function withBody(request: IncomingMessage, body: Buffer): IncomingMessage {
  const replay = new IncomingMessage(request.socket);
  replay.method = request.method ?? 'POST';
  replay.url = request.url ?? '/';
  replay.headers = request.headers;
  replay.httpVersion = request.httpVersion;
  replay.complete = true;
  replay.push(body);
  replay.push(null);
  return replay;
}
