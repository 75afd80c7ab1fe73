/**
 * @module What a local Okta org is made of: its users, its apps and the identifiers that survive a restart.
 * Types only.
 */
import type { JWK } from 'jose';

/** A person in the org. Only `email` and `name` are required. */
export interface OktaDevUser {
  /** Okta user id, the `sub` of all tokens: `00u` and 17 characters. Default: generated, or taken over from `state`. */
  readonly id?: string;
  /** Names the user everywhere in this package, in capital letters or not; unique in the org. */
  readonly email: string;
  readonly name: string;
  /** Default: all of `name` up to the last space. */
  readonly givenName?: string;
  /** Default: the last word of `name`. */
  readonly familyName?: string;
  /** Okta username, the `preferred_username` claim. Default: `email`. */
  readonly login?: string;
  /** `email_verified` of `/userinfo`. Left out: `true`. Given as `undefined`: the claim is absent. */
  readonly emailVerified?: boolean | undefined;
  /** A suspended user cannot sign in, and an existing Okta session stops counting. Default: `ACTIVE`. */
  readonly status?: 'ACTIVE' | 'SUSPENDED';
}

/** Which of the org's addresses is the issuer of an app's tokens; Okta calls it the issuer mode. */
export type OktaIssuerMode = 'ORG_URL' | 'CUSTOM_URL' | 'DYNAMIC';

/** An OIDC web application of the org. */
export interface OktaDevAppOptions {
  /** As people see it; by it `state` finds the app again, so unique in the org. */
  readonly label: string;
  /** `0oa` and 17 characters. Default: generated, or taken over from `state`. */
  readonly clientId?: string;
  /** 64 base64url characters. Default: generated, or taken over from `state`. */
  readonly clientSecret?: string;
  /** Sign-in redirect URIs, compared character by character. */
  readonly redirectUris: readonly string[];
  /** Sign-out redirect URIs. Default: none. */
  readonly postLogoutRedirectUris?: readonly string[];
  /** Where a click on the app's tile goes. Default: the app has no tile. */
  readonly initiateLoginUri?: string;
  /** E-mail addresses of the assigned users, or everyone. */
  readonly assigned: 'everyone' | readonly string[];
  /** An inactive app is unknown to every endpoint. Default: `ACTIVE`. */
  readonly status?: 'ACTIVE' | 'INACTIVE';
  /** Default: `CUSTOM_URL` when the org has a custom domain, as in Okta; otherwise `ORG_URL`. */
  readonly issuerMode?: OktaIssuerMode;
}

/** One Okta org. */
export interface OktaDevOrgOptions {
  /** `acme` is served at `acme.okta.localhost`. */
  readonly name: string;
  readonly users: readonly OktaDevUser[];
  readonly apps: readonly OktaDevAppOptions[];
  /** Second host name of the same org, without port: `login.acme.localhost`. */
  readonly customDomain?: string;
  /** What `exportState()` returned earlier: ids, secrets and signing keys stay the same over a restart. */
  readonly state?: OktaDevOrgState;
}

/** One of at most two client secrets; every active one is accepted. */
export interface OktaDevClientSecret {
  /** In the clear. */
  readonly value: string;
  readonly status: 'ACTIVE' | 'INACTIVE';
}

/**
 * Ids, secrets and private signing keys of an org, as JSON. Users are found again by e-mail, apps by label.
 * It holds neither sessions nor tokens nor anything that was changed at run time and comes from the options.
 */
export interface OktaDevOrgState {
  /** `00o` and 17 characters. */
  readonly orgId: string;
  /** Okta user ids by e-mail address in lower case. */
  readonly users: Readonly<Record<string, string>>;
  /** By label. */
  readonly apps: Readonly<Record<string, { clientId: string; clientSecrets: readonly OktaDevClientSecret[] }>>;
  /** Private keys, the signing one first. */
  readonly keys: readonly JWK[];
}
