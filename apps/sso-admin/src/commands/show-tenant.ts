import { PRODUCT_NAMES, PRODUCTS, redirectUris, type Tenant } from '@ipscape/sso-core';
import type { Answer, CommandContext } from '../command.js';
import { findTenant } from '../find-tenant.js';
import { formatFields, formatTime } from '../format.js';
import { originOf } from '../tenant-address.js';

type Field = readonly [name: string, value: string];

/** `tenant show`: everything about a tenant at a glance. */
export async function showTenant({ deps, input }: CommandContext): Promise<Answer> {
  const tenant = await findTenant(deps, input.required('tenant'));
  const connection = await deps.store.findConnection(tenant.id);
  const directory = await deps.store.checkDirectory(tenant.id);
  const signOutRedirect = await deps.store.findSignOutRedirect(tenant.id);
  const frameOrigins = await deps.store.findFrameOrigins(tenant.id);
  const policy = await deps.store.findSessionPolicy(tenant.id);
  const waits = policy?.revocationWaitsForCalls === true;
  const { enforced, conditions, directory: coverage } = await deps.store.findEnforcement(tenant.id);
  const origin = originOf(deps, tenant.domain);
  const uris = redirectUris(origin, { legacyHttpCallbacks: tenant.legacyHttpCallbacks });
  const state =
    connection === null
      ? 'none'
      : `${connection.providerId}, ${connection.enabled ? 'enabled' : 'disabled'}, ${connection.active === null ? 'no revision in force' : `revision ${connection.active.number} in force`}`;
  const perProduct = PRODUCTS.map((product) => `${PRODUCT_NAMES[product]} ${directory.perProduct[product]}`).join(', ');
  const text = formatFields([
    ...tenantFields(tenant),
    ['Connection', state],
    ['Enforced', describeEnforcement(enforced)],
    ...(coverage === null
      ? []
      : [['Coverage', `${coverage.covered} of ${coverage.users} on ${formatTime(coverage.checkedAt)}`] as const]),
    ['Users', `${directory.active} active, ${directory.disabled} disabled`],
    ['May use', perProduct],
    ['Sign-out redirect', signOutRedirect ? 'on' : 'off'],
    ['Revocation', waits ? 'waits for the end of a call' : 'ends a session at once, also during a call'],
    ...listed('CRM pages', frameOrigins.length === 0 ? ['none may show the CTI Adaptor'] : frameOrigins),
    ...listed('Redirect URIs', uris),
  ]);
  return {
    json: {
      tenant,
      origin,
      redirectUris: uris,
      signOutRedirect,
      frameOrigins,
      revocationWaitsForCalls: waits,
      connection: connection === null ? null : { enabled: connection.enabled, providerId: connection.providerId },
      enforcement: { enforced, conditions, coverage },
      users: { active: directory.active, disabled: directory.disabled, perProduct: directory.perProduct },
    },
    text,
  };
}

/** What a tenant is, beside everything that it has. */
export function tenantFields(tenant: Tenant): readonly Field[] {
  return [
    ['Name', tenant.name],
    ['Domain', tenant.domain],
    ['Id', tenant.id],
    ['SSO', tenant.ssoEntitled ? 'enabled' : 'off'],
    ['Legacy HTTP', tenant.legacyHttpCallbacks ? 'on' : 'off'],
  ];
}

/** One value a line, below one name. */
function listed(name: string, values: readonly string[]): readonly Field[] {
  return values.map((value, index) => [index === 0 ? name : '', value]);
}

function describeEnforcement(enforced: { readonly at: Date; readonly by: string } | null): string {
  return enforced === null
    ? 'no, other ways to sign in are allowed'
    : `since ${formatTime(enforced.at)}, by ${enforced.by}: single sign-on is the only way in`;
}
