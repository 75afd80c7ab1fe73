/** @module A forward proxy that knows where `*.localhost` is: here. */
import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

export async function startProxy(): Promise<{ readonly port: number; stop(): void }> {
  // workerd names the host in the request line alone.
  const server = createServer({ requireHostHeader: false }, (incoming, response) => {
    const url = new URL(incoming.url ?? '');
    const { port, pathname, search, hostname } = url;
    if (!hostname.endsWith('.localhost')) return response.writeHead(403).end();
    const headers = { ...incoming.headers, host: url.host };
    const outgoing = send({ host: '127.0.0.1', port, path: pathname + search, method: incoming.method, headers });
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    return incoming.pipe(outgoing);
  });
  // For runtimes that tunnel plain http as well.
  server.on('connect', ({ url = '' }, socket) => {
    const [host = '', port = ''] = url.split(':');
    if (!host.endsWith('.localhost')) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const upstream = connect(Number(port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket);
      socket.pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
