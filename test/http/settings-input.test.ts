import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { HttpBrowser } from '../support/http-browser.js';
import { type Rig, startRig } from '../support/rig.js';
import { fieldsOf, linkedClient, SETTINGS, type SettingsClient } from '../support/settings-link-client.js';
import { digestTenant } from '../support/settings-routes.js';

const stores = await testStores();

const FIELDS = ['clientId', 'hostName', 'clientSecret'] as const;

/** Of no use in any of the three fields. */
const NAUGHTY: readonly string[] = [
  '\0',
  'a\0b',
  '\ud800',
  '\u202eevil',
  'ａｃｍｅ．ｏｋｔａ．ｃｏｍ',
  'аcme.okta.com client',
  '<script>alert(1)</script>\n',
  "' or 1=1 -- ",
  '{{7*7}} #{7*7}',
  'line\r\nset-cookie: a=b',
  '💥'.repeat(64),
  'x'.repeat(4096),
  '../../etc/passwd x',
  'ä'.repeat(300),
];

/** Where no Okta of the tenant's is. */
const HOSTS: readonly string[] = [
  ...['127.0.0.1', '127.1', '0x7f.1', '2130706433', '[::1]', '169.254.169.254', 'localhost', 'intranet'],
  ...['okta.com', 'acme.okta.com:8443', 'acme.okta.com@evil.example', 'acme.okta.com/../x?y#z', 'acme..okta.com'],
  ...['ftp://acme.okta.com', 'javascript:alert(1)', 'file:///etc/passwd', 'http://', '//', '.', '-acme.okta.com'],
];

describe.each(stores)('what is typed into the settings, on $name', ({ open }) => {
  let rig: Rig;
  let client: SettingsClient;
  let seenRevisionId: string | null;
  let before: Readonly<Record<string, string>>;
  beforeAll(async () => {
    rig = await startRig(await open());
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    await rig.repair();
    client = await linkedClient(rig, new HttpBrowser());
    seenRevisionId = await client.seenRevisionId();
    before = await digest();
  });

  const digest = () => digestTenant(rig.database, 'acme', ['audit_events', 'sign_in_log']);
  const body = (values: Readonly<Record<string, unknown>>) => ({
    providerId: 'okta',
    values: { ...client.typed, ...values },
    seenRevisionId,
  });
  const raw = (path: string, text: string) => client.post(path, null, { body: text });

  test.each(FIELDS)(
    'A16 nothing naughty is accepted as %s: an error at its field, by the API and the form',
    async (field) => {
      const values = field === 'hostName' ? [...NAUGHTY, ...HOSTS] : NAUGHTY;
      for (const value of values) {
        const answer = await client.post('draft', body({ [field]: value }));
        expect([value, answer.status]).toEqual([value, 400]);
        expect([value, fieldsOf(answer)]).toEqual([value, [field]]);
        const form = { action: 'authorise', enable: 'true', providerId: 'okta', seen: seenRevisionId ?? '' };
        const page = await client.submit({ ...form, ...client.typed, [field]: value });
        expect([value, page.status]).toEqual([value, 400]);
        expect([value, page.text.includes(`id="${field}-error"`)]).toEqual([value, true]);
        expect([value, page.text.includes('<script>alert')]).toEqual([value, false]);
      }
      expect(await digest()).toEqual(before);
    },
  );

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ['5 characters', { clientId: '0oa12' }],
    ['101 characters', { clientId: '0'.repeat(101) }],
    ['an empty Client ID', { clientId: '' }],
    ['an empty Host Name', { hostName: '' }],
    ['a secret of 1025 characters', { clientSecret: 'x'.repeat(1025) }],
    ['a number', { clientId: 123456 }],
    ['an array', { hostName: ['acme.okta.com'] }],
    ['an object', { clientSecret: { value: 'x' } }],
    ['a null', { hostName: null }],
    ['a field that does not exist', { groups: 'x' }],
    ['a name of every object', { constructor: 'x' }],
  ])('A16 %s is refused', async (_name, values) => {
    const answer = await client.post('draft', body(values));
    expect(answer.status).toBe(400);
    expect(await digest()).toEqual(before);
  });

  test.each([
    ['a secret of 1024 characters', { clientSecret: 'x'.repeat(1024) }],
    ['a Client ID of 6 characters', { clientId: '0oa123' }],
    ['a Client ID of 100 characters', { clientId: '0'.repeat(100) }],
    ['every visible ASCII character in the secret', { clientSecret: asciiSecret() }],
  ])('A16 %s is accepted', async (_name, values) => {
    expect((await client.post('draft', body(values))).status).toBe(200);
  });

  test('A16 unknown members, __proto__ and what is no object are refused, and no object learns anything', async () => {
    const good = JSON.stringify(body({}));
    const bodies = [
      ...['', 'null', '[]', '"text"', '1', '{', '{"a":1', '{}', `${good}${good}`, `[${good}]`],
      good.replace('{', '{"more":1,'),
      good.replace('{', '{"__proto__":{"polluted":true},'),
      good.replace('{', '{"constructor":{"prototype":{"polluted":true}},'),
      good.replace('"values":{', '"values":{"__proto__":{"polluted":"x"},'),
      good.replace('"values":{', '"values":{"__proto__":"x",'),
      good.replace('"values":{', '"values":{"\\u005f_proto__":"x",'),
      good.replace('"okta"', '"__proto__"'),
      good.replace('"okta"', '"constructor"'),
      good.replace('"okta"', '"toString"'),
      good.replace('"okta"', `"${'x'.repeat(33)}"`),
    ];
    for (const text of bodies) {
      const answer = await raw('draft', text);
      expect([text, answer.status]).toEqual([text, 400]);
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(await digest()).toEqual(before);
  });

  test('A16 an id that is none is not found, whatever it is made of', async () => {
    for (const id of ['', ...NAUGHTY.filter((text) => text.length <= 64)]) {
      for (const path of ['authorise', 'save']) {
        const answer = await client.post(path, { revisionId: id });
        expect([id, path, answer.status]).toEqual([id, path, id.includes('\0') ? 400 : 404]);
      }
      if (id === '') continue;
      const address = encodeURIComponent(id.toWellFormed());
      for (const path of [`authorisations/${address}`, `${SETTINGS}/authorise/${address}`]) {
        const answer = await client.get(path);
        expect([path, [400, 404].includes(answer.status)]).toEqual([path, true]);
      }
    }
    expect((await client.post('save', { revisionId: 'x'.repeat(65) })).status).toBe(400);
    expect(await digest()).toEqual(before);
  });

  test.each([
    ['a field twice', 'action=authorise&enable=true&clientId=a&clientId=b'],
    ['an unknown button', 'action=drop'],
    ['a button that every object has', 'action=constructor'],
    ['no button', 'enable=true'],
    ['percent signs that mean nothing', 'action=%E0%A4%A&enable=%'],
  ])('A16 a form with %s is refused', async (_name, text) => {
    const answer = await client.submit({}, { body: text });
    expect(answer.status).toBe(400);
    expect(await digest()).toEqual(before);
  });

  test('A16 a body of more than 16 KB is refused', async () => {
    const text = JSON.stringify(body({ clientSecret: 'x'.repeat(20_000) }));
    expect((await raw('draft', text)).json()).toMatchObject({ code: 'request-too-large' });
    expect((await client.submit({ action: 'authorise', clientId: 'x'.repeat(20_000) })).status).toBe(413);
    expect(await digest()).toEqual(before);
  });

  test('A16 filters of the sign-in log are checked', async () => {
    for (const query of ['product=nothing', 'code=%27%20or%201', `reference=${'x'.repeat(17)}`, 'more=1']) {
      const answer = await client.get(`sign-in-log?${query}`);
      expect([query, answer.status]).toEqual([query, 400]);
    }
    const page = await client.browser.request(
      `${client.tenant.origin}${SETTINGS}?product=%00&code=%27&reference=%3Cb%3E`,
    );
    expect(page.status).toBe(200);
  });
});

function asciiSecret(): string {
  return String.fromCharCode(...Array.from({ length: 94 }, (_, index) => index + 33));
}
