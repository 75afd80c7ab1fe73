import {
  CRM_PRESET_IDS,
  CRM_PRESETS,
  decideFrameOrigins,
  expandCrmPreset,
  MAX_FRAME_ORIGINS,
  type Tenant,
} from '@ipscape/sso-core';
import { ACTOR, type Answer, type Command, type CommandContext, TENANT } from '../command.js';
import { findTenant } from '../find-tenant.js';
import { suggest } from '../nearest.js';
import { Refusal, wrongUsage } from '../refusal.js';
import { isLocalTenant } from '../tenant-address.js';

const ORIGIN = { name: 'ORIGIN', text: 'exact origin of its pages: https://host or https://host:port' };

export const FRAME_ORIGIN_COMMANDS: readonly Command[] = [
  {
    words: 'tenant frame-origins list',
    summary: 'Lists the CRM pages that may show a tenant’s CTI Adaptor in a frame.',
    options: [TENANT],
    example: 'tenant frame-origins list --tenant acme.ipscape.com.au',
    async run({ deps, input }) {
      const tenant = await findTenant(deps, input.required('tenant'));
      const origins = await deps.store.findFrameOrigins(tenant.id);
      return { json: { tenantId: tenant.id, origins }, text: describe(tenant, origins) };
    },
  },
  {
    words: 'tenant frame-origins add',
    summary: 'Lets pages of a CRM show a tenant’s CTI Adaptor in a frame.',
    argument: ORIGIN,
    options: [TENANT, ACTOR],
    example: 'tenant frame-origins add https://crm.acme.example --tenant acme.ipscape.com.au',
    run: (context) => change(context, [context.input.argument], append),
  },
  {
    words: 'tenant frame-origins add-crm',
    summary: 'The same for a CRM whose host names are known, by the name of the tenant’s own instance.',
    about: CRM_PRESETS.map(
      ({ id, name, help, example }) => `${name}: --crm ${id}, for example ${example}. ${help}`,
    ).join('\n'),
    argument: { name: 'INSTANCE', text: 'the tenant’s own name there, or the address of any of its pages' },
    options: [TENANT, { name: 'crm', value: 'CRM', text: 'which one', choices: CRM_PRESET_IDS, required: true }, ACTOR],
    example: 'tenant frame-origins add-crm acme --crm salesforce --tenant acme.ipscape.com.au',
    async run(context) {
      const crm = CRM_PRESET_IDS.find((id) => id === context.input.required('crm')) ?? CRM_PRESET_IDS[0];
      const expanded = expandCrmPreset(crm, context.input.argument);
      if (!expanded.ok) throw wrongUsage(`This is no name of a CRM of the kind ${crm}.`, expanded.message);
      return change(context, expanded.origins, append);
    },
  },
  {
    words: 'tenant frame-origins remove',
    summary: 'Takes pages of a CRM out of the list.',
    argument: ORIGIN,
    options: [TENANT, ACTOR],
    example: 'tenant frame-origins remove https://crm.acme.example --tenant acme.ipscape.com.au',
    run: (context) => change(context, [context.input.argument], take),
  },
];

type ToNext = (current: readonly string[], named: readonly string[]) => readonly string[];

const append: ToNext = (current, named) => [...current, ...named];

const take: ToNext = (current, named) => {
  const unknown = named.find((origin) => !current.includes(origin));
  if (unknown === undefined) return current.filter((origin) => !named.includes(origin));
  throw new Refusal({
    code: 'not-found',
    message: `${unknown} is not in the list.${suggest(unknown, current)}`,
    advice: '"sso-admin tenant frame-origins list" shows the list.',
  });
};

async function change(
  { deps, input, actor }: CommandContext,
  typed: readonly string[],
  toNext: ToNext,
): Promise<Answer> {
  const tenant = await findTenant(deps, input.required('tenant'));
  const context = { environment: isLocalTenant(deps, tenant.domain) ? 'development' : 'production' } as const;
  const named = decideFrameOrigins(typed, context);
  if (!named.ok) {
    const [refusal] = named.refusals.values();
    const { reason = 'too-many', message = '', suggestion } = refusal ?? {};
    throw refuse(`origin-${reason}`, message, suggestion);
  }
  const seen = await deps.store.findFrameOrigins(tenant.id);
  const next = [...new Set(toNext(seen, named.origins))];
  if (!decideFrameOrigins(next, context).ok) {
    throw refuse('origin-too-many', `A tenant has at most ${MAX_FRAME_ORIGINS} origins.`);
  }
  const result = await deps.store.setFrameOrigins({ tenantId: tenant.id, actor, origins: next, seen });
  if (result.outcome === 'conflict') {
    throw new Refusal({
      code: 'revision-conflict',
      message: 'Somebody else changed the list at the same moment.',
      advice: 'Nothing was changed. Look at it with "sso-admin tenant frame-origins list", then try again.',
    });
  }
  const { added, removed } = result.outcome === 'changed' ? result : { added: [], removed: [] };
  const note = result.outcome === 'changed' ? '' : 'Nothing was changed.\n';
  return { json: { tenantId: tenant.id, origins: next, added, removed }, text: note + describe(tenant, next) };
}

function refuse(code: string, message: string, suggestion?: string): Refusal {
  const advice = suggestion === undefined ? 'Nothing was changed.' : `Perhaps you mean ${suggestion}`;
  return new Refusal({ code, message, advice });
}

function describe(tenant: Tenant, origins: readonly string[]): string {
  return origins.length === 0
    ? `No page may show the CTI Adaptor of ${tenant.domain} in a frame.\n`
    : `These pages may show the CTI Adaptor of ${tenant.domain} in a frame:\n${origins.map((origin) => `  ${origin}\n`).join('')}`;
}
