import { randomUUID } from 'node:crypto';
import { PRODUCTS, type Product, UNIVERSAL_LOGOUT_PATH } from '@ipscape/sso-core';
import { BACK_CHANNEL_LOGOUT_PATH } from '@ipscape/sso-hono';
import { createEncryptionKeyRing } from '@ipscape/sso-store';
import { importJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomKey, testStores } from '../../packages/sso-store/test/test-stores.js';
import { type Answer, HttpBrowser } from '../support/http-browser.js';
import { chooseUser, type Rig, signIn, startRig, startUrl, type TenantName } from '../support/rig.js';
import { callApi, openByLink } from '../support/settings-api-client.js';
import { type AdapterProcess, startAdapterProcess } from '../support/start-adapter-process.js';

const postgresql = (await testStores()).find(({ name }) => name === 'PostgreSQL');
if (postgresql === undefined) console.warn('PostgreSQL is not installed: revocations in two processes were left out.');

const LIMIT_MS = 5_000;
const actor = 'test';

/** Somebody who is signed in to all three products, with both processes remembering the sessions. */
interface Signed {
  readonly browser: HttpBrowser;
  readonly tenant: TenantName;
  readonly email: string;
  readonly userId: string;
}

/** What happens to somebody, by the words of the promise. Resolves when it is done. */
const CAUSES: Readonly<Record<string, (context: Context, person: Signed) => Promise<unknown>>> = {
  'the user is disabled': ({ rig }, { userId }) =>
    rig.store.setUserStatus({ tenantId: 'acme', userId, status: 'disabled', actor }),
  'the products are taken away': ({ rig }, { userId }) =>
    rig.store.setUserProducts({ tenantId: 'acme', userId, products: [], actor }),
  'an administrator revokes the sessions': ({ rig }, { userId }) =>
    rig.store.revokeSessions({ tenantId: 'acme', userId, actor }),
  'the person signs out everywhere': async ({ rig }, { browser }) => {
    const answer = await browser.post(`${rig.tenants.acme.origin}/cti/logout?everywhere=true`);
    expect(answer.status).toBe(200);
  },
  'Okta asks for it by e-mail address': (context, { email }) => universalLogout(context, email, 'email'),
  'Okta asks for it by subject': (context, { email }) => universalLogout(context, email, 'iss_sub'),
  'a provider asks for it by back channel': (context, { email }) => backChannelLogout(context, email),
  // Sessions as they were with the org that the tenant had before.
  'single sign-on is enforced': ({ rig, administrator }) => enforce(rig, administrator),
};

interface Context {
  readonly rig: Rig;
  readonly administrator: HttpBrowser;
}

describe.skipIf(postgresql === undefined)('on two processes and three products', () => {
  let rig: Rig;
  let processes: readonly AdapterProcess[] = [];
  beforeAll(async () => {
    const encryptionKeys = randomKey('test');
    const database = await postgresql?.open(createEncryptionKeyRing(encryptionKeys));
    if (database?.databaseUrl == null) throw new Error('No server.');
    rig = await startRig(database);
    const options = { databaseUrl: database.databaseUrl, encryptionKeys, publicPort: rig.port };
    processes = await Promise.all([startAdapterProcess(options), startAdapterProcess(options)]);
  });
  afterAll(async () => {
    for (const child of processes) await child.kill('SIGKILL');
    await rig?.stop();
  });

  async function newPerson(name: string): Promise<Signed> {
    const { org, clientId } = rig.tenants.acme;
    const person = { email: `${name}@acme.example`, name };
    org.addUser(person);
    org.assign(clientId, person.email);
    const user = { id: name, tenantId: 'acme', ...person, role: 'agent', products: PRODUCTS, actor } as const;
    await rig.store.addUser(user);
    const browser = throughProcess(0);
    for (const product of PRODUCTS) {
      const start = await browser.request(startUrl(rig, { product }));
      expect((await browser.request(await chooseUser(browser, start.location(), person.email))).status).toBe(303);
    }
    return { browser, tenant: 'acme', email: person.email, userId: name };
  }

  async function knownPerson(tenant: TenantName): Promise<Signed> {
    const browser = throughProcess(0);
    for (const product of PRODUCTS) expect((await signIn(rig, browser, { tenant, product })).status).toBe(303);
    return { browser, tenant, email: `agent@${tenant}.example`, userId: `${tenant}-agent` };
  }

  function throughProcess(index: number): HttpBrowser {
    const browser = new HttpBrowser();
    browser.connectTo = ({ hostname }) =>
      /^(?:acme|globex)\.localhost$/.test(hostname) ? processes[index]?.port : undefined;
    return browser;
  }

  async function status(index: number, product: Product, { browser, tenant }: Signed): Promise<number> {
    const url = `${rig.tenants[tenant].origin}/${product}/session`;
    return (await throughProcess(index).ask(url, { headers: { cookie: browser.cookieHeader(url) } })).status;
  }

  function everywhere<Result>(ask: (index: number, product: Product) => Promise<Result>): Promise<Result[]> {
    return Promise.all(PRODUCTS.flatMap((product) => [ask(0, product), ask(1, product)]));
  }

  /** The promise is about questions, so what counts is when one was sent, however slow this machine answers. */
  function seenEverywhere(person: Signed, changedAt: number): Promise<unknown> {
    return everywhere(async (index, product) => {
      for (;;) {
        const askedAt = performance.now();
        if ((await status(index, product, person)) === 401) return;
        expect(askedAt - changedAt).toBeLessThan(LIMIT_MS);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    });
  }

  test('S8 sessions end within five seconds, whatever ends them, and nobody else’s do', async () => {
    const administrator = new HttpBrowser();
    await signIn(rig, administrator, { person: 'admin' });
    await prepareEnforcement(rig, administrator);
    const bystander = await knownPerson('acme');
    const ofDisabledConnection = await knownPerson('globex');
    const people: [string, Signed][] = [];
    for (const [index, cause] of Object.keys(CAUSES).entries())
      people.push([cause, await newPerson(`person-${index}`)]);
    const stale = people.find(([cause]) => cause === 'single sign-on is enforced')?.[1];
    await rig.database.query(`update sessions set issuer = 'https://old.okta.com' where user_id = $1`, [stale?.userId]);
    const all = [bystander, ofDisabledConnection, ...people.map(([, person]) => person)];
    for (const person of all) expect(await everywhere((...at) => status(...at, person))).toEqual(Array(6).fill(200));

    const context = { rig, administrator };
    const disable = () => rig.store.setConnectionEnabled({ tenantId: 'globex', enabled: false, actor });
    const changes: [Signed, () => Promise<unknown>][] = [
      [ofDisabledConnection, disable],
      ...people.map(([cause, person]): [Signed, () => Promise<unknown>] => [
        person,
        async () => CAUSES[cause]?.(context, person),
      ]),
    ];
    await Promise.all(
      changes.map(async ([person, change]) => {
        await change();
        await seenEverywhere(person, performance.now());
      }),
    );
    expect(await everywhere((...at) => status(...at, bystander))).toEqual(Array(6).fill(200));
  });

  test('S8 a product that is taken away ends its session alone', async () => {
    const person = await newPerson('half');
    for (const index of [0, 1]) expect(await status(index, 'cti', person)).toBe(200);
    const { userId } = person;
    await rig.store.setUserProducts({ tenantId: 'acme', userId, products: ['workspace', 'toolbar'], actor });
    const changedAt = performance.now();
    await Promise.all(
      [0, 1].map(async (index) => {
        for (let askedAt = changedAt; (await status(index, 'cti', person)) !== 401; askedAt = performance.now()) {
          expect(askedAt - changedAt).toBeLessThan(LIMIT_MS);
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }),
    );
    for (const product of ['workspace', 'toolbar'] as const) expect(await status(1, product, person)).toBe(200);
  });
});

async function universalLogout({ rig }: Context, email: string, format: 'email' | 'iss_sub'): Promise<void> {
  const { org, clientId, origin } = rig.tenants.acme;
  const { url, ...request } = org.universalLogoutRequest({
    clientId,
    email,
    endpoint: origin + UNIVERSAL_LOGOUT_PATH,
    format,
  });
  expect((await post(url, request.headers, request.body)).status).toBe(204);
}

async function backChannelLogout({ rig }: Context, email: string): Promise<void> {
  const { org, clientId, origin } = rig.tenants.acme;
  const [key] = org.exportState().keys;
  const token = await new SignJWT({
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    jti: randomUUID(),
  })
    .setProtectedHeader({ alg: 'RS256', typ: 'logout+jwt', kid: key?.kid ?? '' })
    .setIssuer(org.origin)
    .setAudience(clientId)
    .setSubject(org.users.find((user) => user.email === email)?.id ?? '')
    .setIssuedAt()
    .setExpirationTime('2m')
    .sign(await importJWK({ ...key }, 'RS256'));
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  expect((await post(origin + BACK_CHANNEL_LOGOUT_PATH, headers, `logout_token=${token}`)).status).toBe(200);
}

function post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<Answer> {
  const length = { 'content-length': String(Buffer.byteLength(body)) };
  return new HttpBrowser().request(url, { method: 'POST', headers: { ...headers, ...length }, body });
}

async function prepareEnforcement(rig: Rig, administrator: HttpBrowser): Promise<void> {
  await openByLink(rig, new HttpBrowser());
  expect((await callApi(rig, administrator, 'directory-check', {})).status).toBe(200);
}

async function enforce(rig: Rig, administrator: HttpBrowser): Promise<void> {
  expect((await callApi(rig, administrator, 'enforce', {})).json()).toEqual({ enforced: true });
}
