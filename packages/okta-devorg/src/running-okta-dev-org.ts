/**
 * @module Puts one org together from its directory, keys, storage and HTTP side.
 */
import { randomBytes } from 'node:crypto';
import type { AdapterPayload } from 'oidc-provider';
import { toClientMetadata } from './create-org-provider.js';
import { createUniversalLogoutRequest } from './create-universal-logout-request.js';
import { MemoryStore } from './memory-store.js';
import { createOktaDevFaults } from './okta-dev-faults.js';
import type { OktaDevOrg, RecordedRequest } from './okta-dev-org.js';
import type { OktaDevOrgOptions, OktaDevOrgState, OktaDevUser, OktaIssuerMode } from './okta-dev-org-options.js';
import { createOrgAddresses, type OrgAddresses } from './org-addresses.js';
import { type OktaDevUserPatch, OrgDirectory } from './org-directory.js';
import { type OrgExchange, OrgRequestHandler, toTileUrl } from './org-request-handler.js';
import type { SigningKeys } from './signing-keys.js';

type UniversalLogoutArguments = Parameters<OktaDevOrg['universalLogoutRequest']>[0];

const MAX_RECORDED = 1000;

/** The implementation, with the entrance for requests. */
export class RunningOktaDevOrg implements OktaDevOrg {
  readonly name: string;
  readonly faults = createOktaDevFaults();
  readonly addresses: OrgAddresses;
  readonly #directory: OrgDirectory;
  readonly #keys: SigningKeys;
  readonly #store: MemoryStore;
  readonly #handler: OrgRequestHandler;
  #requests: RecordedRequest[] = [];

  constructor(options: OktaDevOrgOptions, { port, keys }: { readonly port: number; readonly keys: SigningKeys }) {
    this.name = options.name;
    this.addresses = createOrgAddresses(options.name, port, options.customDomain);
    const directory = new OrgDirectory(options);
    this.#directory = directory;
    this.#keys = keys;
    this.#store = new MemoryStore((clientId) => {
      const client = directory.findActiveClient(clientId);
      return client && (toClientMetadata(client) as AdapterPayload);
    });
    this.#handler = new OrgRequestHandler({
      name: options.name,
      addresses: this.addresses,
      directory,
      faults: this.faults,
      keys,
      store: this.#store,
      cookieKey: randomBytes(32).toString('base64url'),
    });
  }

  async handle(exchange: OrgExchange): Promise<void> {
    const { endpoint, path } = exchange.found;
    this.#requests.push({ method: exchange.request.method ?? 'GET', path, endpoint, at: new Date() });
    if (this.#requests.length > MAX_RECORDED) this.#requests.shift();
    await this.#handler.handle(exchange);
  }

  get host() {
    return this.addresses.host;
  }

  get origin() {
    return this.addresses.origin;
  }

  get customOrigin() {
    return this.addresses.customOrigin;
  }

  get clients() {
    return this.#directory.clients;
  }

  get users() {
    return this.#directory.users;
  }

  get requests(): readonly RecordedRequest[] {
    return this.#requests;
  }

  clearRequests() {
    this.#requests = [];
  }

  assign(clientId: string, email: string) {
    this.#directory.setAssigned(clientId, email, true);
  }

  unassign(clientId: string, email: string) {
    this.#directory.setAssigned(clientId, email, false);
  }

  addRedirectUri(clientId: string, redirectUri: string) {
    const others = this.#directory.getClient(clientId).redirectUris.filter((uri) => uri !== redirectUri);
    this.#directory.changeClient(clientId, { redirectUris: [...others, redirectUri] });
  }

  removeRedirectUri(clientId: string, redirectUri: string) {
    const others = this.#directory.getClient(clientId).redirectUris.filter((uri) => uri !== redirectUri);
    this.#directory.changeClient(clientId, { redirectUris: others });
  }

  setClientStatus(clientId: string, status: 'ACTIVE' | 'INACTIVE') {
    this.#directory.changeClient(clientId, { status });
  }

  setIssuerMode(clientId: string, issuerMode: OktaIssuerMode) {
    this.#directory.changeClient(clientId, { issuerMode });
  }

  addClientSecret(clientId: string) {
    return this.#directory.addClientSecret(clientId);
  }

  deactivateClientSecret(clientId: string, value: string) {
    this.#directory.deactivateClientSecret(clientId, value);
  }

  addUser(user: OktaDevUser) {
    return this.#directory.addUser(user);
  }

  changeUser(email: string, patch: OktaDevUserPatch) {
    return this.#directory.changeUser(email, patch);
  }

  async rotateKeys({ keepOld = true }: { keepOld?: boolean } = {}) {
    await this.#keys.rotate(keepOld);
    this.#handler.reloadKeys();
  }

  endSessions() {
    this.#store.clear('Session');
  }

  forgetSignIns() {
    this.#store.clear();
  }

  tileUrl(clientId: string) {
    const { initiateLoginUri } = this.#directory.getClient(clientId);
    if (initiateLoginUri === undefined) throw new Error(`The app has no initiate login URI: ${clientId}`);
    return toTileUrl(initiateLoginUri, this.origin);
  }

  universalLogoutRequest({ clientId, email, endpoint, format = 'email' }: UniversalLogoutArguments) {
    const user = this.#directory.findUser(email);
    if (!user) throw new Error(`No such user: ${email}`);
    const { issuerMode } = this.#directory.getClient(clientId);
    const issuer = this.addresses.issuerOf(issuerMode, this.addresses.hostName);
    return createUniversalLogoutRequest({ clientId, user, endpoint, issuer, format, keys: this.#keys });
  }

  exportState(): OktaDevOrgState {
    return { ...this.#directory.exportState(), keys: this.#keys.privateKeys };
  }
}
