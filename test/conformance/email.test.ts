import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { canonicaliseEmail } from '@ipscape/sso-core';
import { createEncryptionKeyRing, openSsoStore, type SsoStore } from '@ipscape/sso-store';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { randomKey, testStores } from '../../packages/sso-store/test/test-stores.js';
import { startThrowawayPostgres } from '../../packages/sso-store/test/throwaway-postgres.js';
import { type Rig, startRig } from '../support/rig.js';
import { attemptSignIn, expectAccepted, expectRejected, type Json } from '../support/scripted-provider.js';

const stores = await testStores();

/** Addresses that are not `admin@acme.example` however much they look like it. */
const LOOK_ALIKES: readonly string[] = [
  ...['admın@acme.example', 'adm\u0130n@acme.example', 'admi\u0307n@acme.example', 'ADM\u0130N@ACME.EXAMPLE'],
  ...['\uff41dmin@acme.example', 'admin\uff20acme.example', 'admin\ufe6bacme.example', 'admin@acme\u3002example'],
  ...['ad\u200dmin@acme.example', 'ad\u00admin@acme.example', 'ad\u200bmin@acme.example', '\ufeffadmin@acme.example'],
  ...['a\u0308dmin@acme.example', '\u0430dmin@acme.example', 'admin@\u0430cme.example', 'admin@acme.e\u212aample'],
  ...[
    ' admin@acme.example',
    'admin@acme.example ',
    'admin@acme.example\n',
    'admin@acme.example\0',
    '\tadmin@acme.example',
  ],
  ...['"admin"@acme.example', 'admin(x)@acme.example', '<admin@acme.example>', 'admin@acme.example,x@y.example'],
  ...['admin@[127.0.0.1]', 'admin@acme', 'admin@@acme.example', 'x@admin@acme.example', 'admin@acme.example.'],
  ...['mailto:admin@acme.example', 'admin+x@acme.example', 'a.dmin@acme.example', 'admin@sub.acme.example'],
  ...['ad\ud800min@acme.example', 'admin@xn--acme-.example', 'admin@acme..example', '.admin@acme.example'],
];

describe.each(stores)('on $name', ({ open }) => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig(await open(), { idpTimeoutMs: 1_000 });
  });
  afterAll(() => rig?.stop());
  beforeEach(() => rig.repair());

  /** What the newest link of an account to a user rests on. */
  const pinnedBy = async () =>
    (await rig.store.listAuditEvents('acme')).find(({ action }) => action === 'identity-pinned')?.details;
  const forget = () => rig.database.query('delete from sessions');
  const reject = async (claims: Json, code: string): Promise<void> =>
    expectRejected(rig, await attemptSignIn(rig, { claims }), code);

  describe('E1 an account', () => {
    test('stays with the subject when the address moves to another user’s', async () => {
      await expectAccepted(rig, await attemptSignIn(rig, { subject: 's1', person: 'agent' }), 'acme-agent');
      await forget();
      await expectAccepted(rig, await attemptSignIn(rig, { subject: 's1', person: 'admin' }), 'acme-agent');
    });

    test('is not given to a new subject with its address', async () => {
      await attemptSignIn(rig, { subject: 's1', person: 'agent' });
      await forget();
      await expectRejected(rig, await attemptSignIn(rig, { subject: 's2', person: 'agent' }), 'identity-held');
      // Neither when it tries again, nor when the one it has is out of the office.
      await expectRejected(rig, await attemptSignIn(rig, { subject: 's2', person: 'agent' }), 'identity-held');
      const held = await rig.database.query('select subject, user_id from held_identities');
      expect(held).toEqual([{ subject: 's2', user_id: 'acme-agent' }]);
    });

    test('E12 of somebody who left is not inherited by a namesake', async () => {
      const userId = 'acme-leaver';
      const leaver = {
        tenantId: 'acme',
        email: 'leaver@acme.example',
        name: 'L',
        role: 'agent',
        actor: 'test',
      } as const;
      if ((await rig.store.listUsers('acme')).every(({ id }) => id !== userId)) {
        await rig.store.addUser({ ...leaver, id: userId, products: ['workspace'] });
      }
      const first = await attemptSignIn(rig, { subject: 'old', person: 'leaver' });
      expect(first.answer.status).toBe(303);
      await rig.store.setUserStatus({ tenantId: 'acme', userId, status: 'disabled', actor: 'test' });
      rig.restart();
      expect((await first.browser.ask(`${rig.tenants.acme.origin}/workspace/session`)).status).toBe(401);
      await rig.store.setUserStatus({ tenantId: 'acme', userId, status: 'active', actor: 'test' });
      await expectRejected(rig, await attemptSignIn(rig, { subject: 'new', person: 'leaver' }), 'identity-held');
      expect((await first.browser.ask(`${rig.tenants.acme.origin}/workspace/session`)).status).toBe(401);
    });
  });

  describe('E2 a verified flag', () => {
    test.each([true, false, undefined, 'true', 'false', 1, null, [], {}])(
      'of %j decides nothing at Okta',
      async (flag) => {
        await expectAccepted(rig, await attemptSignIn(rig, { claims: { email_verified: flag } }), 'acme-agent');
        const verified = typeof flag === 'boolean' ? flag : 'absent';
        expect(await pinnedBy()).toMatchObject({ emailSource: 'id-token', emailVerified: verified });
      },
    );

    test('is kept with the document that it came from, and both are seen in the audit trail', async () => {
      const body = JSON.stringify({ sub: 'scripted-agent', email: 'agent@acme.example', email_verified: false });
      rig.tenants.acme.org.faults.userinfo = { status: 200, headers: { 'content-type': 'application/json' }, body };
      const thin = { email: undefined, email_verified: true };
      await expectAccepted(rig, await attemptSignIn(rig, { claims: thin }), 'acme-agent');
      expect(await pinnedBy()).toMatchObject({ emailSource: 'userinfo', emailVerified: false });
    });

    test('counts as a boolean alone where a provider’s definition demands it', async () => {
      await rig.connect('acme', { providerId: 'okta-strict' });
      rig.restart();
      for (const flag of [false, undefined, 'true', 'false', 1, null, [], [true], {}]) {
        const { answer } = await attemptSignIn(rig, { claims: { email_verified: flag } });
        expect([flag, answer.json().code]).toEqual([flag, 'email-unverified']);
      }
      await expectAccepted(rig, await attemptSignIn(rig, { claims: { email_verified: true } }), 'acme-agent');
    });
  });

  describe('E3 an address', () => {
    const json = { 'content-type': 'application/json' };
    test('is never taken from another claim', async () => {
      const names = { preferred_username: 'admin@acme.example', upn: 'admin@acme.example', name: 'admin@acme.example' };
      const others = { emails: ['admin@acme.example'], mail: 'admin@acme.example', unique_name: 'admin@acme.example' };
      rig.tenants.acme.org.faults.userinfo = {
        status: 200,
        headers: json,
        body: JSON.stringify({ sub: 'scripted-agent', ...names, ...others }),
      };
      await reject({ ...names, ...others, email: undefined }, 'email-missing');
    });

    test.each<[string, unknown]>([
      ['a list', ['mine@acme.example', 'admin@acme.example']],
      ['a list of one', ['admin@acme.example']],
      ['an object', { value: 'admin@acme.example' }],
      ['a number', 7],
      ['true', true],
    ])('that is %s is refused', async (_name, email) => {
      await reject({ email }, 'email-invalid');
    });

    test.each<[string, unknown]>([
      ['empty', ''],
      ['null', null],
    ])('that is %s is missing', async (_name, email) => {
      await reject({ email }, 'email-missing');
    });
  });

  describe('E4, E5, E7 what only looks like a user’s address', () => {
    test('finds nobody', async () => {
      const before = await rig.snapshot();
      for (const email of LOOK_ALIKES) {
        const { answer } = await attemptSignIn(rig, { claims: { email, sub: 'look-alike' } });
        expect([email, ['email-invalid', 'user-not-found'].includes(String(answer.json().code))]).toEqual([
          email,
          true,
        ]);
      }
      expect(await rig.snapshot()).toMatchObject({ sessions: before.sessions, users: before.users });
    });

    test.each(['ADMIN@ACME.EXAMPLE', 'Admin@acme.Example'])('but %s is the user’s, in other letters', async (email) => {
      await expectAccepted(rig, await attemptSignIn(rig, { claims: { email } }), 'acme-admin');
    });
  });

  describe('E9, E11 the directory decides', () => {
    test.each([
      ['inactive', 'user-inactive'],
      ['nobody', 'user-not-found'],
    ])('%s: %s', async (person, code) => {
      await expectRejected(rig, await attemptSignIn(rig, { person }), code);
    });

    test('roles, groups and tenants of a token are nothing', async () => {
      const claims = { role: 'administrator', roles: ['owner'], groups: ['admin'], tid: 'globex', products: ['cti'] };
      const { browser } = await attemptSignIn(rig, { claims });
      const session = await browser.ask(`${rig.tenants.acme.origin}/workspace/session`);
      expect(session.json()).toMatchObject({ user: { role: 'agent' }, tenant: { id: 'acme' } });
    });
  });

  test('E13 of many first sign-ins at once with one address and many subjects one wins', async () => {
    const tenantId = 'acme';
    const issuer = rig.tenants.acme.org.origin;
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        rig.store.pinIdentity({ tenantId, issuer, subject: `s${index}`, userId: 'acme-agent' }),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 'pinned')).toHaveLength(1);
    expect(await rig.database.query('select 1 from identities')).toHaveLength(1);
  });
});

describe('E6 for any text', () => {
  const ascii = fc.constantFrom('admin@acme.example', 'k.ski@acme.example', "o'neil+i@s-i-k.example");

  test('a canonical form differs from it in the case of ASCII letters alone', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.emailAddress()), (text) => {
        const canonical = canonicaliseEmail(text);
        if (canonical === null) return true;
        return [...text].every((character, at) => {
          const now = canonical[at] ?? '';
          return (
            character === now ||
            (character >= 'A' && character <= 'Z' && now === String.fromCharCode(character.charCodeAt(0) + 32))
          );
        });
      }),
      { numRuns: 2_000 },
    );
  });

  test('no code point that is put into an address, and no mapping of it, makes it another', () => {
    fc.assert(
      fc.property(ascii, fc.nat(), fc.integer({ min: 0x80, max: 0x10ffff }), (address, at, code) => {
        const position = at % (address.length + 1);
        const character = String.fromCodePoint(code);
        for (const cut of [0, 1]) {
          const text = address.slice(0, position) + character + address.slice(position + cut);
          if (canonicaliseEmail(text) !== null) return false;
        }
        return true;
      }),
      { numRuns: 5_000 },
    );
  });

  test('all code points: what folding and normalisation turn into ASCII stays refused', () => {
    const mappings: readonly ((text: string) => string)[] = [
      (text) => text.toLowerCase(),
      (text) => text.toUpperCase(),
      (text) => text.normalize('NFKC'),
      (text) => text.normalize('NFKD'),
    ];
    let dangerous = 0;
    for (let code = 0x80; code <= 0x10ffff; code++) {
      const character = String.fromCodePoint(code);
      const becomesAscii = mappings.some((map) => /^[\x21-\x7e]+$/.test(map(character)));
      if (!becomesAscii) continue;
      dangerous += 1;
      if (canonicaliseEmail(`${character}a@acme.example`) !== null) throw new Error(`U+${code.toString(16)}`);
    }
    expect(dangerous).toBeGreaterThan(500);
  });
});

test.each(['tr_TR.UTF-8', 'lt_LT.UTF-8', 'C'])('E14 under the locale %s the result is the same', (locale) => {
  const module = fileURLToPath(new URL('../../packages/sso-core/src/email.ts', import.meta.url));
  const inputs = ['IVAN@ACME.EXAMPLE', 'i@I.example', 'ADMIN@acme.example', 'adm\u0130n@acme.example', 'K@k.example'];
  const program = `
    const { canonicaliseEmail } = await import(${JSON.stringify(module)});
    console.log(JSON.stringify(${JSON.stringify(inputs)}.map(canonicaliseEmail)));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, LANG: locale, LC_ALL: locale, NODE_NO_WARNINGS: '1' },
    encoding: 'utf8',
  });
  expect(JSON.parse(output)).toEqual(inputs.map(canonicaliseEmail));
});

describe('E5 a database of any collation', async () => {
  const server = await startThrowawayPostgres();
  if (server === null) {
    test.skip('needs PostgreSQL’s programs', () => {});
    return;
  }
  afterAll(() => server.stop());

  const COLLATIONS = {
    'the C locale': "locale 'C'",
    'C.UTF-8': "locale 'C.UTF-8'",
    'ICU, English': "locale_provider icu icu_locale 'en' locale 'C.UTF-8'",
    'ICU, Turkish': "locale_provider icu icu_locale 'tr' locale 'C.UTF-8'",
    'ICU, case-insensitive': "locale_provider icu icu_locale 'und-u-ks-level2' locale 'C.UTF-8'",
  };

  test.each(Object.entries(COLLATIONS))('of %s finds a user by the same bytes only', async (_name, options) => {
    const url = new URL(await server.createDatabase());
    const name = `${url.pathname.slice(1)}_collated`;
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    try {
      await client.query(`create database ${name} template template0 encoding 'UTF8' ${options}`);
    } finally {
      await client.end();
    }
    url.pathname = `/${name}`;
    const store: SsoStore = await openSsoStore({
      databaseUrl: url.href,
      encryptionKeys: createEncryptionKeyRing(randomKey('test')),
    });
    try {
      const tenantId = (await store.addTenant({ name: 'T', domain: 't.example', actor: 'test' })).id;
      const user = { tenantId, id: 'u', email: 'Admin@acme.example', name: 'A', role: 'agent', actor: 'test' } as const;
      await store.addUser({ ...user, products: ['workspace'] });
      const find = async (canonicalEmail: string) =>
        (await store.findIdentity({ tenantId, issuer: 'https://i.example', subject: 's', canonicalEmail })).candidates;
      expect(await find('admin@acme.example')).toHaveLength(1);
      for (const other of LOOK_ALIKES.filter((text) => !text.includes('\0')))
        expect([other, await find(other)]).toEqual([other, []]);
      for (const other of ['ADMIN@acme.example', 'Admin@acme.example']) expect(await find(other)).toEqual([]);
    } finally {
      await store.close();
    }
  });
});
