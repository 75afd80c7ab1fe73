import { PRODUCTS, redirectUris, SIGNED_OUT_PATHS, type Tenant } from '@ipscape/sso-core';
import { ACTOR, type Answer, type Command, type CommandContext, TENANT } from '../command.js';
import { findTenant } from '../find-tenant.js';
import { formatFields, formatTable } from '../format.js';
import { wrongUsage } from '../refusal.js';
import { originOf } from '../tenant-address.js';
import { showTenant, tenantFields } from './show-tenant.js';

export const TENANT_COMMANDS: readonly Command[] = [
  {
    words: 'tenant add',
    summary: 'Adds a tenant, not yet entitled to single sign-on.',
    argument: { name: 'DOMAIN', text: 'host name that serves the tenant’s products' },
    options: [
      { name: 'name', value: 'NAME', text: 'name of the customer', required: true },
      { name: 'id', value: 'ID', text: 'the tenant’s id in ipSCAPE (default: a new one)' },
      ACTOR,
    ],
    example: 'tenant add acme.ipscape.com.au --name "Acme Pty Ltd"',
    async run({ deps, input, actor }) {
      const id = input.optional('id');
      const name = input.required('name');
      if (name.trim() === '' || name.length > 200)
        throw wrongUsage('--name is empty or too long.', 'Give 1 to 200 characters.');
      const domain = input.argument;
      const tenant = await deps.store.addTenant({ name, domain, actor, ...(id === null ? {} : { id }) });
      const next = `Next: sso-admin tenant sso enable --tenant ${tenant.domain}\n`;
      return { json: { tenant }, text: `Added ${tenant.name}.\n${describe(tenant)}${next}` };
    },
  },
  {
    words: 'tenant list',
    summary: 'Lists all tenants.',
    options: [],
    example: 'tenant list --json',
    async run({ deps }) {
      const tenants = await deps.store.listTenants();
      const rows = tenants.map((tenant) => [
        tenant.domain,
        tenant.name,
        tenant.ssoEntitled ? 'enabled' : 'off',
        tenant.legacyHttpCallbacks ? 'on' : 'off',
        tenant.id,
      ]);
      const titles = ['DOMAIN', 'NAME', 'SSO', 'LEGACY HTTP', 'ID'];
      return { json: { tenants }, text: formatTable(titles, rows, 'There are no tenants.') };
    },
  },
  {
    words: 'tenant show',
    summary: 'Shows a tenant, its connection, its users in numbers and its redirect URIs.',
    options: [TENANT],
    example: 'tenant show --tenant acme.ipscape.com.au',
    run: showTenant,
  },
  {
    words: 'tenant sso enable',
    summary: 'Entitles a tenant to single sign-on.',
    options: [TENANT, ACTOR],
    example: 'tenant sso enable --tenant acme.ipscape.com.au',
    run: (context) => setEntitlement(context, true),
  },
  {
    words: 'tenant sso disable',
    summary: 'Takes single sign-on from a tenant; all of its sessions end at once.',
    options: [TENANT, ACTOR],
    example: 'tenant sso disable --tenant acme.ipscape.com.au',
    run: (context) => setEntitlement(context, false),
  },
  {
    words: 'tenant sso unenforce',
    summary: 'Allows a tenant’s users to sign in otherwise than by single sign-on again.',
    about: 'The way out when single sign-on is the only way in and does not work, for example while Okta is down.',
    options: [TENANT, ACTOR],
    example: 'tenant sso unenforce --tenant acme.ipscape.com.au',
    run: liftEnforcement,
  },
  {
    words: 'tenant legacy-http on',
    summary: 'Writes the two Workspace redirect URIs with http://, as older Okta apps have them.',
    options: [TENANT, ACTOR],
    example: 'tenant legacy-http on --tenant acme.ipscape.com.au',
    run: (context) => setLegacyHttp(context, true),
  },
  {
    words: 'tenant legacy-http off',
    summary: 'Writes all redirect URIs with https://.',
    options: [TENANT, ACTOR],
    example: 'tenant legacy-http off --tenant acme.ipscape.com.au',
    run: (context) => setLegacyHttp(context, false),
  },
  {
    words: 'tenant sign-out-redirect on',
    summary: 'Okta sends people back after they sign out everywhere; it must know the three addresses.',
    options: [TENANT, ACTOR],
    example: 'tenant sign-out-redirect on --tenant acme.ipscape.com.au',
    run: (context) => setSignOutRedirect(context, true),
  },
  {
    words: 'tenant sign-out-redirect off',
    summary: 'People who sign out everywhere stay on a page of Okta.',
    options: [TENANT, ACTOR],
    example: 'tenant sign-out-redirect off --tenant acme.ipscape.com.au',
    run: (context) => setSignOutRedirect(context, false),
  },
];

async function setEntitlement({ deps, input, actor }: CommandContext, entitled: boolean): Promise<Answer> {
  const tenant = await findTenant(deps, input.required('tenant'));
  await deps.store.setSsoEntitlement({ tenantId: tenant.id, entitled, actor });
  const text = entitled
    ? `${tenant.domain} is entitled to single sign-on.\nNext: sso-admin admin-link create --tenant ${tenant.domain}\n`
    : `${tenant.domain} is no longer entitled to single sign-on, and its sessions have ended.\n`;
  return { json: { tenant: { ...tenant, ssoEntitled: entitled } }, text };
}

async function liftEnforcement({ deps, input, actor }: CommandContext): Promise<Answer> {
  const tenant = await findTenant(deps, input.required('tenant'));
  const lifted = await deps.store.liftEnforcement({ tenantId: tenant.id, actor });
  const text = lifted
    ? `The users of ${tenant.domain} may sign in otherwise than by single sign-on again.\n`
    : `Single sign-on was not enforced for ${tenant.domain}; nothing was changed.\n`;
  return { json: { tenantId: tenant.id, enforced: false, changed: lifted }, text };
}

async function setLegacyHttp({ deps, input, actor }: CommandContext, on: boolean): Promise<Answer> {
  const tenant = await findTenant(deps, input.required('tenant'));
  await deps.store.setLegacyHttpCallbacks({ tenantId: tenant.id, legacyHttpCallbacks: on, actor });
  const uris = redirectUris(originOf(deps, tenant.domain), { legacyHttpCallbacks: on });
  return {
    json: { tenant: { ...tenant, legacyHttpCallbacks: on }, redirectUris: uris },
    text: `The redirect URIs of ${tenant.domain} are now, and must stand so in Okta:\n${uris.map((uri) => `  ${uri}\n`).join('')}`,
  };
}

async function setSignOutRedirect({ deps, input, actor }: CommandContext, on: boolean): Promise<Answer> {
  const tenant = await findTenant(deps, input.required('tenant'));
  await deps.store.setSignOutRedirect({ tenantId: tenant.id, signOutRedirect: on, actor });
  const origin = originOf(deps, tenant.domain);
  const uris = PRODUCTS.map((product) => origin + SIGNED_OUT_PATHS[product]);
  const text = on
    ? `Okta sends people of ${tenant.domain} back after they sign out everywhere. These must stand in Okta as sign-out redirect URIs:\n${uris.map((uri) => `  ${uri}\n`).join('')}`
    : `People of ${tenant.domain} who sign out everywhere stay on a page of Okta.\n`;
  return { json: { tenant, signOutRedirect: on, signOutRedirectUris: uris }, text };
}

function describe(tenant: Tenant): string {
  return formatFields(tenantFields(tenant));
}
