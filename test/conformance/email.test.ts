import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { canonicaliseEmail, PRODUCTS } from '@ipscape/sso-core';
import { createEncryptionKeyRing, openSsoStore, type SsoStore } from '@ipscape/sso-store';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { randomKey, testStores } from '../../packages/sso-store/test/test-stores.js';
import { startThrowawayPostgres } from '../../packages/sso-store/test/throwaway-postgres.js';
import { HttpBrowser } from '../support/http-browser.js';
import { type Rig, startRig, walkToCallback } from '../support/rig.js';
import {
  type Attempt,
  attemptSignIn,
  expectAccepted,
  expectRejected,
  type Json,
} from '../support/scripted-provider.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const stores = await testStores();

/** Addresses that are neither `admin@acme.example` nor `kate.s.fi@acme.example` however much they look like it. */
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
  ...['\u212aate.s.fi@acme.example', 'kate.\u017f.fi@acme.example', 'kate.s.\ufb01@acme.example'],
  ...['KATE.\u017f.FI@ACME.EXAMPLE', '\u212aATE.S.FI@ACME.EXAMPLE', 'kate.s.fi@acme.\u212aate.example'],
  ...['ad\ud800min@acme.example', 'admin@xn--acme-.example', 'admin@acme..example', '.admin@acme.example'],
];

describe.each(stores)('on $name', ({ open }) => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig(await open(), { idpTimeoutMs: 1_000 });
    await addUser({ id: 'acme-kate', email: 'kate.s.fi@acme.example' });
  });
  afterAll(() => rig?.stop());
  beforeEach(() => rig.repair());

  const addUser = (user: { readonly id: string; readonly email: string }) =>
    rig.store.addUser({
      tenantId: 'acme',
      name: 'N',
      role: 'agent',
      products: ['workspace'],
      actor: 'test',
      ...user,
    });
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

    const sessionOf = async ({ browser }: Attempt): Promise<number> => {
      rig.restart();
      return (await browser.ask(`${rig.tenants.acme.origin}/workspace/session`)).status;
    };

    test('E12 of somebody who left is not inherited by a namesake', async () => {
      const userId = 'acme-leaver';
      await addUser({ id: userId, email: 'leaver@acme.example' });
      const first = await attemptSignIn(rig, { subject: 'old', person: 'leaver' });
      expect(first.answer.status).toBe(303);
      await rig.store.setUserStatus({ tenantId: 'acme', userId, status: 'disabled', actor: 'test' });
      expect(await sessionOf(first)).toBe(401);
      await rig.store.setUserStatus({ tenantId: 'acme', userId, status: 'active', actor: 'test' });
      await expectRejected(rig, await attemptSignIn(rig, { subject: 'new', person: 'leaver' }), 'identity-held');
      expect(await sessionOf(first)).toBe(401);
    });

    test('E12 is not passed on to a user who is made anew with its address', async () => {
      const change = { tenantId: 'acme', userId: 'acme-gone', actor: 'test' };
      await addUser({ id: change.userId, email: 'again@acme.example' });
      const first = await attemptSignIn(rig, { subject: 'gone', person: 'again' });
      expect(first.answer.status).toBe(303);
      // Users are disabled and never deleted: the database itself keeps what their links and sessions rest on.
      await expect(rig.database.query("delete from users where id = 'acme-gone'")).rejects.toThrow('foreign key');
      await rig.store.setUserStatus({ ...change, status: 'disabled' });
      await addUser({ id: 'acme-again', email: 'again@acme.example' });
      for (const subject of ['another', 'gone']) {
        const code = subject === 'gone' ? 'user-inactive' : 'user-ambiguous';
        await expectRejected(rig, await attemptSignIn(rig, { subject, person: 'again' }), code);
      }
      // As soon as the old one has given the address up, the new one is somebody else to everybody.
      await rig.database.query("update users set email = 'x', email_canonical = null where id = 'acme-gone'");
      await expectAccepted(rig, await attemptSignIn(rig, { subject: 'another', person: 'again' }), 'acme-again');
      await expectRejected(rig, await attemptSignIn(rig, { subject: 'gone', person: 'again' }), 'user-inactive');
      expect(await sessionOf(first)).toBe(401);
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

  test('E8, E9 of a directory of a thousand with three collisions everybody gets their own result', async () => {
    const tenantId = 'acme';
    const twins = [
      'Bob@d.example',
      'bob@d.example',
      'Eve@D.example',
      'eve@d.example',
      'A.B@d.example',
      'a.b@D.EXAMPLE',
    ];
    const people = Array.from({ length: 994 }, (_, index) => `Person.${index}@d.example`);
    const emails = [...people.slice(0, 500), ...twins, ...people.slice(500)];
    const users = emails.map((email, index) => ({
      line: index + 2,
      user: {
        id: `d-${index}`,
        email,
        name: 'N',
        role: 'agent' as const,
        products: ['workspace' as const],
        status: index % 100 === 7 ? ('disabled' as const) : ('active' as const),
      },
    }));
    async function* batches() {
      yield users;
    }
    const imported = await rig.store.importUsers({ tenantId, batches: batches(), report: () => {}, actor: 'test' });
    expect(imported).toMatchObject({ outcome: 'imported', added: 1000 });
    expect((await rig.store.checkDirectory(tenantId)).colliding.count).toBe(6);
    const before = await rig.snapshot();

    // Everybody's address, as the provider may write it, leads to exactly the users who have it.
    const issuer = rig.tenants.acme.org.origin;
    for (const [index, email] of emails.entries()) {
      const canonicalEmail = canonicaliseEmail(email.toUpperCase());
      const { candidates } = await rig.store.findIdentity({ tenantId, issuer, subject: 's', canonicalEmail });
      const found = candidates.map(({ user }) => user.id).sort();
      expect(found).toContain(`d-${index}`);
      expect(found).toHaveLength(twins.includes(email) ? 2 : 1);
    }
    for (const email of twins) {
      await expectRejected(rig, await attemptSignIn(rig, { claims: { email, sub: email } }), 'user-ambiguous');
    }
    const disabled = users.find(({ user }) => user.status === 'disabled')?.user.email;
    await expectRejected(rig, await attemptSignIn(rig, { claims: { email: disabled } }), 'user-inactive');
    await expectRejected(rig, await attemptSignIn(rig, { claims: { email: 'bobb@d.example' } }), 'user-not-found');
    expect(await rig.snapshot()).toMatchObject({ sessions: before.sessions, users: before.users });
    await expectAccepted(rig, await attemptSignIn(rig, { claims: { email: 'PERSON.500@d.example' } }), 'd-506');
    await rig.database.query("delete from sessions where user_id like 'd-%'");
    await rig.database.query('delete from sign_in_log');
    await rig.database.query('delete from product_sign_ins');
    await rig.database.query('delete from identities');
    await rig.database.query("delete from users where id like 'd-%'");
  });

  test('E13 of fifty first sign-ins at once with one address and fifty subjects one wins, the others are held', async () => {
    let subjects = 0;
    rig.tenants.acme.org.faults.idToken = {
      mutate: (header, payload) => ({ header, payload: { ...payload, sub: `s${subjects++}` } }),
    };
    const callbacks: (readonly [HttpBrowser, string])[] = [];
    for (let person = 0; person < 50; person++) {
      const browser = new HttpBrowser();
      callbacks.push([browser, await walkToCallback(rig, browser, { product: PRODUCTS[person % 3] ?? 'cti' })]);
    }
    const before = await rig.snapshot();
    const answers = await Promise.all(callbacks.map(([browser, url]) => browser.ask(url)));
    const [winner, ...others] = answers.filter(({ status }) => status === 303);
    expect([winner?.status, others]).toEqual([303, []]);
    const codes = answers.filter((answer) => answer !== winner).map((answer) => answer.json().code);
    expect(codes).toEqual(Array(49).fill('identity-held'));
    expect((await rig.snapshot()).sessions).toBe(before.sessions + 1);
    expect(await rig.database.query('select user_id from identities')).toEqual([{ user_id: 'acme-agent' }]);
    expect(await rig.database.query('select 1 from held_identities')).toHaveLength(49);
  });

  test('E5 the canonical address has a column and an index of its own, compared by its bytes', async () => {
    const columns = await rig.database.query(
      "select collation_name from information_schema.columns where table_name = 'users' and column_name = 'email_canonical'",
    );
    expect(columns).toEqual([{ collation_name: 'C' }]);
    const indexes = await rig.database.query(
      "select indexdef from pg_indexes where indexname = 'users_email_canonical'",
    );
    expect(indexes).toEqual([{ indexdef: expect.stringMatching(/\(tenant_id, email_canonical\)$/) }]);
  });
});

test('E5 no statement folds, casts or guesses an address', () => {
  const folder = fileURLToPath(new URL('../../packages/sso-store/src/', import.meta.url));
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(40);
  const found = files.flatMap((name) =>
    readFileSync(`${folder}${name}`, 'utf8')
      .split('\n')
      .filter((line) =>
        /citext|\bilike\b|\bsimilar to\b|~\*|(?:lower|upper|casefold|unaccent)\s*\([^)]*email|email\w*\s+(?:not\s+)?like\b/i.test(
          line,
        ),
      )
      .map((line) => `${name}: ${line.trim()}`),
  );
  // What an administrator types into the search of the people's list finds rows to look at, and signs nobody in.
  expect(found).toEqual([
    expect.stringMatching(/^administration\/sign-in-status\.ts: \.\.\.words\.map\(.*strpos\(lower/),
  ]);
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
      ...(['NFC', 'NFD', 'NFKC', 'NFKD'] as const).map((form) => (text: string) => text.normalize(form)),
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

const LOCALE = 'tr_TR.UTF-8';
if (process.env.SSO_TEST_LOCALE === LOCALE) {
  test('E14 the other locale is in force', () => {
    expect(Intl.DateTimeFormat().resolvedOptions().locale).toBe('tr-TR');
  });
} else {
  test('E14 in Turkish and in any order the tests of this matter end the same', async () => {
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const folder = await temporaryFolder();
    const report = `${folder.path}/report.json`;
    // The server's own locale is tried below.
    const names = '^(?!on PostgreSQL)(?!.*E6).*E(?:[1-4]|7|8|9|11|12|14)\\b';
    const files = ['packages/sso-core/src/email.test.ts', 'packages/sso-core/src/decide-match.test.ts'];
    const options = ['--reporter=json', `--outputFile=${report}`, '--sequence.shuffle.tests', '-t', names];
    await promisify(execFile)(
      process.execPath,
      [`${root}node_modules/vitest/vitest.mjs`, 'run', ...options, ...files, 'test/conformance/email.test.ts'],
      { cwd: root, env: { ...process.env, LANG: LOCALE, LC_ALL: LOCALE, SSO_TEST_LOCALE: LOCALE } },
    );
    const text = readFileSync(report, 'utf8');
    await folder.remove();
    const { success, numPassedTests } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    expect([success, Number(numPassedTests) > 200]).toEqual([true, true]);
  }, 240_000);
}

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
      await store.addUser({ ...user, id: 'kate', email: 'kate.s.fi@acme.example', products: ['workspace'] });
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
