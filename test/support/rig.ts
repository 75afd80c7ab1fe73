/**
 * @module
 * The three adapters over HTTP, with every part of them real but the people: local Okta orgs, a store on a database of
 * its own, the guarded fetch, and one origin for each tenant.
 */
import { createCtiApp } from '@ipscape/cti-auth';
import { type OktaDevOrg, type OktaDevServer, startOktaDevServer } from '@ipscape/okta-devorg';
import { okta } from '@ipscape/okta-provider';
import {
  createProviderRegistry,
  createSignInDeps,
  defineOidcProvider,
  type OriginScheme,
  PRODUCTS,
  type Product,
  redirectUris,
  SIGNED_OUT_PATHS,
  type SignInDeps,
  type SsoFetch,
  START_PATHS,
  tenantOrigin,
  type UserRole,
} from '@ipscape/sso-core';
import { createGuardedFetch, type GuardedFetchOptions, nodeCrypto } from '@ipscape/sso-core/node';
import {
  type AdapterDeps,
  type AdapterStore,
  createHealthRoutes,
  createMetrics,
  type SignInLimits,
  type Tracing,
} from '@ipscape/sso-hono';
import { createLogger, type RunningServer, serveUntilStopped } from '@ipscape/sso-hono/node';
import type { SsoStore } from '@ipscape/sso-store';
import { createToolbarApp } from '@ipscape/toolbar-auth';
import { createWorkspaceApp } from '@ipscape/workspace-auth';
import type { TestStore } from '../../packages/sso-store/test/test-stores.js';
import type { Answer, HttpBrowser } from './http-browser.js';

export type TenantName = 'acme' | 'globex';

interface Person {
  readonly name: string;
  readonly ipscape: { readonly role: UserRole; readonly products: readonly Product[]; readonly disabled?: true } | null;
  readonly isAssigned: boolean;
}

/** One person for each thing that can happen at a sign-in; the address is `{key}@{tenant}.example`. */
export const PEOPLE = {
  admin: { name: 'Ada Administrator', ipscape: { role: 'administrator', products: PRODUCTS }, isAssigned: true },
  agent: { name: 'Arun Agent', ipscape: { role: 'agent', products: PRODUCTS }, isAssigned: true },
  'toolbar-only': { name: 'Tessa Toolbar', ipscape: { role: 'agent', products: ['toolbar'] }, isAssigned: true },
  inactive: { name: 'Ines Inactive', ipscape: { role: 'agent', products: PRODUCTS, disabled: true }, isAssigned: true },
  'not-in-ipscape': { name: 'Noor Newcomer', ipscape: null, isAssigned: true },
  unassigned: { name: 'Umar Unassigned', ipscape: { role: 'agent', products: PRODUCTS }, isAssigned: false },
} as const satisfies Record<string, Person>;
/** A colleague is one of those that {@link RigOptions.colleagues} adds, counted from 0. */
export type PersonKey = keyof typeof PEOPLE | Colleague;
type Colleague = `colleague-${number}`;

const ACTOR = 'test';

export interface RigTenant {
  readonly id: string;
  readonly name: string;
  readonly domain: string;
  /** `http://acme.localhost:PORT`. */
  readonly origin: string;
  readonly org: OktaDevOrg;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** A request to Okta as it left the adapters, and what came back. */
export interface OutgoingRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly answer: string;
}

export interface Snapshot {
  readonly sessions: number;
  readonly transactions: number;
  readonly signInLog: number;
  /** Changes with any value of any user but when the user was signed out last. */
  readonly users: string;
}

export interface RigOptions {
  readonly fetch?: GuardedFetchOptions;
  /** Deadline of every request to Okta, in place of the contract's. */
  readonly idpTimeoutMs?: number;
  readonly trustedProxies?: readonly string[];
  /** Origins are written `https://acme.localhost`, as behind a proxy that ends TLS; browsers connect with `connectTo`. */
  readonly isBehindTls?: boolean;
  readonly tracing?: Tracing;
  /** In place of the real ones, which no other test comes near. */
  readonly signInLimits?: SignInLimits;
  /** Names of tenants beside acme and globex, each with an org of its own. */
  readonly furtherTenants?: readonly string[];
  /** Agents of every tenant beside {@link PEOPLE}. Default 0. */
  readonly colleagues?: number;
}

type StoreMethod = keyof AdapterStore;

/** The adapters of one process: what they remember is theirs alone. */
export interface Instance {
  readonly deps: AdapterDeps;
  readonly fetch: (request: Request, env: unknown) => Response | Promise<Response>;
  /** Every route of the three apps as it is registered, middleware as well. */
  readonly routes: readonly { readonly method: string; readonly path: string }[];
}

/** Beside Okta a provider that insists on verified addresses. */
const strictOkta = defineOidcProvider({ ...okta, id: 'okta-strict', emailVerification: 'required' });

export async function startRig(database: TestStore, options: RigOptions = {}): Promise<Rig> {
  const { store } = database;
  const instance = Promise.withResolvers<Instance>();
  let current: Instance | undefined;
  const logger = createLogger({ level: 'silent' });
  // The port is taken first: the redirect URIs hold it.
  const server = await serveUntilStopped({
    fetch: async (request, env) => (current ?? (await instance.promise)).fetch(request, env),
    host: '127.0.0.1',
    port: 0,
    logger,
  });
  const scheme: OriginScheme =
    options.isBehindTls === true ? { protocol: 'https', port: null } : { protocol: 'http', port: server.port };
  const names = ['acme', 'globex', ...(options.furtherTenants ?? [])];
  const people = peopleOf(options.colleagues ?? 0);
  const oktaServer = await startOktaDevServer({
    orgs: names.map((name) => ({
      name,
      users: people.map(({ key, name: fullName }) => ({ email: `${key}@${name}.example`, name: fullName })),
      apps: [
        {
          label: 'ipSCAPE',
          redirectUris: redirectUris(tenantOrigin(`${name}.localhost`, scheme)),
          postLogoutRedirectUris: PRODUCTS.map(
            (product) => tenantOrigin(`${name}.localhost`, scheme) + SIGNED_OUT_PATHS[product],
          ),
          initiateLoginUri: tenantOrigin(`${name}.localhost`, scheme) + START_PATHS.workspace,
          assigned: people.flatMap(({ key, isAssigned }) => (isAssigned ? [`${key}@${name}.example`] : [])),
        },
      ],
    })),
  });
  const seed = (name: string): Promise<RigTenant> =>
    seedTenant(store, { name, people, oktaServer, origin: tenantOrigin(`${name}.localhost`, scheme) });
  const tenants = { acme: await seed('acme'), globex: await seed('globex') };
  const furtherTenants: RigTenant[] = [];
  for (const name of options.furtherTenants ?? []) furtherTenants.push(await seed(name));
  const rig = new Rig({ database, server, oktaServer, tenants, furtherTenants, options, scheme });
  rig.onInstance = (next) => {
    current = next;
  };
  rig.restart();
  return rig;
}

interface KeyedPerson extends Person {
  readonly key: PersonKey;
}

function peopleOf(colleagues: number): readonly KeyedPerson[] {
  const known = Object.entries<Person>(PEOPLE).map(([key, person]) => ({ ...person, key: key as PersonKey }));
  const added = Array.from({ length: colleagues }, (_, index) => ({
    ...PEOPLE.agent,
    key: `colleague-${index}` as const,
    name: `Colleague ${index}`,
  }));
  return [...known, ...added];
}

interface TenantSeed {
  readonly name: string;
  readonly people: readonly KeyedPerson[];
  readonly oktaServer: OktaDevServer;
  readonly origin: string;
}

async function seedTenant(store: SsoStore, { name, people, oktaServer, origin }: TenantSeed): Promise<RigTenant> {
  const domain = `${name}.localhost`;
  const title = name.charAt(0).toUpperCase() + name.slice(1);
  const tenant = await store.addTenant({ id: name, name: title, domain, actor: ACTOR });
  const tenantId = tenant.id;
  await store.setSsoEntitlement({ tenantId, entitled: true, actor: ACTOR });
  for (const { key, ...person } of people) {
    if (person.ipscape === null) continue;
    const { role, products, disabled } = person.ipscape;
    const id = `${name}-${key}`;
    await store.addUser({
      tenantId,
      id,
      email: `${key}@${name}.example`,
      name: person.name,
      role,
      products,
      actor: ACTOR,
    });
    if (disabled) await store.setUserStatus({ tenantId, userId: id, status: 'disabled', actor: ACTOR });
  }
  const org = oktaServer.org(name);
  const [client] = org.clients;
  const clientSecret = client?.clientSecrets[0]?.value;
  if (client === undefined || clientSecret === undefined) throw new Error(`The org ${name} has no app.`);
  const seeded = { id: tenantId, name, domain, origin, org, clientId: client.clientId, clientSecret };
  await connect(store, seeded);
  return seeded;
}

interface Settings {
  readonly providerId: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Puts a connection in force by an administrator's steps; by default the one that works. */
async function connect(store: SsoStore, tenant: RigTenant, change: Partial<Settings> = {}): Promise<void> {
  const { issuer, providerId, clientId, clientSecret } = {
    providerId: okta.id,
    issuer: tenant.org.origin,
    clientId: tenant.clientId,
    clientSecret: tenant.clientSecret,
    ...change,
  };
  const tenantId = tenant.id;
  const draft = await store.createDraft({
    tenantId,
    providerId,
    issuer,
    clientId,
    config: { hostName: tenant.org.host },
    clientSecret: { value: clientSecret },
    actor: ACTOR,
  });
  await store.markAuthorised({ tenantId, revisionId: draft.revisionId, actor: ACTOR });
  await store.activateRevision({ tenantId, revisionId: draft.revisionId, actor: ACTOR });
}

/** After one of these the connections are put right again, which costs more than a sign-in. */
const CHANGES_OF_CONNECTIONS: ReadonlySet<string> = new Set([
  'createDraft',
  'replaceClientSecret',
  'setConnectionEnabled',
  'setSsoEntitlement',
]);

interface RigParts {
  readonly database: TestStore;
  readonly server: RunningServer;
  readonly oktaServer: OktaDevServer;
  readonly tenants: Readonly<Record<TenantName, RigTenant>>;
  readonly furtherTenants: readonly RigTenant[];
  readonly options: RigOptions;
  readonly scheme: OriginScheme;
}

export class Rig {
  readonly database: TestStore;
  readonly store: SsoStore;
  readonly tenants: Readonly<Record<TenantName, RigTenant>>;
  /** Acme, globex and those that {@link RigOptions.furtherTenants} names. */
  readonly allTenants: readonly RigTenant[];
  readonly port: number;
  /** Every line that any instance logged. */
  readonly logLines: string[] = [];
  readonly outgoing: OutgoingRequest[] = [];
  /** Where requests to a path of any org go instead, through the same guarded fetch, until {@link Rig.repair}. */
  readonly detours = new Map<string, string>();
  /** Milliseconds by which the adapters' clock is ahead; the database has its own. */
  clockAheadMs = 0;
  onInstance: (instance: Instance) => void = () => {};
  readonly #parts: RigParts;
  readonly #metrics = createMetrics();
  readonly #storeFaults = new Map<StoreMethod, () => Promise<never>>();
  readonly #servers: RunningServer[] = [];
  #instance: Instance | undefined;
  #isChanged = false;

  constructor(parts: RigParts) {
    this.#parts = parts;
    this.database = parts.database;
    this.store = this.#noteChanges(parts.database.store);
    this.tenants = parts.tenants;
    this.allTenants = [...Object.values(parts.tenants), ...parts.furtherTenants];
    this.port = parts.server.port;
  }

  get instance(): Instance {
    if (this.#instance === undefined) throw new Error('The rig was not started.');
    return this.#instance;
  }

  /** The sign-in dependencies of the instance that answers now. */
  get signIn(): SignInDeps {
    return this.instance.deps.signIn;
  }

  /** As if the process had been killed and started again: nothing is remembered but the database. */
  restart(store: SsoStore = this.store): void {
    this.#instance = this.createInstance(store);
    this.onInstance(this.#instance);
  }

  createInstance(store: SsoStore = this.store): Instance {
    const { tracing, signInLimits } = this.#parts.options;
    const recording = this.#recordingFetch();
    const watched = tracing?.traceStore(this.#watch(store)) ?? this.#watch(store);
    const deps: AdapterDeps<SsoStore> = {
      store: watched,
      scheme: this.#parts.scheme,
      metrics: this.#metrics,
      health: createHealthRoutes({ store: watched, metrics: this.#metrics, isStopping: () => false }),
      logger: createLogger({ level: 'trace', destination: { write: (line: string) => void this.logLines.push(line) } }),
      trustedProxies: this.#parts.options.trustedProxies ?? [],
      ...(tracing === undefined ? {} : { tracing }),
      ...(signInLimits === undefined ? {} : { signInLimits }),
      signIn: createSignInDeps({
        store: watched,
        providers: createProviderRegistry([okta, strictOkta]),
        fetch: tracing?.traceFetch(recording) ?? recording,
        crypto: nodeCrypto,
        context: { environment: 'development' },
        now: () => Date.now() + this.clockAheadMs,
      }),
    };
    const apps = { workspace: createWorkspaceApp(deps), cti: createCtiApp(deps), toolbar: createToolbarApp(deps) };
    return {
      deps,
      routes: Object.values(apps).flatMap(({ routes }) => routes.map(({ method, path }) => ({ method, path }))),
      fetch: (request, env) => {
        // Not parsed: a Host header like 256.256.256.256 makes no URL, and the adapters have to cope with it.
        const product = PRODUCTS.find((name) => request.url.split('/')[3] === name) ?? 'workspace';
        return apps[product].fetch(request, env as object);
      },
    };
  }

  /** A second process on the same database, on a port of its own, for the same origins. */
  async startSecondInstance(store: SsoStore = this.store): Promise<{ readonly port: number }> {
    const { fetch, deps } = this.createInstance(store);
    const server = await serveUntilStopped({ fetch, host: '127.0.0.1', port: 0, logger: deps.logger });
    this.#servers.push(server);
    return { port: server.port };
  }

  /** Has a method of the store reject, for all instances, until {@link Rig.repair}. */
  breakStore(method: StoreMethod, error: () => Error): void {
    this.#storeFaults.set(method, () => Promise.reject(error()));
  }

  /** Puts another connection in force. */
  connect(name: TenantName, change: Partial<Settings> = {}): Promise<void> {
    return connect(this.store, this.tenants[name], change);
  }

  /** Undoes what a test did to tenants, connections, identities and Okta, and forgets everything remembered. */
  async repair(): Promise<void> {
    this.#storeFaults.clear();
    this.detours.clear();
    this.clockAheadMs = 0;
    for (const tenant of this.allTenants) {
      tenant.org.faults.reset();
      tenant.org.clearRequests();
      if (!this.#isChanged) continue;
      await this.store.setSsoEntitlement({ tenantId: tenant.id, entitled: true, actor: ACTOR });
      await connect(this.store, tenant);
    }
    this.#isChanged = false;
    await this.database.query('delete from identities');
    await this.database.query('delete from held_identities');
    this.restart();
    this.outgoing.length = 0;
    this.logLines.length = 0;
  }

  async snapshot(): Promise<Snapshot> {
    const [row] = await this.database.query<Snapshot>(`
      select (select count(*)::integer from sessions) as sessions,
        (select count(*)::integer from transactions) as transactions,
        (select count(*)::integer from sign_in_log) as "signInLog",
        (select md5(string_agg((to_jsonb(u) - 'signed_out_at')::text, ',' order by u.tenant_id, u.id)) from users u) as users`);
    if (row === undefined) throw new Error('No answer.');
    return row;
  }

  /** Requests of the adapters themselves to an org, by endpoint and in order. */
  requestsTo(name: TenantName): readonly string[] {
    const own = ['discovery', 'keys', 'token', 'userinfo'];
    return this.tenants[name].org.requests
      .map(({ endpoint }) => endpoint as string)
      .filter((name) => own.includes(name));
  }

  async stop(): Promise<void> {
    for (const server of [...this.#servers, this.#parts.server]) await server.stop(0);
    await this.#parts.oktaServer.stop();
    await this.database.close();
  }

  #noteChanges(store: SsoStore): SsoStore {
    return new Proxy(store, {
      get: (target, name, receiver) => {
        if (CHANGES_OF_CONNECTIONS.has(String(name))) this.#isChanged = true;
        return Reflect.get(target, name, receiver) as unknown;
      },
    });
  }

  #watch(store: SsoStore): SsoStore {
    return new Proxy(store, {
      get: (target, name, receiver) =>
        this.#storeFaults.get(name as StoreMethod) ?? (Reflect.get(target, name, receiver) as unknown),
    });
  }

  #recordingFetch(): SsoFetch {
    const { fetch, idpTimeoutMs } = this.#parts.options;
    const guarded = createGuardedFetch({ allowLocalhost: true, ...fetch });
    return async (url, init = {}) => {
      const target = this.detours.get(new URL(url).pathname) ?? url;
      const response = await guarded(target, idpTimeoutMs === undefined ? init : { ...init, timeoutMs: idpTimeoutMs });
      const answer = await response.clone().text();
      this.outgoing.push({ url, headers: init.headers ?? {}, body: init.body ?? '', answer });
      return response;
    };
  }
}

export interface SignInOptions {
  readonly tenant?: TenantName | RigTenant;
  readonly product?: Product;
  readonly person?: PersonKey;
  /** Of the start route, without the question mark. */
  readonly query?: string;
}

const tenantOf = (rig: Rig, tenant: TenantName | RigTenant): RigTenant =>
  typeof tenant === 'string' ? rig.tenants[tenant] : tenant;

/** Address of a product's start route. */
export function startUrl(rig: Rig, { tenant = 'acme', product = 'workspace', query = '' }: SignInOptions = {}): string {
  const { origin } = tenantOf(rig, tenant);
  return `${origin}${START_PATHS[product]}${query === '' ? '' : `?${query}`}`;
}

/** From the start route to Okta, as somebody who chooses a user there; returns the callback's address, not opened yet. */
export async function walkToCallback(rig: Rig, browser: HttpBrowser, options: SignInOptions = {}): Promise<string> {
  const start = await browser.request(startUrl(rig, options));
  if (start.status !== 302) throw new Error(`The start answered ${start.status}: ${start.text}`);
  const { name } = tenantOf(rig, options.tenant ?? 'acme');
  return chooseUser(browser, start.location(), `${options.person ?? 'agent'}@${name}.example`);
}

/** Opens Okta's address and chooses a user, or cancels; returns where Okta sends the browser. */
export async function chooseUser(browser: HttpBrowser, oktaUrl: string, email: string | 'cancel'): Promise<string> {
  const page = await browser.follow(await browser.request(oktaUrl));
  if (page.headers.location !== undefined) return page.location();
  const body = new URLSearchParams(email === 'cancel' ? { action: 'cancel' } : { email }).toString();
  const answer = await browser.request(page.url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(body.length) },
  });
  const last = await browser.follow(answer);
  if (last.headers.location === undefined) throw new Error(`Okta answered ${last.status}: ${last.text}`);
  return last.location();
}

/** The whole sign-in; returns the callback's answer. */
export async function signIn(rig: Rig, browser: HttpBrowser, options: SignInOptions = {}): Promise<Answer> {
  return browser.request(await walkToCallback(rig, browser, options));
}

/** The reference that a page or a problem shows. */
export function referenceOf(answer: Answer): string {
  const shown = /<span class="reference">([^<]*)<\/span>|"reference":"([^"]*)"/.exec(answer.text);
  return shown?.[1] ?? shown?.[2] ?? '';
}

/** Session cookies that an answer sets or clears. */
export function sessionCookies(answer: Answer): readonly string[] {
  return answer.setCookies.filter((cookie) => /^__Host-ipscape-(?:workspace|cti|toolbar)=[^;]/.test(cookie));
}
