/**
 * @module
 * What the page's buttons about the enforcement, the next secret and the end of sessions do: each returns one sentence.
 */
import type { Workspace } from '../workspace-context.js';
import type { Act } from './require-actor.js';

type Action = (act: Act, form: Readonly<Record<string, string>>, workspace: Workspace) => Promise<string>;

export const ENFORCEMENT_ACTIONS: Readonly<Record<string, Action>> = {
  async 'check-directory'(act, _form, { settings }) {
    const { users, covered } = await settings.checkDirectory(act);
    return covered === users
      ? `All ${users} active users can sign in with single sign-on.`
      : `${covered} of ${users} active users can sign in with single sign-on. See below who cannot.`;
  },
  async enforce(act, _form, { settings }) {
    await settings.enforce(act);
    return 'Single sign-on is the only way in now.';
  },
  async 'lift-enforcement'(act, _form, { settings }) {
    await settings.liftEnforcement(act);
    return 'Other ways to sign in are allowed again.';
  },
  async 'revoke-after-calls'(act, _form, { settings }) {
    await settings.setSessionPolicy({ ...act, revocationWaitsForCalls: true });
    return 'From now on a revoked session ends with its call.';
  },
  async 'revoke-at-once'(act, _form, { settings }) {
    await settings.setSessionPolicy({ ...act, revocationWaitsForCalls: false });
    return 'Revoked sessions end at once, also those that were waiting.';
  },
  async 'discard-secret'(act, _form, { settings }) {
    await settings.discardNextSecret(act);
    return 'The next secret is forgotten. The current one stays in use.';
  },
};
