/**
 * What a tenant's administrator chooses beside the connection, over the API and the page: CRM pages that may show the
 * CTI Adaptor, and whether a revocation waits for a call.
 */
import { MAX_FRAME_ORIGINS } from '@ipscape/sso-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as schemas from '../../apps/workspace-auth/src/settings/choices-schemas.js';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { type Rig, startRig } from '../support/rig.js';
import { openSettings, parsed, type SettingsClient } from '../support/settings-client.js';

const ACME = { tenantId: 'acme', actor: 'test' };
const [LIGHTNING, CLASSIC, OWN] = [
  'https://acme.lightning.force.com',
  'https://acme.my.salesforce.com',
  'https://crm.acme.example:8443',
];

describe.each(await testStores())('the choices of a tenant on $name', ({ open }) => {
  let rig: Rig;
  let admin: SettingsClient;

  beforeAll(async () => {
    rig = await startRig(await open());
    admin = await openSettings(rig);
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    await setOrigins([]);
    await rig.store.setSessionPolicy({ ...ACME, revocationWaitsForCalls: false });
    await rig.store.setUserStatus({ ...ACME, userId: 'acme-admin', status: 'active' });
  });

  const inForce = (tenantId = 'acme') => rig.store.findFrameOrigins(tenantId);
  const setOrigins = async (origins: readonly string[]) =>
    rig.store.setFrameOrigins({ ...ACME, origins, seen: await inForce() });
  const save = (body: Readonly<Record<string, unknown>>) =>
    admin.post('frame-origins', { origins: [], seenOrigins: [], ...body });
  const lastEvent = async () => (await rig.store.listAuditEvents('acme', { limit: 1 }))[0];

  describe('I8, I9 CRM pages over the API', () => {
    test('are read, replaced, added by instance and audited as what they become', async () => {
      const before = parsed(await admin.get('frame-origins'), schemas.frameOrigins);
      expect([before.origins, before.presets.map(({ crm }) => crm)]).toEqual([
        [],
        ['salesforce', 'servicenow', 'zendesk', 'dynamics'],
      ]);
      const crms = [{ crm: 'salesforce', instance: 'https://acme.lightning.force.com/lightning/page/home' }];
      const saved = parsed(await save({ origins: [OWN.toUpperCase()], crms }), schemas.frameOriginsSaved);
      expect(saved).toEqual({
        origins: [OWN, LIGHTNING, CLASSIC],
        added: [OWN, LIGHTNING, CLASSIC],
        removed: [],
      });
      expect(await lastEvent()).toMatchObject({ action: 'frame-origins-changed', actor: 'acme-admin' });
      // As they are now: the setup that every request finds may be older.
      expect(parsed(await admin.get('frame-origins'), schemas.frameOrigins).origins).toEqual(saved.origins);
      expect(await inForce('globex')).toEqual([]);
    });

    test.each<[what: string, body: Readonly<Record<string, unknown>>, errors: readonly unknown[]]>([
      ['a wildcard', { origins: [OWN, 'https://*.force.com'] }, [['origins.1', 'wildcard', undefined]]],
      [
        'a path',
        { origins: [`${OWN}/a`, `${LIGHTNING}/`] },
        [
          ['origins.0', 'path', OWN],
          ['origins.1', 'path', LIGHTNING],
        ],
      ],
      ['http', { origins: ['http://crm.acme.example'] }, [['origins.0', 'http', 'https://crm.acme.example']]],
      ['a directive', { origins: [`${OWN};script-src *`] }, [['origins.0', 'whitespace', undefined]]],
      ['a header', { origins: [`${OWN}\r\nset-cookie:a=b`] }, [['origins.0', 'control-character', undefined]]],
      ['an empty line', { origins: [''] }, [['origins.0', 'empty', undefined]]],
      [
        'no instance',
        { crms: [{ crm: 'dynamics', instance: 'acme' }] },
        [['crms.0.instance', 'crm-instance', undefined]],
      ],
      [
        'too many',
        { origins: Array.from({ length: MAX_FRAME_ORIGINS + 1 }, (_, index) => `https://crm${index}.example`) },
        [[`origins.${MAX_FRAME_ORIGINS}`, 'too-many', undefined]],
      ],
      [
        'too many with those of an instance',
        {
          origins: Array.from({ length: MAX_FRAME_ORIGINS - 1 }, (_, index) => `https://crm${index}.example`),
          crms: [{ crm: 'salesforce', instance: 'acme' }],
        },
        [['crms', 'too-many', undefined]],
      ],
    ])('refuse %s, name the place, and change nothing', async (_what, body, errors) => {
      await setOrigins([LIGHTNING]);
      const answer = await save({ ...body, seenOrigins: [LIGHTNING] });
      expect([answer.status, answer.json().code]).toEqual([400, 'request-invalid']);
      const found = answer.json().errors as readonly { path: string; reason: string; suggestion?: string }[];
      expect(found.map(({ path, reason, suggestion }) => [path, reason, suggestion])).toEqual(errors);
      expect(await inForce()).toEqual([LIGHTNING]);
      expect(await lastEvent()).toMatchObject({
        action: 'change-refused',
        details: { attempted: 'frame-origins', reason: expect.stringMatching(/^invalid: [a-z, -]+$/) },
      });
    });

    test.each([
      ['no list', { origins: undefined }],
      ['a text', { origins: OWN }],
      ['numbers', { origins: [1] }],
      ['nothing that was seen', { seenOrigins: undefined }],
      ['another CRM', { crms: [{ crm: 'hubspot', instance: 'acme' }] }],
      ['an unknown member', { frameAncestors: ['*'] }],
      ['hundreds of lines', { origins: Array(300).fill('https://a.example') }],
    ])('refuse a body with %s', async (_what, body) => {
      const answer = await save(body);
      expect([answer.status, answer.json().code]).toEqual([400, 'request-invalid']);
      expect(await inForce()).toEqual([]);
    });

    test('what somebody else changed in between is a conflict with the list as it is', async () => {
      await setOrigins([LIGHTNING]);
      const answer = await save({ origins: [OWN], seenOrigins: [] });
      expect([answer.status, answer.json()]).toEqual([
        409,
        expect.objectContaining({ code: 'revision-conflict', origins: [LIGHTNING] }),
      ]);
      expect(await inForce()).toEqual([LIGHTNING]);
    });

    test('the role is asked again when they are written', async () => {
      await rig.store.setUserStatus({ ...ACME, userId: 'acme-admin', status: 'disabled' });
      const answer = await save({ origins: [OWN] });
      expect([401, 403]).toContain(answer.status);
      expect(await inForce()).toEqual([]);
      await rig.store.setUserStatus({ ...ACME, userId: 'acme-admin', status: 'active' });
      admin = await openSettings(rig);
    });
  });

  describe('I9 CRM pages on the page', () => {
    const submit = (fields: Readonly<Record<string, string>>) =>
      admin.submit({ action: 'set-frame-origins', ...fields });

    test('one a line, with an instance in the field beside it', async () => {
      const frameOrigins = `\r\n ${OWN} \r\n\r\n`;
      const answer = await submit({ frameOrigins, crm: 'salesforce', crmInstance: ' acme ', seenOrigins: '' });
      expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('3 CRM pages may show')]);
      expect(await inForce()).toEqual([OWN, LIGHTNING, CLASSIC]);
      // What is in force stands in the field, and the instance does not.
      expect(answer.text).toContain(`\n${OWN}\n${LIGHTNING}\n${CLASSIC}</textarea>`);
      expect(answer.text).not.toContain('value=" acme "');
      await submit({
        frameOrigins: '',
        crm: 'salesforce',
        crmInstance: '',
        seenOrigins: [OWN, LIGHTNING, CLASSIC].join('\r\n'),
      });
      expect(await inForce()).toEqual([]);
    });

    test('mistakes stand beside the fields with their lines, and what was typed is kept', async () => {
      const frameOrigins = `${OWN}\r\n\r\nhttps://*.force.com\r\n${LIGHTNING}/page`;
      const answer = await submit({ frameOrigins, crm: 'dynamics', crmInstance: '"><b>acme', seenOrigins: '' });
      expect(answer.status).toBe(400);
      for (const text of ['Line 3: An asterisk', 'Line 4: ', `Perhaps you mean ${LIGHTNING}`, 'acme.crm6']) {
        expect(answer.text).toContain(text);
      }
      expect(answer.text).not.toContain('<b>acme');
      expect(answer.text).toContain('https://*.force.com\r\n');
      expect(answer.text).toMatch(/<option value="dynamics" selected/);
      expect(await inForce()).toEqual([]);
    });

    test.each(['', 'hubspot', '__proto__'])('an instance of the CRM %j is refused', async (crm) => {
      const answer = await submit({ frameOrigins: OWN, crm, crmInstance: 'acme', seenOrigins: '' });
      expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('Choose the CRM')]);
      expect(await inForce()).toEqual([]);
    });

    test('a second window gets a conflict with what differs, and may replace the list then', async () => {
      await setOrigins([LIGHTNING]);
      const answer = await submit({ frameOrigins: OWN, crm: 'salesforce', crmInstance: '', seenOrigins: '' });
      expect([answer.status, answer.text]).toEqual([
        409,
        expect.stringContaining('Somebody else changed the CRM pages'),
      ]);
      expect(answer.text).toMatch(new RegExp(`${LIGHTNING}</th><td>not listed</td><td>listed</td>`));
      expect(answer.text).toContain(`\n${OWN}</textarea>`);
      expect(answer.text).toContain(`name="seenOrigins" value="${LIGHTNING}"`);
      expect(await inForce()).toEqual([LIGHTNING]);
    });

    test('a mistake does not make a list that somebody changed in between one that was seen', async () => {
      await setOrigins([LIGHTNING]);
      const answer = await submit({ frameOrigins: '*', crm: 'salesforce', crmInstance: '', seenOrigins: '' });
      expect(answer.text).toContain('name="seenOrigins" value=""');
    });
  });

  describe('whether a revocation waits for a call', () => {
    const policy = async () => parsed(await admin.get('session-policy'), schemas.sessionPolicy).revocationWaitsForCalls;

    test('is chosen over the API, and audited once', async () => {
      expect(await policy()).toBe(false);
      for (let times = 0; times < 2; times++) {
        const answer = await admin.post('session-policy', { revocationWaitsForCalls: true });
        expect(parsed(answer, schemas.sessionPolicy)).toEqual({ revocationWaitsForCalls: true });
      }
      expect(await policy()).toBe(true);
      const events = (await rig.store.listAuditEvents('acme', { limit: 2 })).map(({ action }) => action);
      expect(events.filter((action) => action === 'revocation-waits-for-calls-changed')).toHaveLength(1);
      expect(await rig.store.findSessionPolicy('globex')).toEqual({ revocationWaitsForCalls: false });
    });

    test('is chosen on the page, which says how it stands', async () => {
      expect((await admin.page()).text).toContain('Let revocations wait for calls');
      const chosen = await admin.submit({ action: 'revoke-after-calls' });
      expect(chosen.text).toContain('From now on a revoked session ends with its call.');
      expect(chosen.text).toContain('End revoked sessions at once');
      expect(await policy()).toBe(true);
      await admin.submit({ action: 'revoke-at-once' });
      expect(await policy()).toBe(false);
    });

    test.each([
      {},
      { revocationWaitsForCalls: 'true' },
      { revocationWaitsForCalls: null },
      { revocationWaitsForCalls: true, x: 1 },
    ])('is refused as %j', async (body) => {
      expect((await admin.post('session-policy', body)).status).toBe(400);
      expect(await policy()).toBe(false);
    });
  });
});
