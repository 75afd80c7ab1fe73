import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';
import { ownVectors } from '../vectors/own-vectors.js';
import type { VectorFile } from '../vectors/vector-file.js';

const script = (name: string): string => fileURLToPath(new URL(`../../scripts/${name}.mjs`, import.meta.url));

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Answers every request, by the path and the body. */
async function serve(answer: (path: string, body: string) => { status: number; body: unknown }): Promise<string> {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const isZipped = request.headers['content-encoding'] === 'gzip';
    const { status, body } = answer(request.url ?? '', (isZipped ? gunzipSync(bytes) : bytes).toString());
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Run {
  readonly status: number;
  readonly output: string;
}

async function run(name: string, env: Readonly<Record<string, string>>, ...options: readonly string[]): Promise<Run> {
  const child = spawn(process.execPath, [script(name), ...options], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [status] = (await once(child, 'close')) as [number];
  return { status, output };
}

describe('R23 npm run advisories', () => {
  const ADVISORIES = '/-/npm/v1/security/advisories/bulk';
  const hole = (severity: string) => ({
    id: 1,
    url: 'https://advisories.example/1',
    title: 'Lets strangers in',
    severity,
    vulnerable_versions: '*',
  });
  /** A registry that knows a hole in a package, if it is asked about it. */
  const registryWith = (name: string, severity: string): Promise<string> =>
    serve((path, body) => {
      if (path === ADVISORIES) {
        return { status: 200, body: name in JSON.parse(body) ? { [name]: [hole(severity)] } : {} };
      }
      return { status: 404, body: {} };
    });
  async function ask(registry: string, ...options: readonly string[]): Promise<Run> {
    // What npm remembers of an advisory would outlive its registry.
    const cache = await temporaryFolder();
    const settings = { npm_config_registry: registry, npm_config_fetch_retries: '0', npm_config_cache: cache.path };
    return run('advisories', settings, ...options).finally(() => cache.remove());
  }

  test('are content with no hole', async () => {
    const { status, output } = await ask(await serve(() => ({ status: 200, body: {} })), '--required');
    expect(output).toMatch(/ 0 of \d+ packages that are published[\s\S]* 0 of \d+ packages in all/);
    expect(status).toBe(0);
  });

  test('fail with a small hole in what is published, and name it', async () => {
    const { status, output } = await ask(await registryWith('jose', 'low'));
    expect(output).toContain('jose (low): Lets strangers in, https://advisories.example/1');
    expect(status).toBe(1);
  });

  test.each([
    ['high', 1],
    ['moderate', 0],
  ] as const)('with a hole that is %s in a tool end with %d', async (severity, expected) => {
    const { status, output } = await ask(await registryWith('fast-check', severity));
    expect(output).toContain('0 of');
    expect(status).toBe(expected);
  });

  test('say in a sentence that a registry cannot be asked, and fail only where they must know', async () => {
    const registry = await serve(() => ({ status: 405, body: {} }));
    const { status, output } = await ask(registry);
    expect(output).toContain(
      'Advisories: the registry could not be asked about packages that are published or deployed. 405',
    );
    expect(status).toBe(0);
    expect((await ask(registry, '--required')).status).toBe(1);
  });
});

describe('R23 npm run vectors', () => {
  /** With numbers that no public vector has. */
  const file = (): VectorFile => ({
    testGroups: ownVectors().testGroups.map(({ tests, ...group }) => ({
      ...group,
      tests: tests.map((vector) => ({ ...vector, tcId: vector.tcId + 10_000 })),
    })),
  });
  const ask = (url: string, ...options: readonly string[]): Promise<Run> =>
    run('public-vectors', { SSO_TEST_VECTORS_URL: url }, ...options);

  test('has what it fetched judged', async () => {
    const good = await ask(await serve(() => ({ status: 200, body: file() })));
    expect(good.output).toContain('6 passed');
    expect(good.status).toBe(0);
  });

  test('fails when one is judged otherwise', async () => {
    const [first, ...others] = file().testGroups;
    if (first === undefined) throw new Error('No vectors.');
    const tests = first.tests.map((vector) => ({ ...vector, result: 'valid' as const }));
    const { status, output } = await ask(
      await serve(() => ({ status: 200, body: { testGroups: [{ ...first, tests }, ...others] } })),
    );
    expect(output).toContain('of Project Wycheproof are judged as expected');
    expect(status).toBe(1);
  });

  test('says in a sentence that they cannot be fetched, and fails only where it must know', async () => {
    const url = await serve(() => ({ status: 503, body: {} }));
    const { status, output } = await ask(url);
    expect(output).toContain('Vectors: the public ones could not be fetched. The answer was 503.');
    expect(status).toBe(0);
    expect((await ask(url, '--required')).status).toBe(1);
  });
});
