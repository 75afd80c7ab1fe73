/**
 * @module
 * Drives the portable service of one runtime: `node drive.ts '{"command": …, "args": […]}'`. Prints as JSON what the
 * service answered. Okta org and key endpoint are here, made of the installed packages.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { signInAtOkta, startOktaDevOrg } from '@ipscape/okta-devorg';
import { createProductTokenMint, type Product, productTokenIssuer } from '@ipscape/sso-core';
import { createInMemorySigningKeys } from '@ipscape/sso-core/testing';
import type { PortableSettings } from './portable-service.ts';
import { startProxy } from './start-proxy.ts';
import { writeWorkerdConfig } from './write-workerd-config.ts';

interface Drive {
  readonly command: string;
  readonly args: readonly string[];
  /** Where workerd's configuration goes; left out for a runtime that takes its settings as last argument. */
  readonly workerd?: string;
}

const drive = JSON.parse(process.argv[2] ?? '') as Drive;
const redirectUri = 'http://acme.localhost:3002/cti/login';
const person = { email: 'ada.agent@acme.example' };
const seen: Record<string, unknown> = {};

const keys = createInMemorySigningKeys();
let keyRequests = 0;
const keyServer = createServer(async (_request, response) => {
  keyRequests++;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ keys: await keys.listPublishedKeys('acme') }));
}).listen(0, '127.0.0.1');
await once(keyServer, 'listening');
const scheme = { protocol: 'http', port: (keyServer.address() as AddressInfo).port } as const;
const org = await startOktaDevOrg({ apps: [{ label: 'CTI', redirectUris: [redirectUri], assigned: 'everyone' }] });
const [{ clientId = '', clientSecrets = [] } = {}] = org.clients;
const proxy = await startProxy();
const service = await startService({
  tokenIssuer: productTokenIssuer('acme.localhost', 'cti', scheme),
  oktaIssuer: org.origin,
  clientId,
  clientSecret: clientSecrets[0]?.value ?? '',
  redirectUri,
});

try {
  const good = await issue();
  // All at once, while no key is known yet.
  seen.good = await Promise.all(Array.from({ length: 5 }, () => callsMine(`Bearer ${good}`)));
  seen.keyRequests = keyRequests;
  seen.none = await callsMine(null);
  seen.expired = await callsMine(`Bearer ${await issue({ agoMs: 390_000 })}`);
  seen.otherProduct = await callsMine(`Bearer ${await issue({ product: 'toolbar' })}`);
  const flipped = good.at(-10) === 'A' ? 'B' : 'A';
  seen.brokenSignature = await callsMine(`Bearer ${good.slice(0, -10)}${flipped}${good.slice(-9)}`);
  await keys.rotate('acme');
  seen.rotated = await callsMine(`Bearer ${await issue()}`);

  const first = await signIn(person.email);
  seen.signedIn = await ask(first);
  seen.repeated = await ask(first);
  seen.otherBrowser = await ask({ ...(await signIn(person.email)), cookie: 'tx=AAAA' });
  seen.cancelled = await ask(await signIn('cancel'));
  org.faults.idToken = { breakSignature: true };
  seen.forgedIdToken = await ask(await signIn(person.email));
  console.log(JSON.stringify(seen));
} finally {
  service.child.kill('SIGKILL');
  keyServer.closeAllConnections();
  keyServer.close();
  proxy.stop();
  await org.stop();
}

async function issue({ product = 'cti' as Product, agoMs = 0 } = {}): Promise<string> {
  const now = () => Date.now() - agoMs;
  const { token } = await createProductTokenMint({ store: keys, scheme, now }).issue({
    id: 'session-1',
    tenant: { id: 'acme', domain: 'acme.localhost' },
    product,
    user: { id: 'user-1', name: 'Ada Agent', role: 'agent', ...person },
    authTime: new Date(now() - 1_000),
    expiresAt: new Date(now() + 3_600_000),
    transactionId: 'transaction-1',
  });
  return token;
}

interface Question {
  readonly path: string;
  readonly cookie?: string;
  readonly authorization?: string;
}

async function ask({ path, ...headers }: Question): Promise<readonly unknown[]> {
  const answer = await fetch(`http://127.0.0.1:${service.port}${path}`, { headers });
  const body = (await answer.json()) as { readonly code?: string };
  return [answer.status, body.code ?? body];
}

function callsMine(authorization: string | null): Promise<readonly unknown[]> {
  return ask({ path: '/calls/mine', ...(authorization === null ? {} : { authorization }) });
}

/** From the service to Okta and back, without opening the callback. */
async function signIn(email: string): Promise<Question> {
  const start = await fetch(`http://127.0.0.1:${service.port}/start`, { redirect: 'manual' });
  const location = start.headers.get('location');
  if (location === null) throw new Error(`The start answered ${start.status}: ${await start.text()}`);
  const { pathname, search } = new URL(await signInAtOkta(location, { email }));
  return { path: pathname + search, cookie: start.headers.get('set-cookie') ?? '' };
}

async function startService(settings: PortableSettings): Promise<{ readonly child: ChildProcess; port: number }> {
  const { command, args, workerd } = drive;
  const last = workerd === undefined ? [JSON.stringify(settings)] : [];
  if (workerd !== undefined) await writeWorkerdConfig(workerd, { settings, proxyPort: proxy.port });
  // Not every system resolves names below "localhost", which a proxy does for every runtime.
  const env = { ...process.env, HTTP_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: '', no_proxy: '' };
  const child = spawn(command, [...args, ...last], { env, stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
  const port = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`The service ended with ${code}.`)));
    for (const stream of [child.stdout, child.stdio[3]]) {
      if (stream === null || stream === undefined || !('read' in stream)) continue;
      createInterface({ input: stream }).on('line', (line) => {
        // workerd says it in JSON, on a channel of its own.
        const port = /^listening (\d+)$/.exec(line)?.[1] ?? /"event":"listen".*"port":(\d+)/.exec(line)?.[1];
        if (port !== undefined) resolve(Number(port));
      });
    }
  });
  child.removeAllListeners('exit');
  return { child, port };
}
