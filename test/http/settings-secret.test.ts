import { createHash } from 'node:crypto';
import { startOktaDevOrg } from '@ipscape/okta-devorg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { HttpBrowser } from '../support/http-browser.js';
import { type Rig, startRig } from '../support/rig.js';
import {
  fieldsOf,
  linkedClient,
  SETTINGS,
  type SettingsClient,
  signedInClient,
} from '../support/settings-link-client.js';
import { listSettingsRoutes } from '../support/settings-routes.js';

const stores = await testStores();

/** Visible ASCII with everything that an encoding changes. */
const CANARIES = ['Ca<n>ary"one"/+&=%41', "Ca<n>ary'two'/+&=%42"] as const;

describe.each(stores)('the client secret, on $name', ({ open }) => {
  let rig: Rig;
  let administrator: SettingsClient;
  beforeAll(async () => {
    rig = await startRig(await open());
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    await rig.repair();
    await rig.database.query('delete from authorisation_rounds');
    await rig.database.query('delete from authorisations');
    administrator = await signedInClient(rig, new HttpBrowser());
  });

  const draftBody = async (values: Record<string, unknown>) => ({
    providerId: 'okta',
    values: { ...administrator.typed, ...values },
    seenRevisionId: await administrator.seenRevisionId(),
  });
  const tokenRequests = () => rig.outgoing.filter(({ url }) => url.endsWith('/token'));

  test('A1 is nowhere, in no encoding: on every route, page and log line', async () => {
    const [first, second] = CANARIES;
    await rig.connect('acme', { clientSecret: first });
    const link = await linkedClient(rig, new HttpBrowser());
    // With spaces around it, so that there is a repair to tell of.
    const revisionId = await link.draft({ clientSecret: ` ${second}\n` });
    const { failure } = await link.authorise(revisionId);
    expect(failure?.code).toBe('client-rejected');
    expect(tokenRequests().at(-1)).toBeDefined();
    // Refused with the secret in hand: by the field, by the schema, by the conflict, by the form.
    const body = await draftBody({ clientSecret: first, hostName: '127.0.0.1' });
    expect((await link.post('draft', body)).status).toBe(400);
    expect((await link.post('draft', { ...(await draftBody({ clientSecret: first })), more: second })).status).toBe(
      400,
    );
    const late = { ...(await draftBody({ clientSecret: first })), seenRevisionId: null };
    expect((await link.post('draft', late)).status).toBe(409);
    const form = { providerId: 'okta', enable: 'true', seen: '', ...link.typed, clientSecret: first };
    for (const action of ['authorise', 'save']) expect((await link.submit({ ...form, action })).status).toBe(409);
    expect((await link.submit({ action: 'set-next-secret', nextSecret: second })).status).toBe(200);
    expect((await link.submit({ action: 'set-next-secret', nextSecret: `${first} ${first}` })).status).toBe(400);

    const values = { ...form, values: { ...link.typed, clientSecret: first }, revisionId, clientSecret: second };
    for (const route of await listSettingsRoutes(link)) await route.send(link, values);
    for (const accept of ['text/html', 'application/json']) {
      await link.browser.request(link.tenant.origin + SETTINGS, { headers: { accept } });
    }
    const shown = link.browser.answers.map(({ text, headers, url }) => `${url} ${JSON.stringify(headers)} ${text}`);
    const events = JSON.stringify(await rig.store.listAuditEvents('acme', { limit: 1000 }));
    const signInLog = JSON.stringify(await rig.store.listSignInLog('acme', { limit: 1000 }));
    const all = [...shown, ...rig.logLines, events, signInLog];
    expect(all.join('')).toContain('fingerprint');
    for (const encoded of CANARIES.flatMap(encodings)) {
      expect([encoded, all.filter((text) => text.includes(encoded))]).toEqual([encoded, []]);
    }
  });

  describe('A2 typed as', () => {
    test.each(['', ' ', '\t\n', '\u00a0'])('%j keeps the stored one', async (clientSecret) => {
      const answer = await administrator.post('draft', await draftBody({ clientSecret }));
      expect(answer.status).toBe(200);
      const { revision } = answer.json() as { revision: { revisionId: string } };
      expect((await administrator.authorise(revision.revisionId)).status).toBe('succeeded');
    });

    test('nothing at all keeps the stored one', async () => {
      const { clientId, hostName } = administrator.typed;
      const body = { ...(await draftBody({})), values: { clientId, hostName } };
      expect((await administrator.post('draft', body)).status).toBe(200);
    });

    test.each([
      '********',
      '••••••••',
      '●●●●●●●●',
      '........',
      '****abcd',
      '{clientSecret}',
      'a b',
      'ä',
      'x'.repeat(1025),
    ])('%j is refused at its field, and nothing is saved', async (clientSecret) => {
      const before = await administrator.seenRevisionId();
      const answer = await administrator.post('draft', await draftBody({ clientSecret }));
      expect(answer.status).toBe(400);
      expect(fieldsOf(answer)).toEqual(['clientSecret']);
      expect(answer.text).not.toContain(clientSecret);
      expect(await administrator.seenRevisionId()).toBe(before);
    });

    test('the right one between spaces is trimmed, and the administrator is told, by the API and on the page', async () => {
      const clientSecret = ` ${administrator.typed.clientSecret}\n`;
      const answer = await administrator.post('draft', await draftBody({ clientSecret }));
      const { revision, repairs } = answer.json() as { revision: { revisionId: string }; repairs: string[] };
      expect(repairs).toHaveLength(1);
      expect((await administrator.authorise(revision.revisionId)).status).toBe('succeeded');
      const page = await administrator.browser.request(administrator.tenant.origin + SETTINGS);
      expect(page.text.includes(`<li>${repairs[0]}</li>`)).toBe(true);
    });
  });

  test('F2 a Host Name that is none of Okta’s own is said to be one before it is saved, and none of Okta’s is', async () => {
    const noticesOf = async (hostName: string): Promise<readonly string[]> =>
      ((await administrator.post('draft', await draftBody({ hostName }))).json() as { repairs: string[] }).repairs;
    for (const hostName of ['login.acme.com', 'acme.okta.com.evil.test', 'acmeokta.com', 'acme-okta.com']) {
      expect(await noticesOf(hostName)).toEqual([
        expect.stringMatching(`^${hostName} is not one of Okta's own domains.`),
      ]);
    }
    expect(await noticesOf('acme.okta.com')).toEqual([]);
  });

  describe('A3 when only the', () => {
    test('Host Name changes to somebody’s own, it is asked for again and never sent there', async () => {
      const evil = await startOktaDevOrg({ name: 'evil' });
      try {
        const empty = await administrator.post('draft', await draftBody({ hostName: evil.host, clientSecret: '' }));
        expect([empty.status, fieldsOf(empty)]).toEqual([400, ['clientSecret']]);
        const { clientId } = administrator.typed;
        const form = { action: 'authorise', enable: 'true', providerId: 'okta', clientId, hostName: evil.host };
        const seen = (await administrator.seenRevisionId()) ?? '';
        const submitted = await administrator.submit({ ...form, seen, clientSecret: '' });
        expect([submitted.status, submitted.headers.location]).toEqual([400, undefined]);

        // A secret of their own gets them to their own host, and no further: emptied again, it is theirs that is kept.
        const theirs = await administrator.draft({ hostName: evil.host, clientSecret: 'a-secret-of-their-own' });
        const kept = await administrator.draft({ hostName: evil.host, clientSecret: '' });
        for (const revisionId of [theirs, kept]) await administrator.post('authorise', { revisionId });
        for (const path of ['check-secret', 'promote-secret']) await administrator.submit({ action: path });
        const sent = JSON.stringify(rig.outgoing.filter(({ url }) => url.startsWith(evil.origin)));
        for (const text of encodings(administrator.tenant.clientSecret)) expect(sent).not.toContain(text);
        expect(evil.requests.map(({ endpoint }) => endpoint)).not.toContain('token');

        // Back at the old Host Name the old one is still there.
        const back = await administrator.draft({ clientSecret: '' });
        expect((await administrator.authorise(back)).status).toBe('succeeded');
      } finally {
        await evil.stop();
      }
    });

    test('Client ID changes, it is asked for again', async () => {
      const body = await draftBody({ clientId: '0oaanother0000000000', clientSecret: '' });
      const answer = await administrator.post('draft', body);
      expect([answer.status, fieldsOf(answer)]).toEqual([400, ['clientSecret']]);
    });

    test('way of writing the Host Name changes, it is kept', async () => {
      const hostName = `HTTP://${administrator.typed.hostName.toUpperCase()}/`;
      const revisionId = await administrator.draft({ hostName, clientSecret: '' });
      expect((await administrator.authorise(revisionId)).status).toBe('succeeded');
    });
  });
});

/** How a text could be written somewhere, its plain hashes included. */
function encodings(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const hash = (encoding: 'hex' | 'base64' | 'base64url') => createHash('sha256').update(bytes).digest(encoding);
  const html = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return [
    secret,
    encodeURIComponent(secret),
    new URLSearchParams({ '': secret }).toString().slice(1),
    JSON.stringify(secret).slice(1, -1),
    html,
    html.replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
    ...(['base64', 'base64url', 'hex'] as const).map((encoding) => bytes.toString(encoding).replace(/=+$/, '')),
    ...(['hex', 'base64', 'base64url'] as const).map((encoding) => hash(encoding).replace(/=+$/, '')),
    // As long as the fingerprint that is shown, which has a key.
    hash('hex').slice(0, 8),
  ];
}
