/**
 * @module
 * What the parts of the connection's settings share: what they work with, and what they answer.
 */
import type { BegunSignIn } from './begin-sign-in.js';
import type { AuthorisationView } from './connection-settings.js';
import type { ConnectionStore } from './connection-store.js';
import type { EnforcementStore } from './enforcement.js';
import type { SsoErrorCode } from './errors.js';
import type { FrameOriginStore } from './frame-origin-store.js';
import type { OriginScheme } from './products.js';
import type { SessionPolicyStore } from './session-policy.js';
import type { SignInDeps } from './sign-in-deps.js';

/** Everything impure that the settings use. */
export interface SettingsDeps {
  readonly store: ConnectionStore & EnforcementStore & FrameOriginStore & SessionPolicyStore;
  /** The sign-ins' own, so that a proof uses what sign-ins will. */
  readonly signIn: SignInDeps;
  /** How the redirect URIs are written. */
  readonly scheme: OriginScheme;
  /** Where the browser goes on between two rounds, for an authorisation's id. */
  readonly roundPath: (authorisationId: string) => string;
}

/** Where the administrator's browser goes next in an authorisation. */
export type AuthorisationRound =
  | { readonly outcome: 'go'; readonly begun: BegunSignIn; readonly isInteractive: boolean }
  /** Nothing is left to prove, or it has failed. */
  | { readonly outcome: 'ended'; readonly authorisation: AuthorisationView };

/** `unknown`: the provider's answer says nothing about the secret. */
export interface SecretCheck {
  /** `missing`: no secret is stored in the slot. */
  readonly result: 'accepted' | 'refused' | 'unknown' | 'missing';
  /** Why it is `refused` or `unknown`; null when it is accepted or missing, and when no failure explains it. */
  readonly code: SsoErrorCode | null;
  /** One or two sentences for the administrator, in every case. */
  readonly advice: string;
}
