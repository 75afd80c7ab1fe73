/**
 * @module One HTTP server for any number of orgs, told apart by the Host header.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { renderErrorPage } from './error-page.js';
import { findEndpoint } from './find-endpoint.js';
import { sendHtmlPage } from './html-page.js';
import type { OktaDevOrg } from './okta-dev-org.js';
import type { OktaDevOrgOptions } from './okta-dev-org-options.js';
import { createOrgAddresses } from './org-addresses.js';
import { RunningOktaDevOrg } from './running-okta-dev-org.js';
import { SigningKeys } from './signing-keys.js';

/** Where the server listens and which orgs it serves. Orgs are told apart by host name, so one port is enough. */
export interface OktaDevServerOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** The address to listen on. Default: `127.0.0.1`. */
  readonly hostname?: string;
  readonly orgs: readonly OktaDevOrgOptions[];
}

/** A listening server. */
export interface OktaDevServer {
  /** The one that it really has. */
  readonly port: number;
  /** By name. */
  readonly orgs: ReadonlyMap<string, OktaDevOrg>;
  /** @throws {Error} when there is no org of this name. */
  org(name: string): OktaDevOrg;
  /** Closes all connections, answered or not. */
  stop(): Promise<void>;
}

/**
 * Resolves when the server listens. Each org is at `http://{name}.okta.localhost:{port}`.
 * @throws {Error} when two orgs share a host name, or a name cannot be one.
 */
export async function startOktaDevServer(options: OktaDevServerOptions): Promise<OktaDevServer> {
  assertHostNames(options.orgs);
  const keys = await Promise.all(options.orgs.map(({ state }) => SigningKeys.create(state?.keys)));
  const orgs = new Map<string, RunningOktaDevOrg>();
  const byHostName = new Map<string, RunningOktaDevOrg>();
  const server = createServer((request, response) => {
    answer(request, response, byHostName).catch((error: unknown) => fail(response, error));
  });
  const port = await listen(server, options);
  for (const [index, orgOptions] of options.orgs.entries()) {
    const org = new RunningOktaDevOrg(orgOptions, { port, keys: keys[index] ?? (await SigningKeys.create()) });
    orgs.set(org.name, org);
    for (const hostName of org.addresses.hostNames) byHostName.set(hostName, org);
  }
  return {
    port,
    orgs,
    org(name) {
      const org = orgs.get(name);
      if (!org) throw new Error(`No such org: ${name}`);
      return org;
    },
    stop: () => close(server),
  };
}

function assertHostNames(orgs: readonly OktaDevOrgOptions[]): void {
  const seen = new Set<string>();
  for (const { name, customDomain } of orgs) {
    if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name)) throw new Error(`Not a name for an org: ${name}`);
    for (const hostName of createOrgAddresses(name, 0, customDomain).hostNames) {
      if (seen.has(hostName)) throw new Error(`Two orgs at ${hostName}`);
      seen.add(hostName);
    }
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  byHostName: ReadonlyMap<string, RunningOktaDevOrg>,
): Promise<void> {
  const { host = '' } = request.headers;
  const url = URL.parse(request.url ?? '/', `http://${host}`);
  const hasRightPort = url !== null && (url.port === '' || Number(url.port) === request.socket.localPort);
  const org = url && hasRightPort ? byHostName.get(url.hostname) : undefined;
  if (!url || !org) {
    const description = 'There is no Okta org at this address.';
    return sendHtmlPage(response, 404, renderErrorPage({ title: '404 Not Found', description }));
  }
  await org.handle({ request, response, url, found: findEndpoint(url.pathname) });
}

/** Only a mistake in this package ends here. */
function fail(response: ServerResponse, error: unknown): void {
  console.error('okta-devorg: request failed', error);
  if (response.headersSent) return void response.destroy();
  const description = 'The local Okta org failed. The reason is in its log.';
  sendHtmlPage(response, 500, renderErrorPage({ title: '500 Internal Server Error', description }));
}

function listen(server: Server, { port = 0, hostname = '127.0.0.1' }: OktaDevServerOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, hostname, () => {
      server.off('error', reject);
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('The server has no TCP port'));
      resolve(address.port);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
