/**
 * @module
 * What a tenant's administrator does to make single sign-on the only way in, and to undo it. Nobody is locked out:
 * what the database knows is asked in the statement that writes, and the provider itself right before it.
 */
import { checkSettings } from './check-settings.js';
import type { SettingsActor } from './connection-settings.js';
import type { DirectoryCoverage, EnforcementCondition, EnforcementView } from './enforcement.js';
import { BREAK_GLASS_MAX_AGE_DAYS, DIRECTORY_CHECK_MAX_AGE_MINUTES } from './enforcement.js';
import { SsoError } from './errors.js';
import { explainFailure } from './explain-failure.js';
import type { Tenant } from './ports.js';
import type { SecretCheck, SettingsDeps } from './settings-deps.js';

interface Act {
  readonly tenant: Tenant;
  readonly actor: SettingsActor;
}

export interface Enforcement {
  /** How the tenant stands now. @throws SsoError `not-found` for an unknown tenant */
  enforcement(tenant: Tenant): Promise<EnforcementView>;
  /** Counts who can sign in with the connection in force; the result counts for an hour. */
  checkDirectory(input: Act): Promise<DirectoryCoverage>;
  /**
   * Makes single sign-on the only way in. Takes part in the limit of {@link ConnectionSettings.checkSecret}, because
   * the provider is asked about the secret too.
   *
   * @throws {@link SsoError} `enforcement-not-ready` with `details.missing`, the names of
   *   {@link ENFORCEMENT_CONDITIONS} that do not hold, and what to do as `advice`; `too-many-requests`
   */
  enforce(input: Act): Promise<void>;
  /** Opens other ways in again; does nothing when they are open. */
  liftEnforcement(input: Act): Promise<void>;
}

export interface EnforcementRules {
  requireChangeAllowed(input: Act, attempted: string): Promise<void>;
  refuse(input: Act, attempted: string, reason: string): Promise<void>;
  checkCurrentSecret(input: Act): Promise<SecretCheck>;
}

/** What to do about each condition, one sentence. */
export const ENFORCEMENT_ADVICE: Readonly<Record<EnforcementCondition, string>> = {
  connection: 'Connect your provider: press Save and authorise, sign in, then press Save.',
  'directory-check': `Check the directory. The result counts for ${DIRECTORY_CHECK_MAX_AGE_MINUTES} minutes, and at least one administrator has to be able to sign in.`,
  'break-glass-link': `Ask the Service Desk for a link to this page, and open it. That it works counts for ${BREAK_GLASS_MAX_AGE_DAYS} days.`,
  provider: 'Your provider has to answer, and to accept the stored secret. Try again when it does.',
};

export function createEnforcement(deps: SettingsDeps, rules: EnforcementRules): Enforcement {
  const { store, signIn } = deps;

  /** The provider's own word at this moment; null when nothing speaks against it. */
  async function askProvider(input: Act, revisionId: string): Promise<string | null> {
    const { tenant } = input;
    const revision = await store.findRevision(tenant.id, revisionId);
    const provider = revision === null ? null : signIn.providers.find(revision.providerId);
    if (revision === null || provider === null) return ENFORCEMENT_ADVICE.provider;
    try {
      await checkSettings(revision, { tenant, provider, deps: signIn });
    } catch (error) {
      if (!SsoError.is(error)) throw error;
      return explainFailure(error, provider).advice;
    }
    const { result, advice } = await rules.checkCurrentSecret(input);
    return result === 'accepted' ? null : advice;
  }

  return {
    enforcement: (tenant) => store.findEnforcement(tenant.id),
    async checkDirectory(input) {
      await rules.requireChangeAllowed(input, 'check-directory');
      return store.checkDirectoryCoverage({ tenantId: input.tenant.id, actor: input.actor.userId });
    },
    async enforce(input) {
      await rules.requireChangeAllowed(input, 'enforce');
      const { tenant, actor } = input;
      const active = (await store.findConnection(tenant.id))?.active ?? null;
      const { enforced, conditions } = await store.findEnforcement(tenant.id);
      if (enforced !== null) return;
      // The provider is asked last: each question is a failed request in its log.
      if (active !== null && Object.values(conditions).every(Boolean)) {
        const objection = await askProvider(input, active.revisionId);
        if (objection !== null) {
          await rules.refuse(input, 'enforce', 'missing: provider');
          throw notReady(['provider'], objection);
        }
      }
      const result = await store.enforceSso({ tenantId: tenant.id, actor, revisionId: active?.revisionId ?? '' });
      if (result.outcome === 'not-ready') throw notReady(result.missing);
    },
    async liftEnforcement(input) {
      await rules.requireChangeAllowed(input, 'lift-enforcement');
      await store.liftEnforcement({ tenantId: input.tenant.id, actor: input.actor.userId });
    },
  };
}

function notReady(missing: readonly EnforcementCondition[], objection?: string): SsoError {
  const advice = missing.map((condition) => ENFORCEMENT_ADVICE[condition]).join(' ');
  return new SsoError('enforcement-not-ready', {
    details: { missing: missing.join(' ') },
    advice: objection === undefined ? advice : `${advice} ${objection}`,
  });
}
