import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { createScene, type Scene } from '../../../packages/sso-store/test/scene.js';
import { type TestStore, testStores } from '../../../packages/sso-store/test/test-stores.js';
import type { AdminIo } from '../src/admin-io.js';
import { createTestDeps, run } from './captured-io.js';

const HEADER = 'email,name,role,products,status\n';
const row = (index: number): string => `u${index}@acme.example,User ${index},agent,cti;toolbar,active\n`;
const rows = (count: number): string => Array.from({ length: count }, (_, index) => row(index)).join('');

describe.each(await testStores())('user import on $name', ({ open }) => {
  let opened: TestStore;
  let scene: Scene;
  let folder: string;

  beforeAll(async () => {
    opened = await open();
    scene = await createScene(opened.store);
    folder = mkdtempSync(join(tmpdir(), 'sso-admin-'));
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await opened.close();
  });

  async function importing(content: string | Uint8Array, options: string[] = [], change: Partial<AdminIo> = {}) {
    writeFileSync(join(folder, 'users.csv'), content);
    const argv = ['user', 'import', 'users.csv', '--tenant', scene.tenant.domain, ...options];
    return await run(createTestDeps(opened.store), argv, { cwd: folder, ...change });
  }
  const directory = () => opened.store.listUsers(scene.tenant.id);

  it('adds 5,000 users, and says that nothing changed when it is repeated', async () => {
    scene = await createScene(opened.store);
    const file = HEADER + rows(5_000);
    const first = await importing(file, ['--actor', 'jane']);
    expect(first).toMatchObject({ exitCode: 0, err: '' });
    expect(first.out).toBe('The import has added 5,000 users, updated 0 and left 0 as they were.\n');
    expect(await directory()).toHaveLength(5_001);
    const again = await importing(file, ['--json']);
    expect(again.json()).toEqual({
      problems: [],
      warnings: [],
      result: { outcome: 'imported', lines: 5_000, added: 0, updated: 0, unchanged: 5_000, disabled: 0 },
    });
    const [, event] = await opened.store.listAuditEvents(scene.tenant.id);
    expect(event).toMatchObject({ action: 'users-imported', actor: 'jane', details: { added: 5_000 } });
  });

  it('reads a file as a spreadsheet writes it', async () => {
    scene = await createScene(opened.store);
    const file = '\ufeffName,"Products",EMAIL,role\r\n"Doe, ""J""",cti workspace,J.Doe@acme.example,Supervisor\r\n\r\n';
    expect((await importing(file)).exitCode).toBe(0);
    expect((await directory()).find(({ email }) => email === 'J.Doe@acme.example')).toMatchObject({
      name: 'Doe, "J"',
      role: 'supervisor',
      products: ['workspace', 'cti'],
      status: 'active',
    });
  });

  it('names every bad row by line with its reasons, and imports none of the others', async () => {
    scene = await createScene(opened.store);
    const before = await directory();
    const file = `${HEADER}${row(1)}"x\ny",A,agent,cti,\n,,agnet,ctl,gone\n${row(1)}a"b,A,agent,cti,\n${row(2)}short\n`;
    const { exitCode, err, out } = await importing(file);
    expect(exitCode).toBe(1);
    const lines = err.trimEnd().split('\n');
    expect(lines[0]).toBe('line 3: email holds a control character or line break');
    expect(lines[1]).toContain('line 5: email is empty; name is empty; role "agnet" is not one of');
    expect(lines[1]).toContain('products names "ctl"');
    expect(lines[1]).toContain('status "gone"');
    expect(lines[2]).toBe('line 7: there is a quote inside a field that does not begin with one');
    expect(lines[3]).toBe('line 9: it has 1 fields instead of 5');
    expect(lines[4]).toBe('line 6: email is the same as on line 2; such rows need an id each');
    expect(lines).toHaveLength(5);
    expect(out).toContain('Nothing was imported: 5 bad rows in 7 rows of users.csv.');
    expect(await directory()).toEqual(before);

    const program = await importing(file, ['--json']);
    expect(program.exitCode).toBe(1);
    expect(program.err).toBe('');
    expect(program.json()).toMatchObject({
      problems: [{ line: 3 }, { line: 5 }, { line: 7 }, { line: 9 }, { line: 6, code: 'email-repeated', otherLine: 2 }],
      result: { outcome: 'refused' },
    });
  });

  it('shows a person the first 1,000 bad rows and a program all of them', async () => {
    scene = await createScene(opened.store);
    const file = HEADER + 'x@acme.example,,agent,cti,\n'.repeat(1_500);
    const { err, out } = await importing(file);
    expect(err.split('\n')).toHaveLength(1_002);
    expect(err).toContain('… and 500 more problems; --json lists them all.');
    expect(out).toContain('1,500 bad rows');
    expect((await importing(file, ['--json'])).json().problems).toHaveLength(1_500);
  });

  it('warns of addresses that nobody can sign in with, and imports them', async () => {
    scene = await createScene(opened.store);
    const file = `${HEADER}a@acme.example,A,agent,cti,\nA@acme.example,B,agent,cti,\nZoë@acme.example,C,agent,cti,\n`;
    const { exitCode, err, out } = await importing(file);
    expect(exitCode).toBe(0);
    expect(err.match(/^warning, line [234]: /gm)).toHaveLength(3);
    expect(out).toContain('added 3 users');
    expect(out).toContain('3 warnings.');
  });

  it('changes nothing in a dry run', async () => {
    scene = await createScene(opened.store);
    const { out, exitCode } = await importing(HEADER + rows(3), ['--dry-run']);
    expect(exitCode).toBe(0);
    expect(out).toContain('Nothing was changed. The import would have added 3 users');
    expect(await directory()).toHaveLength(1);
  });

  const FILES: readonly (readonly [name: string, content: string | Uint8Array, message: string])[] = [
    ['empty', '', 'The file is empty.'],
    ['only a byte order mark', '\ufeff', 'The file is empty.'],
    ['without a header', rows(2), 'The first line is not the names of the columns.'],
    ['with semicolons', 'email;name;role;products\na;b;c;d\n', 'separates its columns with ";"'],
    ['with a missing column', 'email,name,role\n', 'The column "products" is missing.'],
    ['with a misspelt column', HEADER.replace('email', 'e-mail'), 'Did you mean "email"?'],
    ['in UTF-16', Buffer.from(`\ufeff${HEADER}`, 'utf16le'), 'written in UTF-16'],
  ];
  test.each(FILES)('refuses a file that is %s', async (_name, content, message) => {
    const { exitCode, err } = await importing(content);
    expect(exitCode).toBe(1);
    expect(err).toContain(message);
    const program = await importing(content, ['--json']);
    expect(program.json()).toEqual({ problems: [], warnings: [], result: null });
    expect(JSON.parse(program.err)).toMatchObject({ error: { exitCode: 1 } });
  });

  it('takes a header alone, and names a row that is not UTF-8', async () => {
    expect((await importing(HEADER)).out).toContain('added 0 users');
    const latin = Buffer.concat([
      Buffer.from(`${HEADER}a@acme.example,Zo`),
      Buffer.from([0xeb]),
      Buffer.from(',agent,cti,\n'),
    ]);
    expect((await importing(latin)).err).toContain('line 2: name is not written in UTF-8');
  });

  it('says what is wrong with a file that cannot be read', async () => {
    mkdirSync(join(folder, 'folder'), { recursive: true });
    for (const [name, message] of [
      ['missing.csv', 'does not exist'],
      ['folder', 'is a folder'],
      ['/dev/null', 'is not a file'],
    ] as const) {
      const argv = ['user', 'import', name, '--tenant', scene.tenant.domain];
      const { exitCode, err } = await run(createTestDeps(opened.store), argv, { cwd: folder });
      expect(exitCode).toBe(1);
      expect(err).toContain(message);
    }
  });

  it('draws a bar on a terminal only, and takes it away', async () => {
    scene = await createScene(opened.store);
    const { err, out } = await importing(HEADER + rows(5_000), [], { isTerminal: true, columns: 60 });
    const drawn = err.split('\r').map((line) => line.replace('\u001b[K', ''));
    expect(drawn.some((line) => /^Reading \[#*\.*\] \d+ %$/.test(line))).toBe(true);
    expect(drawn).toContain('Writing …');
    expect(drawn.every((line) => line.length < 60)).toBe(true);
    expect(err.endsWith('\r\u001b[K')).toBe(true);
    expect(out).not.toContain('\u001b');
  });

  it('leaves nothing when it is interrupted half way', async () => {
    scene = await createScene(opened.store);
    const stop = new AbortController();
    const { exitCode, err } = await importing(HEADER + rows(5_000), [], {
      signal: stop.signal,
      isTerminal: true,
      async err(text) {
        if (text.includes('Reading')) stop.abort();
      },
    });
    expect(exitCode).toBe(130);
    expect(err).toBe('');
    expect(await directory()).toHaveLength(1);
    expect((await importing(HEADER + rows(3))).exitCode).toBe(0);
  });
});
