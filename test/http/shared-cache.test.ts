import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PRODUCTS } from '@ipscape/sso-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { HttpBrowser } from '../support/http-browser.js';
import { endProgram, findProgram, freePort, whenReady } from '../support/proxy-program.js';
import { type Rig, signIn, startRig } from '../support/rig.js';
import { SETTINGS } from '../support/settings-link-client.js';
import { temporaryFolder } from '../support/temporary-folder.js';

// The last one is a server where there is one: what is judged here is the same on both.
const database = (await testStores()).at(-1);
const nginx = findProgram('nginx');

/** Keeps every answer of any status for an hour, by its address alone, unless the answer itself forbids that. */
const configuration = (folder: string, port: number, adapter: number): string => `
${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr notice;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  proxy_cache_path ${folder}/cache keys_zone=shared:1m;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${adapter};
      proxy_set_header Host $http_host;
      proxy_cache shared;
      proxy_cache_key $host$request_uri;
      proxy_cache_methods GET HEAD POST;
      proxy_cache_valid any 1h;
      proxy_cache_use_stale error timeout updating http_500 http_502 http_503 http_504;
      add_header X-Cache $upstream_cache_status always;
    }
  }
}
`;

describe.skipIf(nginx === null)(
  `behind a cache that everybody shares${nginx === null ? ' (nginx is not installed on this machine)' : ''}`,
  () => {
    let rig: Rig;
    let child: ChildProcess;
    let folder: Awaited<ReturnType<typeof temporaryFolder>>;
    let port: number;
    beforeAll(async () => {
      if (database === undefined) throw new Error('No database.');
      rig = await startRig(await database.open());
      folder = await temporaryFolder();
      port = await freePort();
      const file = join(folder.path, 'nginx.conf');
      await writeFile(file, configuration(folder.path, port, rig.port));
      child = spawn(nginx ?? '', ['-p', folder.path, '-c', file, '-e', 'stderr']);
      await whenReady(child, /start worker process /);
    });
    afterAll(async () => {
      await endProgram(child);
      await rig?.stop();
      await folder?.remove();
    });
    beforeEach(() => rig.repair());

    const newBrowser = (): HttpBrowser => {
      const browser = new HttpBrowser();
      browser.connectTo = ({ hostname }) => (hostname === 'acme.localhost' ? port : undefined);
      return browser;
    };

    test('S11 two people never see each other, and no answer that sets or asks for a cookie is kept', async () => {
      const people = { agent: newBrowser(), admin: newBrowser() };
      const { origin } = rig.tenants.acme;
      const handles: string[] = [];
      for (const _round of [1, 2]) {
        for (const product of PRODUCTS) {
          for (const [person, browser] of Object.entries(people) as ['agent' | 'admin', HttpBrowser][]) {
            expect((await signIn(rig, browser, { product, person })).status).toBe(303);
            handles.push(browser.findCookie(origin, `__Host-ipscape-${product}`) ?? '');
            // Twice with the same cookie, so that only `no-store` keeps it out.
            for (const _time of ['first', 'again']) {
              const session = await browser.ask(`${origin}/${product}/session`);
              expect(session.json()).toMatchObject({ user: { email: `${person}@acme.example` } });
            }
            const headers = (await browser.ask(`${origin}/${product}/auth`)).headers;
            expect(headers['x-ipscape-email']).toBe(`${person}@acme.example`);
            const token = await browser.post(`${origin}/${product}/session/token`, {
              headers: { accept: 'application/json' },
            });
            const [, payload = ''] = String(token.json().token).split('.');
            expect(Buffer.from(payload, 'base64url').toString()).toContain(`${person}@acme.example`);
          }
          expect((await newBrowser().ask(`${origin}/${product}/session`)).status).toBe(401);
        }
        for (const path of ['/workspace/login', SETTINGS, '/workspace/api/sso/settings']) {
          const [own, others] = [await people.admin.ask(origin + path), await people.agent.ask(origin + path)];
          if (path !== '/workspace/login') expect([own.status, others.status]).toEqual([200, 403]);
        }
        for (const product of PRODUCTS) await people.agent.post(`${origin}/${product}/logout`);
      }
      expect(new Set(handles).size).toBe(handles.length);
      const answers = Object.values(people)
        .flatMap(({ answers }) => answers)
        .filter(({ url }) => url.startsWith(origin));
      expect(answers.length).toBeGreaterThan(50);
      expect(new Set(answers.map(({ headers }) => headers['x-cache']))).toEqual(new Set(['MISS']));
    });

    test('keeps what is everybody’s', async () => {
      const url = `${rig.tenants.acme.origin}/workspace/.well-known/jwks.json`;
      await newBrowser().ask(url);
      expect((await newBrowser().ask(url)).headers['x-cache']).toBe('HIT');
    });
  },
);
