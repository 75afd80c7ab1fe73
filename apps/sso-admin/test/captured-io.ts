/**
 * @module
 * Runs commands as `sso-admin` does and keeps what they write.
 */
import { SsoError, type SsoFetch } from '@ipscape/sso-core';
import type { AdminDeps } from '../src/admin-deps.js';
import type { AdminIo } from '../src/admin-io.js';
import { runCommand } from '../src/run-command.js';

export interface CapturedIo extends AdminIo {
  readonly written: { out: string; err: string };
}

export function createCapturedIo(change: Partial<AdminIo> = {}): CapturedIo {
  const written = { out: '', err: '' };
  return {
    written,
    out: async (text) => {
      written.out += text;
    },
    err: async (text) => {
      written.err += text;
    },
    isTerminal: false,
    columns: 80,
    cwd: '/',
    operator: 'tester',
    signal: new AbortController().signal,
    ...change,
  };
}

/** A provider that answers as the issuer that it is asked for, and never over the network. */
export const answeringProvider: SsoFetch = async (url) => {
  const issuer = url.replace('/.well-known/openid-configuration', '');
  const endpoint = (name: string) => `${issuer}/oauth2/v1/${name}`;
  return Response.json({
    issuer,
    authorization_endpoint: endpoint('authorize'),
    token_endpoint: endpoint('token'),
    jwks_uri: endpoint('keys'),
  });
};

export const absentProvider: SsoFetch = async () => {
  throw new SsoError('idp-unreachable');
};

export function createTestDeps(store: AdminDeps['store'], change: Partial<AdminDeps> = {}): AdminDeps {
  return { store, createFetch: () => answeringProvider, resolves: async () => true, localPort: null, ...change };
}

export interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
  /** What a program reads. */
  json(): Record<string, unknown>;
}

export async function run(deps: AdminDeps, argv: readonly string[], change: Partial<AdminIo> = {}): Promise<Ran> {
  const io = createCapturedIo(change);
  const exitCode = await runCommand(deps, argv, io);
  return { exitCode, ...io.written, json: () => JSON.parse(io.written.out) };
}

/** For a command line that must not come as far as the database. */
export const NO_STORE = new Proxy({} as AdminDeps['store'], {
  get(_target, name) {
    throw new Error(`The database was asked: ${String(name)}`);
  },
});
