import { nodeCrypto } from '@ipscape/sso-core/node';
import { ACTOR, type Command, TENANT } from '../command.js';
import { findTenant } from '../find-tenant.js';
import { formatTime } from '../format.js';
import { Refusal } from '../refusal.js';
import { originOf } from '../tenant-address.js';

const TTL_SECONDS = 15 * 60;
const TOKEN_BYTES = 32;

export const ADMIN_LINK_COMMANDS: readonly Command[] = [
  {
    words: 'admin-link create',
    summary: 'Makes a link that opens the tenant’s settings page once, within 15 minutes.',
    about:
      'For the tenant’s administrator, before single sign-on works or while the provider is down. Whoever has the link\n' +
      'can use it: give it to nobody else. It is shown only now; the database keeps a hash of it.',
    options: [TENANT, ACTOR],
    example: 'admin-link create --tenant acme.ipscape.com.au',
    async run({ deps, input, actor }) {
      const tenant = await findTenant(deps, input.required('tenant'));
      if (!tenant.ssoEntitled) {
        throw new Refusal({
          code: 'sso-not-enabled',
          message: `${tenant.domain} is not entitled to single sign-on, so its settings page changes nothing.`,
          advice: `Enable it first: sso-admin tenant sso enable --tenant ${tenant.domain}`,
        });
      }
      const token = nodeCrypto.randomToken(TOKEN_BYTES);
      const tokenHash = await nodeCrypto.sha256(token);
      const link = await deps.store.createAdminLink({ tenantId: tenant.id, tokenHash, ttlSeconds: TTL_SECONDS, actor });
      const url = `${originOf(deps, tenant.domain)}/workspace/admin-link/${token}`;
      return {
        json: { id: link.id, url, expiresAt: link.expiresAt },
        text: `${url}\nOpens the settings of ${tenant.domain} once, until ${formatTime(link.expiresAt)}.\n`,
      };
    },
  },
];
