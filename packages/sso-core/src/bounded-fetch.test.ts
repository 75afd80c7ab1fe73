import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { boundedFetch } from './bounded-fetch.js';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  closing.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test('returns what the server answered', async () => {
  const url = await serve((_request, response) => response.writeHead(200, { 'x-a': 'b' }).end('{"keys":[]}'));
  const response = await boundedFetch(url, { headers: { accept: 'application/json' } });
  expect([response.status, response.headers.get('x-a'), await response.text()]).toEqual([200, 'b', '{"keys":[]}']);
});

test('F5 follows no redirect', async () => {
  let visited = 0;
  const evil = await serve((_request, response) => {
    visited++;
    response.end('{"keys":[]}');
  });
  for (const status of [301, 302, 303, 307, 308]) {
    const url = await serve((_request, response) => response.writeHead(status, { location: evil }).end());
    expect((await boundedFetch(url)).status).not.toBe(200);
  }
  expect(visited).toBe(0);
});

test('F9 stops reading an endless answer', async () => {
  const url = await serve((_request, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  });
  await expect(boundedFetch(url)).rejects.toThrow(RangeError);
});

test('F8 gives up on a server that does not answer', async () => {
  const url = await serve(() => {});
  await expect(boundedFetch(url, { timeoutMs: 50 })).rejects.toMatchObject({ name: 'TimeoutError' });
});

test.each([204, 304])('passes on a %d, which has no body', async (status) => {
  const url = await serve((_request, response) => response.writeHead(status).end());
  expect((await boundedFetch(url)).status).toBe(status);
});
