/**
 * @module One running org: what a test or a demo can see of it and do to it. Types only.
 */
import type { UniversalLogoutFormat, UniversalLogoutRequest } from './create-universal-logout-request.js';
import type { OktaEndpoint } from './find-endpoint.js';
import type { OktaDevFaults } from './okta-dev-faults.js';
import type { OktaDevOrgState, OktaDevUser, OktaIssuerMode } from './okta-dev-org-options.js';
import type { OktaDevClient, OktaDevOrgUser, OktaDevUserPatch } from './org-directory.js';

/** A request the org received. No query, no body, no headers; identifiers in the path are replaced by `{id}`. */
export interface RecordedRequest {
  readonly method: string;
  /** Without the query; `{id}` stands for a client, an interaction or an authorization server. */
  readonly path: string;
  readonly endpoint: OktaEndpoint;
  /** When it arrived, before any delay of a fault. */
  readonly at: Date;
}

/** One org of the server. Users are named by e-mail address, apps by client id; unknown ones are an error. */
export interface OktaDevOrg {
  /** `acme` of `acme.okta.localhost`. */
  readonly name: string;
  /** With port: `acme.okta.localhost:4000`. */
  readonly host: string;
  /** `http://acme.okta.localhost:4000`, the issuer of every app whose issuer mode is `ORG_URL`. */
  readonly origin: string;
  /** The custom domain's address, if the org has one. */
  readonly customOrigin: string | undefined;
  /** As they are now, inactive ones too. With their secrets. */
  readonly clients: readonly OktaDevClient[];
  /** As they are now, suspended ones too. */
  readonly users: readonly OktaDevOrgUser[];
  /** The last 1000 requests, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** Takes effect with the next request. */
  readonly faults: OktaDevFaults;
  /** Forgets what was recorded; the faults stay. */
  clearRequests(): void;
  /** An app assigned to everyone becomes one assigned to the users of now. */
  assign(clientId: string, email: string): void;
  /** An app assigned to everyone becomes one assigned to all others. */
  unassign(clientId: string, email: string): void;
  /** Sign-in redirect URI, compared character by character. One that is there already stays once. */
  addRedirectUri(clientId: string, redirectUri: string): void;
  /** Does nothing when it is not there. */
  removeRedirectUri(clientId: string, redirectUri: string): void;
  /** An inactive app is unknown to every endpoint. */
  setClientStatus(clientId: string, status: 'ACTIVE' | 'INACTIVE'): void;
  /** Of the tokens and metadata of the app from now on. */
  setIssuerMode(clientId: string, issuerMode: OktaIssuerMode): void;
  /** Returns a second secret; both work. An inactive secret makes room for it. @throws {Error} when two are active. */
  addClientSecret(clientId: string): string;
  /** It is refused from now on. @throws {Error} when the app has no such secret. */
  deactivateClientSecret(clientId: string, value: string): void;
  /** Assigned to the apps of everyone at once. @throws {Error} when the e-mail address is taken. */
  addUser(user: OktaDevUser): OktaDevOrgUser;
  /** The id stays, and so do assignments when the e-mail address changes. */
  changeUser(email: string, patch: OktaDevUserPatch): OktaDevOrgUser;
  /** A new key signs at once. `keepOld` (default true) keeps publishing the earlier keys. */
  rotateKeys(options?: { keepOld?: boolean }): Promise<void>;
  /** Signs every browser out of Okta. Apps keep their own sessions. */
  endSessions(): void;
  /** Forgets all that sign-ins left behind, tokens and half-finished ones too. For long runs: nothing is kept for hours. */
  forgetSignIns(): void;
  /** Where a click on the app's tile goes. @throws {Error} when the app has no initiate login URI. */
  tileUrl(clientId: string): string;
  /**
   * Returns the call with which Okta asks an app to end all sessions of a user, for the caller to send.
   * `format` defaults to `email`; the issuer is that of the app.
   */
  universalLogoutRequest(input: {
    clientId: string;
    email: string;
    endpoint: string;
    format?: UniversalLogoutFormat;
  }): UniversalLogoutRequest;
  /** Contains secrets and private keys. */
  exportState(): OktaDevOrgState;
}
