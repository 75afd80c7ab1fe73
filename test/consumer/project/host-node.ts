/** @module The portable service on Node, with what `@ipscape/sso-core/node` does better. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGuardedFetch, nodeCrypto } from '@ipscape/sso-core/node';
import { createPortableService } from './portable-service.ts';

const handle = createPortableService(JSON.parse(process.argv[2] ?? ''), {
  fetch: createGuardedFetch({ allowLocalhost: true }),
  crypto: nodeCrypto,
});

const server = createServer(async ({ url = '', headers }, response) => {
  const sent = Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : []));
  const answer = await handle(
    new Request(new URL(url, 'http://acme.localhost'), { headers: Object.fromEntries(sent) }),
  );
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
}).listen(0, '127.0.0.1', () => console.log(`listening ${(server.address() as AddressInfo).port}`));
