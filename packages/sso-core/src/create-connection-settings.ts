/**
 * @module
 * What a tenant's administrator does about the connection: draft, proof, Save, and the way back. The live connection
 * stays in force until Save, and Save accepts nothing but a revision that was proved. Never makes a session.
 */

import { checkClientSecret } from './check-client-secret.js';
import type { CallbackInput } from './complete-sign-in.js';
import type { AuthorisationView, DraftInput, DraftResult, SettingsActor, SettingsView } from './connection-settings.js';
import type { ActorStanding } from './connection-store.js';
import { createAuthorisations } from './create-authorisations.js';
import { createEnforcement, type Enforcement } from './create-enforcement.js';
import { createTenantChoices, type TenantChoices } from './create-tenant-choices.js';
import { SsoError } from './errors.js';
import type { Tenant } from './ports.js';
import { redirectUris, tenantOrigin } from './products.js';
import { formFields } from './provider.js';
import { requireRecentSignIn } from './recent-sign-in.js';
import { saveDraft } from './save-draft.js';
import type { AuthorisationRound, SecretCheck, SettingsDeps } from './settings-deps.js';
import { loadSettingsView } from './settings-view.js';

interface Act {
  readonly tenant: Tenant;
  readonly actor: SettingsActor;
}

/**
 * Every method that changes something asks the database first whether the actor is an administrator at this moment,
 * signed in at the provider within the last hour, and the tenant entitled. A draft, which puts nothing into force, may
 * be saved after any time; and its proof asks for a sign-in of its own.
 *
 * @throws {@link SsoError} `administrator-required`, `sso-not-enabled` or `recent-sign-in-required`, and what each
 *   method adds
 */
export interface ConnectionSettings extends Enforcement, TenantChoices {
  /**
   * Asks what every change asks, for one that is made elsewhere. A refusal is audited.
   *
   * @param attempted - what it is called in the audit trail.
   */
  requireChangeAllowed(input: Act, attempted: string): Promise<void>;
  /** Asks for nobody's standing: whoever calls it has let the reader in. */
  view(tenant: Tenant): Promise<SettingsView>;
  /** Repairs, judges and stores what was typed as a pending revision, which voids the proof of the one before. */
  saveDraft(input: DraftInput): Promise<DraftResult>;
  /**
   * Checks what needs no user and begins the proof of a pending revision. The result may have failed already. Its
   * round trip is a recent sign-in where the issuer is the one in force. At any other it says nothing of the person, so
   * that a recent sign-in is needed before.
   *
   * @throws SsoError `not-found`, `request-invalid`, `too-many-requests`
   */
  beginAuthorisation(input: Act & { readonly revisionId: string }): Promise<AuthorisationView>;
  /** @throws SsoError `not-found` for an authorisation that this very session did not begin */
  nextRound(input: Act & { readonly authorisationId: string }): Promise<AuthorisationRound>;
  /**
   * The provider's answer to the real sign-in. A refusal of the provider is a result of the authorisation and not
   * thrown.
   *
   * @returns the authorisation's id
   */
  completeSignIn(callback: CallbackInput, actor: SettingsActor): Promise<string>;
  /** As it stands now: rounds past their limit have ended it. Null when the tenant has no such authorisation. */
  findAuthorisation(tenant: Tenant, authorisationId: string): Promise<AuthorisationView | null>;
  /** Puts exactly this revision into force. @throws SsoError `revision-not-authorised`, `not-found` */
  activate(input: Act & { readonly revisionId: string }): Promise<void>;
  /**
   * Disabling ends all sessions of the connection at once.
   *
   * @throws SsoError `not-found` without an active revision; `sso-enforced` for disabling the only way in
   */
  setEnabled(input: Act & { readonly enabled: boolean }): Promise<void>;
  /** Restores the revision that was in force before. Asks the provider nothing. @throws SsoError `not-found` */
  rollback(input: Act): Promise<void>;
  /**
   * Stores the secret that will replace the current one. A sign-in tries it when the provider refuses the current one,
   * and promotes it when the provider accepts it.
   *
   * @throws SsoError `request-invalid` when it cannot be one, or is the current one
   */
  setNextSecret(input: Act & { readonly clientSecret: string }): Promise<void>;
  /** Shows a stored secret to the provider, without a user. @throws SsoError `too-many-requests` */
  checkSecret(input: Act & { readonly slot: 'current' | 'next' }): Promise<SecretCheck>;
  /**
   * Checks the next secret and, when the provider accepts it, makes it the current one.
   *
   * @throws SsoError `too-many-requests`; `revision-conflict` when it was changed while the provider was asked
   */
  promoteNextSecret(input: Act): Promise<SecretCheck>;
  /** Forgets the next secret. @throws SsoError `not-found` when none waits */
  discardNextSecret(input: Act): Promise<void>;
}

const SAME_SECRET = 'This secret is in use already. Create a second one at the provider, and store that.';

/**
 * Everything that an administrator does with a connection, over the stores and the provider that were given. Refusals
 * are {@link SsoError}s; nothing is saved half.
 */
export function createConnectionSettings(deps: SettingsDeps): ConnectionSettings {
  const { store } = deps;
  const authorisations = createAuthorisations(deps);

  /** Whoever it is that changes something: for what puts nothing into force, or asks for a sign-in of its own. */
  async function requireStanding({ tenant, actor }: Act, attempted: string): Promise<ActorStanding> {
    const standing = await store.findActorStanding(tenant.id, actor);
    if (standing.isAdministrator && standing.isEntitled) return standing;
    const code = standing.isAdministrator ? 'sso-not-enabled' : 'administrator-required';
    await refuse(tenant, actor, attempted, code);
    throw new SsoError(code);
  }

  async function requireChangeAllowed(input: Act, attempted: string): Promise<void> {
    await requireRecent(input, attempted, await requireStanding(input, attempted));
  }

  async function requireRecent({ tenant, actor }: Act, attempted: string, standing: ActorStanding): Promise<void> {
    try {
      requireRecentSignIn(standing);
    } catch (error) {
      await refuse(tenant, actor, attempted, 'recent-sign-in-required');
      throw error;
    }
  }

  async function isIssuerInForce({
    tenant,
    revisionId,
  }: {
    readonly tenant: Tenant;
    readonly revisionId: string;
  }): Promise<boolean> {
    const [connection, revision] = await Promise.all([
      store.findConnection(tenant.id),
      store.findRevision(tenant.id, revisionId),
    ]);
    return connection?.enabled === true && connection.active?.issuer === revision?.issuer;
  }

  async function refuse(tenant: Tenant, actor: SettingsActor, attempted: string, reason: string): Promise<void> {
    await store.recordRefusal({ tenantId: tenant.id, actor: actor.userId, attempted, reason });
  }

  const open = ({ tenant, actor }: Act, slot: 'current' | 'next') =>
    store.openClientSecret({ tenantId: tenant.id, actor: actor.userId, slot });
  const check = async (input: Act, slot: 'current' | 'next'): Promise<SecretCheck> =>
    checkClientSecret(await open(input, slot), input.tenant, deps);

  const rules = {
    requireChangeAllowed,
    refuse: ({ tenant, actor }: Act, attempted: string, reason: string) => refuse(tenant, actor, attempted, reason),
  };

  return {
    ...createEnforcement(deps, { ...rules, checkCurrentSecret: (input) => check(input, 'current') }),
    ...createTenantChoices(deps, rules),
    requireChangeAllowed,
    async view(tenant) {
      const view = await loadSettingsView(tenant, deps);
      const shown = view.pending ?? view.active;
      return shown === null
        ? view
        : { ...view, authorisation: await authorisations.findLatest(tenant, shown.revisionId) };
    },
    async saveDraft(input) {
      await requireStanding(input, 'draft');
      const result = await saveDraft(input, deps);
      if (result.outcome === 'invalid') {
        const provider = deps.signIn.providers.find(input.providerId);
        const known = new Set([
          'providerId',
          ...(provider === null ? [] : formFields(provider).map(({ name }) => name)),
        ]);
        // The name of an unknown field is whatever somebody sent.
        const names = new Set(Object.keys(result.errors).map((name) => (known.has(name) ? name : 'an unknown field')));
        await refuse(input.tenant, input.actor, 'draft', `invalid: ${[...names].join(', ')}`);
      }
      if (result.outcome === 'conflict') await refuse(input.tenant, input.actor, 'draft', 'revision-conflict');
      return result;
    },
    async beginAuthorisation(input) {
      const standing = await requireStanding(input, 'authorise');
      if (!(await isIssuerInForce(input))) await requireRecent(input, 'authorise', standing);
      return authorisations.begin(input);
    },
    async nextRound(input) {
      await requireStanding(input, 'authorise');
      return authorisations.nextRound(input);
    },
    async completeSignIn(callback, actor) {
      await requireStanding({ tenant: callback.tenant, actor }, 'authorise');
      return authorisations.completeSignIn(callback, actor);
    },
    findAuthorisation: (tenant, authorisationId) => authorisations.find(tenant, authorisationId),
    async activate(input) {
      await requireChangeAllowed(input, 'save');
      const { tenant, actor, revisionId } = input;
      const revision = await store.findRevision(tenant.id, revisionId);
      if (revision === null) throw new SsoError('not-found', { details: { what: 'revision' } });
      const proof = await authorisations.findLatest(tenant, revisionId);
      const required = redirectUris(tenantOrigin(tenant.domain, deps.scheme), tenant);
      // What was proved must be what will be used: the addresses may have been switched since.
      const isProved =
        proof?.status === 'succeeded' && required.every((uri) => proof.redirectUris.some((p) => p.redirectUri === uri));
      if (revision.state !== 'authorised' || !isProved) {
        await refuse(tenant, actor, 'save', 'revision-not-authorised');
        throw new SsoError('revision-not-authorised', { details: { state: revision.state } });
      }
      await store.activateRevision({
        tenantId: tenant.id,
        revisionId,
        actor: actor.userId,
        keptSessionId: actor.sessionId,
      });
    },
    async setEnabled(input) {
      await requireChangeAllowed(input, input.enabled ? 'enable' : 'disable');
      const { tenant, actor, enabled } = input;
      await store.setConnectionEnabled({ tenantId: tenant.id, enabled, actor: actor.userId });
    },
    async rollback(input) {
      await requireChangeAllowed(input, 'rollback');
      const { restorable } = await loadSettingsView(input.tenant, deps);
      if (restorable === null) throw new SsoError('not-found', { details: { what: 'revision' } });
      const { revisionId } = restorable;
      const { tenant, actor } = input;
      const keptSessionId = actor.sessionId;
      await store.restoreRevision({ tenantId: tenant.id, revisionId, actor: actor.userId, keptSessionId });
    },
    async setNextSecret(input) {
      await requireChangeAllowed(input, 'next-secret');
      const { tenant, actor } = input;
      const connection = await store.findConnection(tenant.id);
      if (!connection?.active) throw new SsoError('not-found', { details: { what: 'active-revision' } });
      const { active } = connection;
      const provider = deps.signIn.providers.find(active.providerId);
      const values = { ...active.config, clientId: active.clientId, clientSecret: input.clientSecret };
      const parsed = provider?.parseConfig(values, deps.signIn.context);
      if (parsed?.ok !== true) {
        const advice = parsed === undefined ? undefined : parsed.errors.clientSecret;
        const details = { reason: 'client-secret' };
        throw new SsoError('request-invalid', { details, ...(advice === undefined ? {} : { advice }) });
      }
      const { clientSecret } = parsed.config;
      try {
        await store.setNextClientSecret({ tenantId: tenant.id, actor: actor.userId, clientSecret });
      } catch (error) {
        if (!SsoError.is(error) || error.details.reason !== 'client-secret-same') throw error;
        throw new SsoError('request-invalid', { details: error.details, advice: SAME_SECRET });
      }
    },
    async checkSecret(input) {
      await requireChangeAllowed(input, 'check-secret');
      return check(input, input.slot);
    },
    async promoteNextSecret(input) {
      await requireChangeAllowed(input, 'promote-secret');
      const { tenant, actor } = input;
      const opened = await open(input, 'next');
      const result = await checkClientSecret(opened, tenant, deps);
      if (opened === null || result.result !== 'accepted') return result;
      // Exactly the one that was checked: a sign-in may have promoted it by now, somebody else replaced it.
      const { revisionId } = opened.connection;
      const { clientSecret } = opened;
      const isPromoted = await deps.signIn.store.promoteClientSecret({
        tenantId: tenant.id,
        revisionId,
        clientSecret,
        actor: actor.userId,
      });
      if (!isPromoted) throw new SsoError('revision-conflict');
      return result;
    },
    async discardNextSecret(input) {
      await requireChangeAllowed(input, 'discard-secret');
      await store.discardNextClientSecret({ tenantId: input.tenant.id, actor: input.actor.userId });
    },
  };
}
