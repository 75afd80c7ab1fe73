import type { DirectoryUser, Tenant } from '@ipscape/sso-core';
import type { AdminDeps } from './admin-deps.js';
import { Refusal } from './refusal.js';

/**
 * The one user with an id or e-mail address: an id before an address as it is stored, and that before its canonical
 * form.
 *
 * @throws {Refusal} `user-unknown`, or `user-ambiguous` when several have the address
 */
export async function findUser({ store }: AdminDeps, tenant: Tenant, emailOrId: string): Promise<DirectoryUser> {
  const { users } = await store.findUsers(tenant.id, { emailOrId });
  const exact = users.filter(({ email }) => email === emailOrId);
  const byId = users.find(({ id }) => id === emailOrId);
  const found = byId === undefined ? (exact.length > 0 ? exact : users) : [byId];
  const [user, other] = found;
  if (user === undefined) {
    throw new Refusal({
      code: 'user-unknown',
      message: `${tenant.domain} has no user with the e-mail address or id "${emailOrId}".`,
      advice: `"sso-admin user list --tenant ${tenant.domain}" shows the users.`,
    });
  }
  if (other !== undefined) {
    throw new Refusal({
      code: 'user-ambiguous',
      message: `${found.length} users of ${tenant.domain} have the e-mail address "${emailOrId}".`,
      advice: `Name one by its id: ${found.map(({ id }) => id).join(', ')}.`,
    });
  }
  return user;
}
