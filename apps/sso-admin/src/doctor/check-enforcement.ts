import type { Tenant } from '@ipscape/sso-core';
import type { AdminDeps } from '../admin-deps.js';
import { formatCount, formatTime } from '../format.js';
import type { Finding } from './finding.js';

/** Whether single sign-on is the only way in, and who would be locked out by it. */
export async function checkEnforcement({ store }: AdminDeps, { id, domain }: Tenant): Promise<readonly Finding[]> {
  const { enforced, directory } = await store.findEnforcement(id);
  if (enforced === null) {
    return [{ check: 'enforcement', level: 'ok', message: 'Other ways to sign in are allowed.', advice: null }];
  }
  const since = `Single sign-on is the only way in since ${formatTime(enforced.at)}, by ${enforced.by}.`;
  const wanting = directory === null ? 0 : directory.users - directory.covered;
  if (wanting === 0) return [{ check: 'enforcement', level: 'ok', message: since, advice: null }];
  return [
    {
      check: 'enforcement',
      level: 'note',
      message: `${since} The check of ${formatTime(directory?.checkedAt ?? null)} found ${formatCount(wanting, 'active user')} who cannot sign in.`,
      advice: `If users are locked out: sso-admin tenant sso unenforce --tenant ${domain}`,
    },
  ];
}
