/**
 * @module The org's users and apps, and every change an Okta administrator can make to them.
 * No protocol and no I/O.
 */
import type {
  OktaDevAppOptions,
  OktaDevClientSecret,
  OktaDevOrgOptions,
  OktaDevOrgState,
  OktaDevUser,
  OktaIssuerMode,
} from './okta-dev-org-options.js';
import { createClientSecret, createOktaId } from './okta-id.js';

/** A user with every default filled in. */
export interface OktaDevOrgUser {
  /** `sub` of all tokens. */
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly givenName: string;
  readonly familyName: string;
  /** `preferred_username` of the tokens. */
  readonly login: string;
  /** `email_verified` of `/userinfo`; undefined: the claim is absent. */
  readonly emailVerified: boolean | undefined;
  readonly status: 'ACTIVE' | 'SUSPENDED';
  /** Epoch seconds of the last change. */
  readonly updatedAt: number;
}

/** An app as the org's administrator sees it. */
export interface OktaDevClient {
  readonly label: string;
  readonly clientId: string;
  /** At most two, in the clear; inactive ones are refused. */
  readonly clientSecrets: readonly OktaDevClientSecret[];
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  /** Where a click on the tile goes; undefined: the app has no tile. */
  readonly initiateLoginUri: string | undefined;
  /** E-mail addresses, or everyone, later users too. */
  readonly assigned: 'everyone' | readonly string[];
  readonly status: 'ACTIVE' | 'INACTIVE';
  readonly issuerMode: OktaIssuerMode;
}

/** Fields that `changeUser` can change. */
export type OktaDevUserPatch = Partial<Omit<OktaDevUser, 'id'>>;

/** Users and apps of one org. Lookups by e-mail and login ignore case, as Okta does. */
export class OrgDirectory {
  readonly orgId: string;
  readonly #users: OktaDevOrgUser[];
  readonly #clients: OktaDevClient[];
  readonly #idsByEmail: Readonly<Record<string, string>>;

  constructor(options: OktaDevOrgOptions) {
    const { state } = options;
    this.orgId = state?.orgId ?? createOktaId('00o');
    this.#idsByEmail = state?.users ?? {};
    this.#users = options.users.map((user) => this.#toUser(user));
    const issuerMode = options.customDomain === undefined ? 'ORG_URL' : 'CUSTOM_URL';
    this.#clients = options.apps.map((app) => toClient(app, state?.apps[app.label], issuerMode));
  }

  get users(): readonly OktaDevOrgUser[] {
    return this.#users;
  }

  get clients(): readonly OktaDevClient[] {
    return this.#clients;
  }

  findUserById(id: string): OktaDevOrgUser | undefined {
    return this.#users.find((user) => user.id === id);
  }

  /** Finds by e-mail address or by Okta username. */
  findUser(name: string): OktaDevOrgUser | undefined {
    return this.#users.find((user) => isSame(user.email, name)) ?? this.#users.find((user) => isSame(user.login, name));
  }

  /** Inactive apps are not found. */
  findActiveClient(clientId: string): OktaDevClient | undefined {
    return this.#clients.find((client) => client.clientId === clientId && client.status === 'ACTIVE');
  }

  isAssigned(client: OktaDevClient, user: OktaDevOrgUser): boolean {
    return client.assigned === 'everyone' || client.assigned.some((email) => isSame(email, user.email));
  }

  /** @throws {Error} when the e-mail address is taken. */
  addUser(user: OktaDevUser): OktaDevOrgUser {
    if (this.#users.some(({ email }) => isSame(email, user.email))) throw new Error(`User exists: ${user.email}`);
    const added = this.#toUser(user);
    this.#users.push(added);
    return added;
  }

  /** Keeps the user's id, and the user's assignments when the e-mail address changes. */
  changeUser(email: string, patch: OktaDevUserPatch): OktaDevOrgUser {
    const index = this.#users.findIndex((user) => isSame(user.email, email));
    const before = this.#users[index];
    if (!before) throw new Error(`No such user: ${email}`);
    const after = { ...before, ...patch, updatedAt: Math.floor(Date.now() / 1000) };
    this.#users[index] = after;
    for (const { clientId, assigned } of this.#clients) {
      if (assigned === 'everyone') continue;
      this.changeClient(clientId, { assigned: assigned.map((other) => (isSame(other, email) ? after.email : other)) });
    }
    return after;
  }

  /** Turns an assignment of everyone into a list first, so that `unassign` works on both. */
  setAssigned(clientId: string, email: string, isAssigned: boolean): void {
    const { assigned } = this.getClient(clientId);
    const current = assigned === 'everyone' ? this.#users.map((user) => user.email) : assigned;
    const others = current.filter((other) => !isSame(other, email));
    this.changeClient(clientId, { assigned: isAssigned ? [...others, email] : others });
  }

  /** Okta keeps at most two secrets: an inactive one makes room, otherwise it is an error. */
  addClientSecret(clientId: string): string {
    const { clientSecrets } = this.getClient(clientId);
    const kept = clientSecrets.length < 2 ? clientSecrets : clientSecrets.filter(({ status }) => status === 'ACTIVE');
    if (kept.length >= 2) throw new Error('An app has at most two client secrets: deactivate one first');
    const value = createClientSecret();
    this.changeClient(clientId, { clientSecrets: [...kept, { value, status: 'ACTIVE' }] });
    return value;
  }

  deactivateClientSecret(clientId: string, value: string): void {
    const { clientSecrets } = this.getClient(clientId);
    if (!clientSecrets.some((secret) => secret.value === value)) throw new Error('No such client secret');
    this.changeClient(clientId, {
      clientSecrets: clientSecrets.map((secret) => (secret.value === value ? { value, status: 'INACTIVE' } : secret)),
    });
  }

  changeClient(clientId: string, patch: Partial<OktaDevClient>): void {
    const index = this.#clients.indexOf(this.getClient(clientId));
    this.#clients[index] = { ...this.getClient(clientId), ...patch };
  }

  /** Finds inactive apps too. @throws {Error} when there is no such app. */
  getClient(clientId: string): OktaDevClient {
    const client = this.#clients.find((candidate) => candidate.clientId === clientId);
    if (!client) throw new Error(`No such app: ${clientId}`);
    return client;
  }

  exportState(): Omit<OktaDevOrgState, 'keys'> {
    return {
      orgId: this.orgId,
      users: Object.fromEntries(this.#users.map((user) => [user.email.toLowerCase(), user.id])),
      apps: Object.fromEntries(
        this.#clients.map(({ label, clientId, clientSecrets }) => [label, { clientId, clientSecrets }]),
      ),
    };
  }

  #toUser(user: OktaDevUser): OktaDevOrgUser {
    const words = user.name.split(' ');
    return {
      id: user.id ?? this.#idsByEmail[user.email.toLowerCase()] ?? createOktaId('00u'),
      email: user.email,
      name: user.name,
      givenName: user.givenName ?? (words.slice(0, -1).join(' ') || user.name),
      familyName: user.familyName ?? words.at(-1) ?? user.name,
      login: user.login ?? user.email,
      emailVerified: 'emailVerified' in user ? user.emailVerified : true,
      status: user.status ?? 'ACTIVE',
      updatedAt: Math.floor(Date.now() / 1000),
    };
  }
}

function toClient(
  app: OktaDevAppOptions,
  known: OktaDevOrgState['apps'][string] | undefined,
  issuerMode: OktaIssuerMode,
): OktaDevClient {
  const created = { value: app.clientSecret ?? createClientSecret(), status: 'ACTIVE' as const };
  return {
    label: app.label,
    clientId: app.clientId ?? known?.clientId ?? createOktaId('0oa'),
    clientSecrets: app.clientSecret === undefined && known ? [...known.clientSecrets] : [created],
    redirectUris: [...app.redirectUris],
    postLogoutRedirectUris: [...(app.postLogoutRedirectUris ?? [])],
    initiateLoginUri: app.initiateLoginUri,
    assigned: app.assigned,
    status: app.status ?? 'ACTIVE',
    issuerMode: app.issuerMode ?? issuerMode,
  };
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
