import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEncryptionKeyRing, openSsoStore, type SsoStore } from '@ipscape/sso-store';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { randomKey } from '../../../packages/sso-store/test/test-stores.js';
import { callAdminSocket } from '../src/socket/call-admin-socket.js';
import { type AdminSocket, serveAdminSocket } from '../src/socket/serve-admin-socket.js';
import { createCapturedIo, createTestDeps } from './captured-io.js';
import { startProgram } from './program.js';

describe.skipIf(process.platform === 'win32')('beside a process that holds the embedded database', () => {
  const keys = randomKey('k');
  let folder: string;
  let path: string;
  let store: SsoStore;
  let socket: AdminSocket;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sso-admin-'));
    path = join(folder, 'sso-admin.sock');
    store = await openSsoStore({ dataDirectory: folder, encryptionKeys: createEncryptionKeyRing(keys) });
    await store.addTenant({ id: 'acme', name: 'Acme', domain: 'acme.localhost', actor: 'test' });
    // What a stack that was killed leaves behind.
    writeFileSync(path, '');
    socket = await serveAdminSocket({ dataDirectory: folder, deps: createTestDeps(store, { localPort: 3210 }) });
  });
  afterAll(async () => {
    await socket.close();
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const program = (...argv: string[]) => startProgram(argv, { SSO_DATA_DIR: folder, SSO_ENCRYPTION_KEYS: keys });

  it('listens for its owner alone', () => {
    expect(socket.reason).toBeNull();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('carries out the commands of other processes, with their output and exit codes', async () => {
    expect(await program('tenant', 'sso', 'enable', '--tenant', 'acme').ended).toMatchObject({ exitCode: 0, err: '' });
    const [event] = await store.listAuditEvents('acme');
    expect(event).toMatchObject({
      action: 'sso-entitlement-changed',
      actor: expect.stringMatching(/^service-desk:.+/),
    });
    const link = await program('admin-link', 'create', '--tenant', 'acme', '--json').ended;
    expect(JSON.parse(link.out).url).toContain('http://acme.localhost:3210/workspace/admin-link/');
    const missing = await program('tenant', 'show', '--tenant', 'acme.localhots').ended;
    expect(missing).toMatchObject({ exitCode: 1, out: '' });
    expect(missing.err).toContain('Did you mean "acme.localhost"?');
    const file = join(folder, 'users.csv');
    writeFileSync(file, 'email,name,role,products\njane@acme.example,Jane 陳,agent,cti\n');
    const imports = await Promise.all(
      [file, file].map((name) => program('user', 'import', name, '--tenant', 'acme').ended),
    );
    expect(imports.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect((await store.listUsers('acme')).map(({ name }) => name)).toEqual(['Jane 陳']);
  });

  it('goes on when a caller leaves, and stops what it asked for', async () => {
    const following = program('audit', 'tail', '--follow', '--tenant', 'acme');
    await following.printed('tenant-added');
    following.kill('SIGINT');
    expect(await following.ended).toMatchObject({ exitCode: 0, err: '' });
    const killed = program('audit', 'tail', '--follow', '--tenant', 'acme');
    await killed.printed('tenant-added');
    killed.kill('SIGKILL');
    await killed.ended;
    expect((await program('tenant', 'list').ended).exitCode).toBe(0);
  });

  test.each([
    ['nothing', null],
    ['no JSON', 'GET / HTTP/1.1\n'],
    ['another version', `${JSON.stringify({ version: 2, argv: ['tenant', 'list'] })}\n`],
    ['no command line', `${JSON.stringify({ version: 1, cwd: '/', operator: 'x', isTerminal: false, columns: 1 })}\n`],
    ['a line without an end', 'x'.repeat(9 * 1024 * 1024)],
  ])('answers nothing to %s', async (_name, text) => {
    const caller = connect(path);
    const received: Buffer[] = [];
    const closed = new Promise<void>((resolve) => caller.once('close', () => resolve()));
    caller.on('data', (data) => received.push(data)).on('error', () => {});
    if (text === null) caller.end();
    else caller.write(text);
    await closed;
    expect(received).toEqual([]);
    expect((await program('tenant', 'list').ended).exitCode).toBe(0);
  });

  it('says so when the path is too long for a socket', async () => {
    const deep = join(folder, 'x'.repeat(100));
    const refused = await serveAdminSocket({ dataDirectory: deep, deps: createTestDeps(store) });
    expect(refused.reason).toContain('choose a shorter SSO_DATA_DIR');
    await refused.close();
    expect(await callAdminSocket(deep, ['tenant', 'list'], createCapturedIo())).toBeNull();
  });

  it('interrupts what is under way when it stops, and then names who holds the database', async () => {
    const following = program('audit', 'tail', '--follow', '--tenant', 'acme');
    await following.printed('tenant-added');
    await socket.close();
    expect((await following.ended).exitCode).toBe(0);
    expect(existsSync(path)).toBe(false);
    const locked = await program('tenant', 'list').ended;
    expect(locked).toMatchObject({ exitCode: 3, out: '' });
    expect(locked.err).toContain(`in use by process ${process.pid}`);
    expect(locked.err).toContain('Ready');
  });
});
