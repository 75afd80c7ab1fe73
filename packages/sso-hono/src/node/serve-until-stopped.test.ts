import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { createLogger } from './create-logger.js';
import { serveUntilStopped } from './serve-until-stopped.js';

const logger = createLogger({ level: 'silent' });

function get(port: number, agent: Agent, path = '/'): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, agent, path }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    })
      .on('error', reject)
      .end();
  });
}

test('R19 a request under way finishes, new connections are refused, and stopping does not wait for idle ones', async () => {
  const arrived = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const server = await serveUntilStopped({
    fetch: async (incoming) => {
      if (new URL(incoming.url).pathname === '/') {
        arrived.resolve();
        await answer.promise;
      }
      return new Response('done');
    },
    host: '127.0.0.1',
    port: 0,
    logger,
  });
  const agent = new Agent({ keepAlive: true });
  const idle = new Agent({ keepAlive: true });
  expect(await get(server.port, idle, '/other')).toEqual({ status: 200, text: 'done' });
  const underWay = get(server.port, agent);
  await arrived.promise;

  // A grace that no test would outlast: it ends because the request does.
  const stopped = server.stop(1_000_000);
  await expect(get(server.port, new Agent())).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  answer.resolve();
  expect(await underWay).toEqual({ status: 200, text: 'done' });
  await stopped;
  agent.destroy();
  idle.destroy();
});

test('R19 a request that never ends is cut after the grace', async () => {
  const arrived = Promise.withResolvers<void>();
  const server = await serveUntilStopped({
    fetch: () => {
      arrived.resolve();
      return new Promise<Response>(() => {});
    },
    host: '127.0.0.1',
    port: 0,
    logger,
  });
  const underWay = get(server.port, new Agent()).catch((error: NodeJS.ErrnoException) => error.code);
  await arrived.promise;
  await server.stop(1);
  expect(await underWay).toBe('ECONNRESET');
});

test('a taken port is told to the caller', async () => {
  const fetch = () => new Response();
  const first = await serveUntilStopped({ fetch, host: '127.0.0.1', port: 0, logger });
  await expect(serveUntilStopped({ fetch, host: '127.0.0.1', port: first.port, logger })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
  await first.stop();
});

test('O11 a body that comes too slowly is answered with 408 and cut, however much of it came', async () => {
  const received: string[] = [];
  const fetch = async (incoming: Request) => new Response(String((await incoming.text()).length));
  const server = await serveUntilStopped({ fetch, host: '127.0.0.1', port: 0, logger, requestTimeoutMs: 200 });
  const socket = connect(server.port, '127.0.0.1');
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
  const drip = setInterval(() => socket.writable && socket.write('1\r\nx\r\n'), 10);
  socket.write(head);
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk) => received.push(String(chunk)));
    socket.on('error', () => {});
    socket.on('close', () => resolve());
  });
  clearInterval(drip);
  expect(received.join('')).toMatch(/^HTTP\/1\.1 408 /);
  await server.stop();
});
