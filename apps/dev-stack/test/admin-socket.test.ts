import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProgram } from '../../sso-admin/test/program.js';
import { type Stack, startStack } from '../src/stack.js';

describe.skipIf(process.platform === 'win32')('the Service Desk’s command line beside a running stack', () => {
  let folder: string;
  let stack: Stack;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dev-stack-'));
    stack = await startStack({
      port: 0,
      oktaPort: 0,
      dataDirectory: folder,
      databaseUrl: null,
      logLevel: 'silent',
      fresh: false,
    });
  });
  afterAll(async () => {
    await stack.stop();
    rmSync(folder, { recursive: true });
  });

  const admin = (...argv: string[]) => startProgram(argv, { SSO_DATA_DIR: folder }).ended;

  it('finds acme healthy, its local Okta included, and globex not connected', async () => {
    const acme = await admin('doctor', '--tenant', 'acme.localhost', '--json');
    expect(JSON.parse(acme.out)).toMatchObject({ healthy: true });
    expect(acme).toMatchObject({ exitCode: 0, err: '' });
    const globex = await admin('doctor', '--tenant', 'globex.localhost');
    expect(globex.exitCode).toBe(1);
    expect(globex.out).toContain('The tenant has no connection.');
  });

  it('makes a link to the port of the stack, and changes what the stack sees', async () => {
    const { out } = await admin('admin-link', 'create', '--tenant', 'globex.localhost');
    expect(out).toContain(`http://globex.localhost:${stack.port}/workspace/admin-link/`);
    await admin('tenant', 'sso', 'disable', '--tenant', 'globex.localhost');
    expect((await stack.store.findTenantSetup('globex.localhost'))?.tenant.ssoEntitled).toBe(false);
  });

  it('works on the stopped stack’s database, and leaves no socket behind', async () => {
    await stack.stop();
    expect(existsSync(join(folder, 'sso-admin.sock'))).toBe(false);
    expect((await admin('tenant', 'list')).out).toContain('globex.localhost');
  });
});
