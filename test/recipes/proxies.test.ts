import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { HttpBrowser } from '../support/http-browser.js';
import { endProgram, findProgram, freePort, whenReady } from '../support/proxy-program.js';
import { type Rig, signIn, startRig } from '../support/rig.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const stores = await testStores();
const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

interface Ports {
  readonly proxy: number;
  readonly adapter: number;
  readonly service: number;
}

interface Proxy {
  readonly name: string;
  readonly program: string | null;
  /** What a person without a session is answered. */
  readonly refusal: { readonly status: number; readonly location?: string };
  start(folder: string, ports: Ports): Promise<{ readonly child: ChildProcess; readonly ready: RegExp }>;
}

/** The file of the guide with the addresses of this test. */
function localise(text: string, { adapter, service }: Ports): string {
  return text.replaceAll('127.0.0.1:3001', `127.0.0.1:${adapter}`).replaceAll('127.0.0.1:8080', `127.0.0.1:${service}`);
}

const PROXIES: readonly Proxy[] = [
  {
    name: 'nginx',
    program: findProgram('nginx'),
    refusal: { status: 303, location: '/workspace/login?return_to=/workspace/reports/all' },
    async start(folder, ports) {
      const server = localise(read('./nginx.conf'), ports)
        .replace('listen 443 ssl;', `listen 127.0.0.1:${ports.proxy};`)
        .replace('acme.ipscape.com.au', 'acme.localhost');
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
      await writeFile(
        join(folder, 'nginx.conf'),
        // Its workers write to this test's folder, so they are who the test is.
        `${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr notice;
events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  ${server}
}
`,
      );
      const options = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'];
      return { child: spawn(this.program ?? '', options), ready: /start worker process / };
    },
  },
  {
    name: 'Caddy',
    program: findProgram('caddy'),
    refusal: { status: 401 },
    async start(folder, ports) {
      const site = localise(read('./Caddyfile'), ports).replace(
        'acme.ipscape.com.au {',
        `http://acme.localhost:${ports.proxy} {\n\tbind 127.0.0.1`,
      );
      const file = join(folder, 'Caddyfile');
      await writeFile(file, `{\n\tadmin off\n\tauto_https off\n}\n${site}`);
      const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
      const child = spawn(this.program ?? '', ['run', '--config', file, '--adapter', 'caddyfile'], { env });
      return { child, ready: /serving initial configuration/ };
    },
  },
];

describe.each(PROXIES)('behind $name', (proxy) => {
  const [factory] = stores.slice(-1);
  if (proxy.program === null || factory === undefined) {
    test.skip(`${proxy.name} is not installed on this machine (Debian: apt-get install nginx-light caddy)`, () => {});
    return;
  }
  let rig: Rig;
  let service: Server;
  let received: { readonly url: string; readonly headers: IncomingHttpHeaders }[] = [];
  let child: ChildProcess;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let proxyPort: number;
  let browser: HttpBrowser;

  beforeAll(async () => {
    rig = await startRig(await factory.open(), { trustedProxies: ['127.0.0.1'] });
    service = createServer((request, response) => {
      const { url = '', headers } = request;
      received.push({ url, headers });
      // Answered before the form was read, the connection would be closed under the proxy.
      request.resume().once('end', () => response.end('a report'));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => service.once('listening', resolve));
    folder = await temporaryFolder();
    await mkdir(join(folder.path, 'logs'), { recursive: true });
    proxyPort = await freePort();
    const ports = { proxy: proxyPort, adapter: rig.port, service: (service.address() as AddressInfo).port };
    const started = await proxy.start(folder.path, ports);
    child = started.child;
    await whenReady(child, started.ready);
  });
  afterAll(async () => {
    await endProgram(child);
    service?.closeAllConnections();
    service?.close();
    await rig?.stop();
    await folder?.remove();
  });
  beforeEach(async () => {
    await rig.repair();
    received = [];
    browser = new HttpBrowser();
    // All of the Workspace goes through the proxy, and nothing else.
    browser.connectTo = ({ hostname, pathname }) =>
      hostname === 'acme.localhost' && pathname.startsWith('/workspace/') ? proxyPort : undefined;
  });

  const report = () => `${rig.tenants.acme.origin}/workspace/reports/all`;
  const ipscapeHeaders = (headers: IncomingHttpHeaders | undefined) =>
    Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => name.startsWith('x-ipscape')));
  const OURS = {
    'x-ipscape-user': 'acme-agent',
    'x-ipscape-email': 'agent@acme.example',
    'x-ipscape-tenant': 'acme',
    'x-ipscape-role': 'agent',
  };

  test('a person who is signed in reaches the service, which knows who it is', async () => {
    expect((await signIn(rig, browser)).status).toBe(303);
    const answer = await browser.request(report());
    expect([answer.status, answer.text]).toEqual([200, 'a report']);
    expect(received.map(({ url, headers }) => [url, ipscapeHeaders(headers)])).toEqual([
      ['/workspace/reports/all', OURS],
    ]);
  });

  test('a person who is not is sent to sign in, and the service hears nothing', async () => {
    const answer = await browser.request(report());
    expect(answer.status).toBe(proxy.refusal.status);
    if (proxy.refusal.location === undefined) expect(answer.text).toContain('/workspace/security/sso-login');
    else expect(new URL(answer.location()).pathname + new URL(answer.location()).search).toBe(proxy.refusal.location);
    expect(received).toEqual([]);
  });

  test('nobody writes the headers of the service but the proxy', async () => {
    await signIn(rig, browser);
    const forged = { 'X-Ipscape-User': 'acme-admin', 'x-ipscape-role': 'administrator', 'X-IPSCAPE-TENANT': 'globex' };
    expect((await browser.request(report(), { headers: forged })).status).toBe(200);
    expect(received.map(({ headers }) => ipscapeHeaders(headers))).toEqual([OURS]);
    expect((await new HttpBrowser().request(report(), { headers: forged })).status).not.toBe(200);
    expect(received).toHaveLength(1);
  });

  test('names that no header holds arrive so that they can be decoded', async () => {
    await signIn(rig, browser);
    const email = 'jörg %41 "🎧"\r\nX-Ipscape-Role: administrator';
    await rig.database.query("update users set email = $1 where id = 'acme-agent'", [email]);
    rig.restart();
    try {
      expect((await browser.request(report())).status).toBe(200);
      const headers = received[0]?.headers;
      expect(decodeURIComponent(String(headers?.['x-ipscape-email']))).toBe(email);
      expect(headers?.['x-ipscape-role']).toBe('agent');
    } finally {
      await rig.database.query("update users set email = 'agent@acme.example' where id = 'acme-agent'");
    }
  });

  test('a session of another product, and one that ended, open nothing', async () => {
    await signIn(rig, browser, { product: 'cti' });
    expect((await browser.request(report())).status).toBe(proxy.refusal.status);
    await signIn(rig, browser);
    expect((await browser.request(report())).status).toBe(200);
    await browser.post(`${rig.tenants.acme.origin}/workspace/logout`);
    expect((await browser.request(report())).status).toBe(proxy.refusal.status);
    expect(received).toHaveLength(1);
  });

  test('a form that is posted to the service arrives whole, and only with a session', async () => {
    const body = 'x'.repeat(20_000);
    const post = { body, headers: { 'content-length': String(body.length) } };
    expect((await browser.post(report(), post)).status).not.toBe(200);
    await signIn(rig, browser);
    expect((await browser.post(report(), post)).status).toBe(200);
    expect(received.map(({ headers }) => headers['content-length'])).toEqual([String(body.length)]);
  });

  test('while the adapter cannot answer, nobody reaches the service', async () => {
    await signIn(rig, browser);
    rig.breakStore('findSession', () => new Error('broken'));
    rig.restart();
    expect((await browser.request(report())).status).toBeGreaterThanOrEqual(500);
    expect(received).toEqual([]);
  });
});
