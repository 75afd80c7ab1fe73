/**
 * @module
 * What the page's buttons do beside draft and Save: each returns one sentence for the administrator.
 */
import { PRODUCT_NAMES, type SecretCheck } from '@ipscape/sso-core';
import type { Workspace } from '../workspace-context.js';
import { ENFORCEMENT_ACTIONS } from './enforcement-actions.js';
import type { Act } from './require-actor.js';

type Form = Readonly<Record<string, string>>;
type Action = (act: Act, form: Form, workspace: Workspace) => Promise<string>;

export const SETTINGS_ACTIONS: Readonly<Record<string, Action>> = {
  async enable(act, _form, { settings }) {
    await settings.setEnabled({ ...act, enabled: true });
    return 'Single sign-on is enabled.';
  },
  async disable(act, _form, { settings }) {
    await settings.setEnabled({ ...act, enabled: false });
    return 'Single sign-on is disabled, and its sessions have ended.';
  },
  async rollback(act, _form, { settings }) {
    await settings.rollback(act);
    return 'The revision before is in force again.';
  },
  async 'set-next-secret'(act, { nextSecret = '' }, { settings }) {
    await settings.setNextSecret({ ...act, clientSecret: nextSecret });
    return 'The next secret is stored. Test it, then make it the current one.';
  },
  'check-secret': async (act, _form, { settings }) => sentence(await settings.checkSecret({ ...act, slot: 'current' })),
  'check-next-secret': async (act, _form, { settings }) =>
    sentence(await settings.checkSecret({ ...act, slot: 'next' })),
  async 'promote-secret'(act, _form, { settings }) {
    const check = await settings.promoteNextSecret(act);
    return check.result === 'accepted' ? 'The next secret is the current one now.' : sentence(check);
  },
  ...ENFORCEMENT_ACTIONS,
  'approve-identity': (act, form, workspace) => decide(act, form, workspace, 'approveHeldIdentity'),
  'refuse-identity': (act, form, workspace) => decide(act, form, workspace, 'refuseHeldIdentity'),
};

/** The role and the sign-in are asked of the database again, as for every change of the settings. */
export async function decide(
  act: Act,
  { issuer = '', subject = '', userId = '' }: Form,
  { adapter: { store }, settings }: Workspace,
  decision: 'approveHeldIdentity' | 'refuseHeldIdentity',
): Promise<string> {
  const { tenant, actor } = act;
  await settings.requireChangeAllowed(act, decision === 'approveHeldIdentity' ? 'approve-identity' : 'refuse-identity');
  await store[decision]({ tenantId: tenant.id, issuer, subject, userId, actor: actor.userId });
  return decision === 'approveHeldIdentity'
    ? `The identity may sign in to ${Object.values(PRODUCT_NAMES).join(', ')} as far as the user may.`
    : 'The identity was refused.';
}

const RESULTS = {
  accepted: 'The provider accepts the secret.',
  refused: 'The provider refuses the secret.',
  unknown: 'The provider’s answer does not tell whether the secret is right.',
  missing: 'There is no such secret.',
} as const;

function sentence({ result, advice }: SecretCheck): string {
  return result === 'accepted' || result === 'missing' ? RESULTS[result] : `${RESULTS[result]} ${advice}`;
}
