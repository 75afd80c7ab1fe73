/**
 * @module
 * What a tenant's administrator sees and does about the tenant's connection, as the settings page and its JSON API
 * both use it. Interfaces only; no secret is ever part of a view.
 */
import type { SsoErrorCode } from './errors.js';
import type { Tenant } from './ports.js';
import type { Product } from './products.js';
import type { FormField, SetupGuideStep, SetupSnippet } from './provider.js';

/** Who acts: a signed-in administrator of the tenant. The role is checked again when something is written. */
export interface SettingsActor {
  /** The user's id, or `admin-link:` and the link's id. */
  readonly userId: string;
  /** For display; nothing is decided by it. */
  readonly email: string;
  /** The very session that acts; the result of an authorisation is accepted only for it. */
  readonly sessionId: string;
}

/** That a secret is stored, and nothing of it: the fingerprint is keyed. */
export interface StoredSecret {
  /** When this secret was stored for this revision, by the database's clock. */
  readonly setAt: Date;
  /**
   * Eight hexadecimal digits by which people recognise the secret; useless for guessing it without the encryption keys.
   */
  readonly fingerprint: string;
}

/** One version of the settings as people are shown it. Its values never change; its state and its secrets do. */
export interface RevisionView {
  readonly revisionId: string;
  /** Counts the revisions of a connection from 1. */
  readonly number: number;
  /** `draft` was not proved yet, `authorised` was, `active` is in force; another took the place of `superseded`. */
  readonly state: 'draft' | 'authorised' | 'active' | 'superseded';
  readonly providerId: string;
  /** The form's values without the secret, by field name. */
  readonly values: Readonly<Record<string, string>>;
  /** Null when none is stored. */
  readonly secret: StoredSecret | null;
  /** The slot for the secret that will replace the current one. */
  readonly nextSecret: StoredSecret | null;
  /** What was changed of what the administrator typed, to what, and why: one text for each field. */
  readonly repairs: readonly string[];
  /** The e-mail address where it is known, else the id: see {@link SettingsActor.userId}. */
  readonly createdBy: string;
  readonly createdAt: Date;
}

/** One of the four redirect URIs in an authorisation. `missing`: Okta never came back from it. */
export interface RedirectUriProof {
  /** `authorise` is the Workspace's own address for *Save and authorise*. */
  readonly route: Product | 'authorise';
  readonly redirectUri: string;
  /** `pending`: not answered yet, and within its limit. */
  readonly state: 'pending' | 'proved' | 'missing';
}

/** What one press of *Save and authorise* found, bound to one revision. */
export interface AuthorisationView {
  readonly authorisationId: string;
  readonly revisionId: string;
  /** It leaves `running` once, and never changes after. */
  readonly status: 'running' | 'succeeded' | 'failed';
  /** Why it failed, and what to do in the provider's words. */
  readonly failure: { readonly code: SsoErrorCode; readonly advice: string } | null;
  /** In the order in which they are proved. */
  readonly redirectUris: readonly RedirectUriProof[];
  /** Names of the claims that came, never their values. */
  readonly claims: readonly string[];
  /** The user of the directory whom the provider's answer matched. */
  readonly matchedUser: { readonly id: string; readonly email: string; readonly name: string } | null;
  /** When *Save and authorise* was pressed, by the database's clock; ten minutes later it has ended. */
  readonly startedAt: Date;
}

/** Everything that the settings page shows, without a secret, as the database has it now. */
export interface SettingsView {
  readonly tenant: Tenant;
  /** In the order of the guide. */
  readonly redirectUris: readonly string[];
  /** Those that the app was built with; the guide and the snippets are written for this tenant. */
  readonly providers: readonly {
    readonly id: string;
    readonly name: string;
    readonly fields: readonly FormField[];
    readonly guide: readonly SetupGuideStep[];
    readonly snippets: readonly SetupSnippet[];
  }[];
  /** The revision in force, and whether the connection is switched on. */
  readonly active: RevisionView | null;
  /** False also when no revision was ever in force. */
  readonly enabled: boolean;
  /** The newest revision that is not in force yet. */
  readonly pending: RevisionView | null;
  /** The revision that was in force before, which can be restored without asking the provider. */
  readonly restorable: RevisionView | null;
  /** The last authorisation of the pending revision, else of the active one. */
  readonly authorisation: AuthorisationView | null;
}

/** What an administrator typed into the form, not judged yet. */
export interface DraftInput {
  readonly tenant: Tenant;
  readonly actor: SettingsActor;
  readonly providerId: string;
  /** As typed, with the secret; an empty secret keeps the stored one where that is allowed. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The newest revision that the administrator had seen, or null for none: somebody else's later one is a conflict. */
  readonly seenRevisionId: string | null;
}

/** How saving a draft ended. The live revision stays in force in every case. */
export type DraftResult =
  | { readonly outcome: 'saved'; readonly revision: RevisionView; readonly repairs: readonly string[] }
  /** One message a field; nothing was saved. */
  | { readonly outcome: 'invalid'; readonly errors: Readonly<Record<string, string>> }
  /** Somebody saved in between: what differs, by field name, without secrets. */
  | { readonly outcome: 'conflict'; readonly newest: RevisionView; readonly differences: readonly FieldDifference[] };

/** A field that somebody else's newer revision has otherwise. Never a secret. */
export interface FieldDifference {
  /** Name in the provider's schema. */
  readonly field: string;
  /** After repair, as it would have been stored; empty when the field is missing. */
  readonly yours: string;
  /** Empty when the field is missing. */
  readonly theirs: string;
}
