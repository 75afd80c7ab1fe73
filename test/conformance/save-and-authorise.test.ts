import type { SsoErrorCode } from '@ipscape/sso-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeRsaKey, signHs256, signNothing, signRs256 } from '../../packages/sso-core/test/signing-key.js';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { HttpBrowser } from '../support/http-browser.js';
import { type Rig, sessionCookies, signIn, startRig } from '../support/rig.js';
import { answerAs, type Json, PROVIDER_KEY, publicJwks, type Script } from '../support/scripted-provider.js';
import { type Authorisation, linkedClient, type SettingsClient } from '../support/settings-link-client.js';

/** Whatever a sign-in refuses, *Save and authorise* refuses too: it is where settings of a stranger are first used. */
describe.each(await testStores())('Save and authorise, on $name,', ({ open }) => {
  let rig: Rig;
  let administrator: SettingsClient;
  let revisionId: string;
  beforeAll(async () => {
    rig = await startRig(await open(), { idpTimeoutMs: 1_000 });
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    await rig.repair();
    // How often one may try is limited, which is not what is tried here.
    await rig.database.query('delete from authorisation_rounds');
    await rig.database.query('delete from authorisations');
    administrator = await linkedClient(rig, new HttpBrowser());
    revisionId = await administrator.draft();
    rig.restart();
    rig.outgoing.length = 0;
  });

  const acme = () => rig.tenants.acme;
  const begin = async () =>
    (await administrator.post('authorise', { revisionId })).json() as unknown as {
      readonly authorisation: Authorisation;
      readonly open: string;
    };

  /** Nothing was saved, and what is in force signs people in as before. */
  async function expectUnproved(): Promise<void> {
    expect((await administrator.post('save', { revisionId })).json()).toMatchObject({
      code: 'revision-not-authorised',
    });
    expect(administrator.browser.answers.flatMap(sessionCookies)).toEqual([]);
    acme().org.faults.reset();
    rig.restart();
    expect((await signIn(rig, new HttpBrowser())).status).toBe(303);
  }

  function expectNoSecretSent(): void {
    expect(rig.outgoing.map(({ url }) => new URL(url).pathname)).toEqual(['/.well-known/openid-configuration']);
    for (const { headers, body } of rig.outgoing) expect(['authorization' in headers, body]).toEqual([false, '']);
  }

  const ISSUERS: Readonly<Record<string, (origin: string) => unknown>> = {
    'another host': () => 'https://evil.example',
    'another tenant’s': () => rig.tenants.globex.org.origin,
    'a slash at the end': (origin) => `${origin}/`,
    'capital letters': (origin) => origin.toUpperCase(),
    'another port': (origin) => origin.replace(/:\d+$/, ':443'),
    'a path that goes back': (origin) => `${origin}/x/..`,
    https: (origin) => origin.replace('http:', 'https:'),
    'user information': (origin) => origin.replace('//', '//user@'),
    'a query': (origin) => `${origin}?x`,
  };
  test.each(Object.keys(ISSUERS))('P3 refuses metadata for another issuer: %s', async (name) => {
    acme().org.faults.discoveryOverrides = { issuer: ISSUERS[name]?.(acme().org.origin) };
    expect((await begin()).authorisation).toMatchObject({ status: 'failed', failure: { code: 'issuer-mismatch' } });
    expectNoSecretSent();
    await expectUnproved();
  });

  // Each verdict waits for a second, so that nobody learns what is there; every value is tried in protocol.test.ts.
  test.each<[string, () => Json]>([
    ['no issuer', () => ({ issuer: undefined })],
    ['a token endpoint elsewhere', () => ({ token_endpoint: 'https://evil.example/token' })],
    ['a token endpoint of another kind', () => ({ token_endpoint: 'file:///etc/passwd' })],
  ])('P3, P4 refuses metadata with %s, and no secret is sent', async (_name, change) => {
    acme().org.faults.discoveryOverrides = change();
    expect((await begin()).authorisation).toMatchObject({ status: 'failed', failure: { code: 'idp-unreachable' } });
    expectNoSecretSent();
    await expectUnproved();
  });

  test('P35 names what has to be switched off where pushed requests are demanded', async () => {
    acme().org.faults.discoveryOverrides = { require_pushed_authorization_requests: true };
    const { authorisation } = await begin();
    expect(authorisation).toMatchObject({ status: 'failed', failure: { code: 'par-required' } });
    expect(authorisation.failure?.advice).toContain('General Settings > Edit');
    expectNoSecretSent();
    await expectUnproved();
  });

  test('P35 names the switch where DPoP is demanded', async () => {
    const { failure } = await answered({
      rawTokenAnswer: () => ({ status: 400, body: '{"error":"invalid_dpop_proof"}' }),
    });
    expect(failure).toMatchObject({ code: 'dpop-required', advice: expect.stringContaining('untick "Require') });
    await expectUnproved();
  });

  /** With the provider's answer to the administrator's own sign-in; returns the verdict. */
  async function answered(script: Script): Promise<Authorisation> {
    const { authorisation, open } = await begin();
    const page = await administrator.browser.request(acme().origin + open);
    const oktaUrl = /content="0;url=([^"]*)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const { searchParams } = new URL(oktaUrl);
    answerAs(
      rig,
      { person: 'admin', ...script },
      { nonce: searchParams.get('nonce') ?? '', clientId: acme().clientId },
    );
    const parameters = new URLSearchParams({ code: 'scripted-code', state: searchParams.get('state') ?? '' });
    rig.restart();
    await administrator.browser.request(`${acme().origin}/workspace/authorize-sso?${parameters}`);
    const answer = await administrator.get(`authorisations/${authorisation.authorisationId}`);
    return answer.json() as unknown as Authorisation;
  }

  const another = makeRsaKey(PROVIDER_KEY.kid);
  const claims = (change: Json): Script => ({ claims: change });
  const TOKENS: Readonly<Record<string, readonly [SsoErrorCode, () => Script]>> = {
    'a stranger’s signature': ['token-invalid', () => ({ sign: signRs256(another.privateKey) })],
    'no signature': ['token-invalid', () => ({ header: { alg: 'none' }, sign: signNothing })],
    'a signature by the secret': [
      'token-invalid',
      () => ({ header: { alg: 'HS256' }, sign: signHs256(acme().clientSecret) }),
    ],
    'a key of its own': [
      'token-invalid',
      () => ({ header: { jwk: another.jwk }, sign: signRs256(another.privateKey) }),
    ],
    'another issuer': ['issuer-mismatch', () => claims({ iss: 'https://login.acme.example' })],
    'another audience': ['token-invalid', () => claims({ aud: 'x' })],
    'an expiry in the past': ['token-invalid', () => claims({ exp: 1 })],
    'another nonce': ['token-invalid', () => claims({ nonce: 'x' })],
    'no subject': ['token-invalid', () => claims({ sub: undefined })],
    'a wrong at_hash': ['token-invalid', () => claims({ at_hash: 'x' })],
    'a sign-in of an hour ago': ['interaction-required', () => claims({ auth_time: Date.now() / 1000 - 3600 })],
    'no time of the sign-in': ['interaction-required', () => claims({ auth_time: undefined })],
  };
  test.each(Object.keys(TOKENS))(
    'P12, P13, P15, P16, P17, P18, P19, P20, P25 refuses a token with %s',
    async (name) => {
      const [code, script] = TOKENS[name] ?? expect.fail('No such token.');
      expect(await answered(script())).toMatchObject({
        status: 'failed',
        failure: { code },
        matchedUser: null,
        claims: [],
      });
      await expectUnproved();
    },
  );

  test('P12 refuses the key of another tenant’s provider under the same id', async () => {
    rig.tenants.globex.org.faults.keys = { status: 200, body: JSON.stringify(publicJwks(another)) };
    expect(await answered({ sign: signRs256(another.privateKey) })).toMatchObject({
      status: 'failed',
      failure: { code: 'token-invalid' },
    });
    await expectUnproved();
  });

  test('P25 asks for a sign-in of these minutes, and accepts one', async () => {
    const { open } = await begin();
    const page = await administrator.browser.request(acme().origin + open);
    expect(page.text).toMatch(/[?&;]prompt=login&amp;max_age=600/);
    expect(await answered({})).toMatchObject({ failure: null, matchedUser: { id: 'acme-admin' } });
  });
});
