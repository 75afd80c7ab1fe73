/**
 * @module
 * What a tenant's administrator chooses beside the connection: which CRM pages may show the CTI Adaptor, and whether a
 * revocation waits for a call. Needs no provider, and takes effect within five seconds everywhere.
 */
import type { SettingsActor } from './connection-settings.js';
import { type CrmPresetId, expandCrmPreset } from './crm-presets.js';
import { SsoError } from './errors.js';
import { decideFrameOrigins, type RefusedFrameOrigin } from './frame-origin.js';
import type { Tenant } from './ports.js';
import type { SessionPolicy } from './session-policy.js';
import type { SettingsDeps } from './settings-deps.js';

interface Act {
  readonly tenant: Tenant;
  readonly actor: SettingsActor;
}

/** A tenant's own instance of one of the known CRMs, as the administrator names it. */
export interface CrmInstance {
  readonly crm: CrmPresetId;
  /** As typed: the name of the tenant's own instance. */
  readonly instance: string;
}

/** The whole list of CRM pages, as the form sends it. It replaces the one in force. */
export interface FrameOriginsInput extends Act {
  /** All origins from now on, as typed. */
  readonly origins: readonly string[];
  /** Instances whose origins are added at the end. */
  readonly crms: readonly CrmInstance[];
  /** What the administrator had seen: somebody else's change in between is a conflict. */
  readonly seen: readonly string[];
}

/** How saving the list of CRM pages ended. */
export type FrameOriginsOutcome =
  /** In force now; `added` and `removed` are empty when it was so already. */
  | {
      readonly outcome: 'saved';
      readonly origins: readonly string[];
      readonly added: readonly string[];
      readonly removed: readonly string[];
    }
  /** By index of what was typed. Nothing was saved. */
  | {
      readonly outcome: 'invalid';
      readonly origins: ReadonlyMap<number, RefusedFrameOrigin>;
      readonly crms: ReadonlyMap<number, string>;
    }
  /** Somebody else changed the list. Nothing was saved. */
  | { readonly outcome: 'conflict'; readonly current: readonly string[] };

/** What a tenant chooses beside its connection. Changes are audited, and take effect everywhere within five seconds. */
export interface TenantChoices {
  /** As they are now, without the delay of a setup that is remembered. */
  frameOrigins(tenant: Tenant): Promise<readonly string[]>;
  /** All or nothing: one origin that is refused, and nothing is saved. A refusal is audited. */
  setFrameOrigins(input: FrameOriginsInput): Promise<FrameOriginsOutcome>;
  /** @throws SsoError `not-found` for an unknown tenant */
  sessionPolicy(tenant: Tenant): Promise<SessionPolicy>;
  /** Switching the wait off ends at once the sessions that wait. Does nothing when it is so already. */
  setSessionPolicy(input: Act & SessionPolicy): Promise<void>;
}

export interface TenantChoiceRules {
  requireChangeAllowed(input: Act, attempted: string): Promise<void>;
  refuse(input: Act, attempted: string, reason: string): Promise<void>;
}

export function createTenantChoices({ store, signIn }: SettingsDeps, rules: TenantChoiceRules): TenantChoices {
  return {
    frameOrigins: (tenant) => store.findFrameOrigins(tenant.id),
    async setFrameOrigins(input) {
      await rules.requireChangeAllowed(input, 'frame-origins');
      const expanded = input.crms.map(({ crm, instance }) => expandCrmPreset(crm, instance));
      const added = expanded.flatMap((result) => (result.ok ? result.origins : []));
      const decided = decideFrameOrigins([...input.origins, ...added], signIn.context);
      const crms = new Map(expanded.flatMap((result, index) => (result.ok ? [] : [[index, result.message] as const])));
      if (!decided.ok || crms.size > 0) {
        const origins = decided.ok ? new Map<number, RefusedFrameOrigin>() : decided.refusals;
        const reasons = new Set([...origins.values()].map(({ reason }) => reason));
        const named = [...reasons, ...(crms.size > 0 ? ['crm-instance'] : [])];
        await rules.refuse(input, 'frame-origins', `invalid: ${named.join(', ')}`);
        return { outcome: 'invalid', origins, crms };
      }
      const { origins } = decided;
      const actor = input.actor.userId;
      const change = await store.setFrameOrigins({ tenantId: input.tenant.id, actor, origins, seen: input.seen });
      switch (change.outcome) {
        case 'conflict':
          return change;
        case 'unchanged':
          return { outcome: 'saved', origins, added: [], removed: [] };
        case 'changed':
          return { ...change, outcome: 'saved', origins };
      }
    },
    async sessionPolicy(tenant) {
      const policy = await store.findSessionPolicy(tenant.id);
      if (policy === null) throw new SsoError('not-found', { details: { what: 'tenant' } });
      return policy;
    },
    async setSessionPolicy({ revocationWaitsForCalls, ...input }) {
      await rules.requireChangeAllowed(input, 'session-policy');
      const actor = input.actor.userId;
      await store.setSessionPolicy({ tenantId: input.tenant.id, actor, revocationWaitsForCalls });
    },
  };
}
