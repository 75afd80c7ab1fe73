/**
 * Where what is audited came from.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as schemas from '../../apps/workspace-auth/src/settings/settings-api-schemas.js';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { HttpBrowser } from '../support/http-browser.js';
import { type Rig, signIn, startRig } from '../support/rig.js';
import { openByLink } from '../support/settings-api-client.js';
import { openSettings, parsed, type SettingsClient } from '../support/settings-client.js';

const ADDRESS = '203.0.113.7';
const ORIGINS = (n: number) => [`https://crm${n}.acme.example`];

describe.each(await testStores())('A14: an audit event says where it came from, on $name', ({ open }) => {
  let rig: Rig;
  let admin: SettingsClient;
  /** So that each makes a difference. */
  let changes = 10;

  beforeAll(async () => {
    rig = await startRig(await open(), { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] });
    admin = await openSettings(rig);
  });
  afterAll(() => rig?.stop());

  const save = (forwarded: string | null, body: Readonly<Record<string, unknown>>) =>
    admin.post('frame-origins', body, { headers: forwarded === null ? {} : { 'x-forwarded-for': forwarded } });
  const setOrigins = async (forwarded: string | null, n: number) =>
    save(forwarded, { origins: ORIGINS(n), seenOrigins: await rig.store.findFrameOrigins('acme') });
  const events = (limit = 1) => rig.store.listAuditEvents('acme', { limit });
  const last = async () => (await events())[0];

  test.each<[what: string, forwarded: string | null, address: string]>([
    ['the client that the proxy names', ADDRESS, ADDRESS],
    ['the nearest that is no proxy, whatever the client wrote before', `198.51.100.1, ${ADDRESS}, 10.1.2.3`, ADDRESS],
    ['an IPv6 client', '2001:db8::7', '2001:db8::7'],
    ['the peer where nobody is named', null, '127.0.0.1'],
    ['the peer where something else is named', '<script>', '127.0.0.1'],
  ])('%s', async (_what, forwarded, address) => {
    expect((await setOrigins(forwarded, ++changes)).status).toBe(200);
    expect(await last()).toMatchObject({ action: 'frame-origins-changed', clientAddress: address });
  });

  test('of a failed try as of a change', async () => {
    expect((await save(ADDRESS, { origins: ['*'], seenOrigins: [] })).status).toBe(400);
    expect(await last()).toMatchObject({ action: 'change-refused', clientAddress: ADDRESS });
    const draft = await admin.draft({ hostName: 'nowhere.example.com' }, { headers: { 'x-forwarded-for': ADDRESS } });
    const { revision } = parsed(draft, schemas.draftSaved);
    expect(await last()).toMatchObject({ action: 'draft-created', clientAddress: ADDRESS });
    const headers = { 'x-forwarded-for': '203.0.113.8' };
    await admin.post('authorise', { revisionId: revision.revisionId }, { headers });
    expect((await events(2)).map(({ action, clientAddress }) => [action, clientAddress])).toEqual([
      ['authorisation-failed', '203.0.113.8'],
      ['authorisation-started', '203.0.113.8'],
    ]);
  });

  test('of a link that was opened, and of an identity that was linked at a sign-in', async () => {
    await openByLink(rig, new HttpBrowser());
    const agent = new HttpBrowser();
    expect((await signIn(rig, agent, { product: 'cti' })).status).toBe(303);
    const found = (await events(10)).filter(({ action }) => /^admin-link-redeemed|^identity-pinned/.test(action));
    expect(found.map(({ clientAddress }) => clientAddress)).toEqual(['127.0.0.1', '127.0.0.1']);
  });

  test('each its own of many at once', async () => {
    const addresses = Array.from({ length: 20 }, (_, index) => `203.0.113.${index + 100}`);
    await Promise.all(addresses.map((address) => save(address, { origins: ['*'], seenOrigins: [] })));
    const told = (await events(20)).map(({ clientAddress }) => clientAddress);
    expect(told.toSorted()).toEqual(addresses.toSorted());
  });

  test('none for what came from no request', async () => {
    await rig.store.setSessionPolicy({ tenantId: 'acme', revocationWaitsForCalls: true, actor: 'service-desk:jane' });
    expect(await last()).toMatchObject({ actor: 'service-desk:jane', clientAddress: null });
  });

  test('all of them are on the page, 25 at a time', async () => {
    for (let more = 0; more < 30; more++) await save(null, { origins: ['*'], seenOrigins: [] });
    const wanted = (await events(60)).length;
    let shown = 0;
    for (let query: string | undefined = ''; query !== undefined && shown < wanted; ) {
      const { text } = await admin.page(query);
      const trail = text.slice(text.indexOf('id="audit-trail"'));
      const rows = trail.split('<tr>').length - 2;
      expect(rows).toBeLessThanOrEqual(25);
      shown += rows;
      query = /\?audit_before=\d+/.exec(trail)?.[0];
    }
    expect(shown).toBeGreaterThanOrEqual(wanted);
    for (const query of ["?audit_before=1'", '?audit_before=0', '?audit_before=99999999999999999999']) {
      expect((await admin.page(query)).status).toBe(200);
    }
  });

  test('and is shown to the administrator, over the API and on the page, but not to support', async () => {
    await setOrigins(ADDRESS, 1);
    const { events: listed } = parsed(await admin.get('audit?limit=1'), schemas.auditPage);
    expect(listed).toMatchObject([{ clientAddress: ADDRESS }]);
    expect((await admin.page()).text).toContain(`from ${ADDRESS}`);
    for (const format of ['json', 'text']) {
      expect((await admin.get(`support-bundle?format=${format}`)).text).not.toContain(ADDRESS);
    }
  });
});
