import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEncryptionKeyRing, openSsoStore } from '@ipscape/sso-store';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { randomKey, testStores } from '../../../packages/sso-store/test/test-stores.js';
import { startProgram } from './program.js';

const stores = await testStores();

describe('the built program', () => {
  const keys = randomKey('k');
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sso-admin-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('shows help and refuses nonsense without any database or key', async () => {
    const help = await startProgram(['--help'], { DATABASE_URL: 'nonsense' }).ended;
    expect(help).toMatchObject({ exitCode: 0, err: '' });
    const nonsense = await startProgram(['tenat', 'list'], { DATABASE_URL: 'nonsense' }).ended;
    expect(nonsense).toMatchObject({ exitCode: 2, out: '' });
    expect(nonsense.err).toContain('Did you mean "tenant list"?');
  });

  const UNUSABLE: readonly (readonly [
    name: string,
    Readonly<Record<string, string>>,
    exitCode: number,
    says: string,
  ])[] = [
    ['no database', { SSO_ENCRYPTION_KEYS: keys }, 3, 'There is no database in'],
    ['a server that is away', { DATABASE_URL: 'postgres://127.0.0.1:1/x', SSO_ENCRYPTION_KEYS: keys }, 3, 'Check that'],
    ['no keys', { DATABASE_URL: 'postgres://127.0.0.1:1/x' }, 4, 'SSO_ENCRYPTION_KEYS is not set'],
    ['a short key', { DATABASE_URL: 'postgres://127.0.0.1:1/x', SSO_ENCRYPTION_KEYS: 'a:CANARY' }, 4, '4 bytes'],
    ['another protocol', { DATABASE_URL: 'mysql://CANARY', PORT: 'CANARY' }, 4, 'DATABASE_URL must begin with'],
    ['a misspelt mode', { SSO_ENV: 'CANARY' }, 4, 'SSO_ENV must be "development" or "production"'],
  ];
  test.each(UNUSABLE)('says what to do with %s', async (_name, environment, exitCode, says) => {
    const ended = await startProgram(['tenant', 'list'], { SSO_DATA_DIR: folder, ...environment }).ended;
    expect(ended).toMatchObject({ exitCode, out: '' });
    expect(ended.err).toContain(says);
    expect(ended.err).not.toContain('CANARY');
    expect(ended.err).not.toContain('    at ');
  });

  it('does not use the keys of a local stack in production', async () => {
    mkdirSync(join(folder, 'database'));
    writeFileSync(join(folder, 'encryption-keys'), keys);
    const ended = await startProgram(['tenant', 'list'], { SSO_DATA_DIR: folder, SSO_ENV: 'production' }).ended;
    expect(ended).toMatchObject({ exitCode: 4 });
  });

  it('works on the embedded database of a stopped stack with the keys that it kept', async () => {
    writeFileSync(join(folder, 'encryption-keys'), `${keys}\n`);
    const store = await openSsoStore({ dataDirectory: folder, encryptionKeys: createEncryptionKeyRing(keys) });
    await store.addTenant({ name: 'Acme', domain: 'acme.localhost', actor: 'test' });
    await store.close();
    const environment = { SSO_DATA_DIR: folder };
    const enabled = await startProgram(['tenant', 'sso', 'enable', '--tenant', 'acme.localhost'], environment).ended;
    expect(enabled).toMatchObject({ exitCode: 0, err: '' });
    const link = await startProgram(['admin-link', 'create', '--tenant', 'acme.localhost'], environment).ended;
    expect(link.out).toMatch(/^http:\/\/acme\.localhost:3000\/workspace\/admin-link\/[\w-]{43}\n/);
    const other = { ...environment, SSO_ENCRYPTION_KEYS: randomKey('k') };
    const wrong = await startProgram(['tenant', 'list'], other).ended;
    expect(wrong).toMatchObject({ exitCode: 4 });
    expect(wrong.err).toContain('is not the key');
  }, 120_000);

  it.skipIf(stores.length < 2)('leaves nothing of an import that is killed, and the next one works', async () => {
    const opened = await stores[1]?.open(createEncryptionKeyRing(keys));
    if (opened?.databaseUrl === undefined || opened.databaseUrl === null) throw new Error('no server');
    try {
      const { id, domain } = await opened.store.addTenant({
        name: 'T',
        domain: `${randomUUID()}.ipscape.example`,
        actor: 'test',
      });
      const file = join(folder, 'users.csv');
      const rows = Array.from({ length: 60_000 }, (_, index) => `u${index}@acme.example,User,agent,cti\n`);
      writeFileSync(file, `email,name,role,products\n${rows.join('')}`);
      const environment = { DATABASE_URL: opened.databaseUrl, SSO_ENCRYPTION_KEYS: keys };
      const argv = ['user', 'import', file, '--tenant', domain];

      const killed = startProgram(argv, environment);
      const isUnderWay = async (text: string): Promise<boolean> => {
        const active = `select 1 from pg_stat_activity where datname = current_database() and query like '%' || $1 || '%'
          and pid <> pg_backend_pid() and state <> 'idle'`;
        return (await opened.query(active, [text])).length > 0;
      };
      // The merge is the last that an import does before it commits.
      while (!(await isUnderWay('insert into users '))) if (await isOver(killed.ended)) throw new Error('too fast');
      killed.kill('SIGKILL');
      expect((await killed.ended).exitCode).toBeNull();
      while (await isUnderWay('user')) await opened.store.ping();
      expect((await opened.store.findUsers(id, { limit: 1 })).total).toBe(0);
      const actions = (await opened.store.listAuditEvents(id)).map(({ action }) => action);
      expect(actions).toEqual(['tenant-added']);

      const again = await startProgram(argv, environment).ended;
      expect(again).toMatchObject({ exitCode: 0, err: '' });
      expect(again.out).toContain('added 60,000 users');
    } finally {
      await opened.close();
    }
  });
});

async function isOver(ended: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  return (await Promise.race([ended, Promise.resolve(pending)])) !== pending;
}
