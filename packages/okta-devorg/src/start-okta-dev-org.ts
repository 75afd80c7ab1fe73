/**
 * @module One org on a server of its own, with a user and an app, for the tests of one product.
 */
import type { OktaDevOrg } from './okta-dev-org.js';
import type { OktaDevOrgOptions } from './okta-dev-org-options.js';
import { startOktaDevServer } from './start-okta-dev-server.js';

/** Everything is optional: see {@link startOktaDevOrg} for the defaults. */
export interface StartOktaDevOrgOptions extends Partial<OktaDevOrgOptions> {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** The address to listen on. Default: `127.0.0.1`. */
  readonly hostname?: string;
}

/** An org that owns its server. */
export interface StartedOktaDevOrg extends OktaDevOrg {
  /** Closes all connections, answered or not. */
  stop(): Promise<void>;
}

/**
 * Defaults: the org `acme` with the user `ada.agent@acme.example` and the app `Example app`, assigned to everyone, with
 * the redirect URI `http://localhost:3000/callback`.
 */
export async function startOktaDevOrg(options: StartOktaDevOrgOptions = {}): Promise<StartedOktaDevOrg> {
  const { port = 0, hostname = '127.0.0.1', ...given } = options;
  const name = given.name ?? 'acme';
  const server = await startOktaDevServer({
    port,
    hostname,
    orgs: [
      {
        users: [{ email: `ada.agent@${name}.example`, name: 'Ada Agent' }],
        apps: [{ label: 'Example app', redirectUris: ['http://localhost:3000/callback'], assigned: 'everyone' }],
        ...given,
        name,
      },
    ],
  });
  const org = server.org(name);
  return withStop(org, () => server.stop());
}

/** Private fields keep working because the methods are called on the org itself. */
function withStop(org: OktaDevOrg, stop: () => Promise<void>): StartedOktaDevOrg {
  return new Proxy(org as StartedOktaDevOrg, {
    get(_target, property) {
      if (property === 'stop') return stop;
      const value: unknown = Reflect.get(org, property, org);
      return typeof value === 'function' ? value.bind(org) : value;
    },
  });
}
