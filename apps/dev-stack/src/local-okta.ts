/**
 * @module
 * A local Okta org for each tenant, whose ids, secrets and keys survive a restart in the data folder.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type OktaDevOrgState, type OktaDevServer, startOktaDevServer } from '@ipscape/okta-devorg';
import { redirectUris, START_PATHS } from '@ipscape/sso-core';
import { type DevTenant, emailOf, PEOPLE, TENANTS } from './people.js';

export interface LocalOktaOptions {
  readonly dataDirectory: string;
  readonly host: string;
  readonly port: number;
  /** The origin of a tenant's products, which its redirect URIs begin with. */
  readonly tenantOrigin: (tenant: DevTenant) => string;
}

export async function startLocalOkta({
  dataDirectory,
  host,
  port,
  tenantOrigin,
}: LocalOktaOptions): Promise<OktaDevServer> {
  const orgs = await Promise.all(
    TENANTS.map(async (tenant) => {
      const state = await readState(stateFile(dataDirectory, tenant));
      const origin = tenantOrigin(tenant);
      return {
        name: tenant.name,
        users: PEOPLE.map((person) => ({ email: emailOf(person, tenant), name: person.name })),
        apps: [
          {
            label: 'ipSCAPE',
            redirectUris: redirectUris(origin),
            postLogoutRedirectUris: [
              `${origin}/workspace/signed-out`,
              `${origin}/cti/signed-out`,
              `${origin}/toolbar/signed-out`,
            ],
            initiateLoginUri: origin + START_PATHS.workspace,
            assigned: PEOPLE.filter(({ okta }) => okta === 'assigned').map((person) => emailOf(person, tenant)),
          },
        ],
        ...(state === null ? {} : { state }),
      };
    }),
  );
  const server = await startOktaDevServer({ port, hostname: host, orgs });
  for (const tenant of TENANTS)
    await keepState(stateFile(dataDirectory, tenant), server.org(tenant.name).exportState());
  return server;
}

/** What an administrator of the tenant types into the settings page, and a start of the stack prints. */
export function connectionDetails(server: OktaDevServer, tenant: Pick<DevTenant, 'name'>) {
  const org = server.org(tenant.name);
  const [client] = org.clients;
  const secret = client?.clientSecrets.find(({ status }) => status === 'ACTIVE')?.value;
  if (client === undefined || secret === undefined) throw new Error(`The local Okta org ${tenant.name} has no app.`);
  return { clientId: client.clientId, hostName: org.host, clientSecret: secret };
}

function stateFile(dataDirectory: string, tenant: Pick<DevTenant, 'name'>): string {
  return join(dataDirectory, `okta-${tenant.name}.json`);
}

async function readState(file: string): Promise<OktaDevOrgState | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as OktaDevOrgState;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new Error(`${file} cannot be read. Start with "npm start -- --fresh" to begin anew.`, { cause: error });
  }
}

/** Whole or not at all: a half-written file would lock the stack out of its own Okta. */
async function keepState(file: string, state: OktaDevOrgState): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(state), { mode: 0o600 });
  await rename(`${file}.new`, file);
}
