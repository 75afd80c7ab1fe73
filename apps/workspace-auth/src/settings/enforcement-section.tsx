/**
 * @module
 * Single sign-on as the only way in: what it needs first, as a check list, and the button.
 */
import {
  BREAK_GLASS_MAX_AGE_DAYS,
  type DirectoryCoverage,
  ENFORCEMENT_ADVICE,
  type EnforcementView,
  type StoredEnforcementCondition,
} from '@ipscape/sso-core';
import type { Child } from 'hono/jsx';
import { Day } from './day.js';
import { FormKey } from './form-key.js';

interface Props {
  readonly enforcement: EnforcementView;
  /** E-mail addresses by user id. */
  readonly names: ReadonlyMap<string, string>;
}

const TITLES: Readonly<Record<StoredEnforcementCondition, string>> = {
  connection: 'Settings are in force that a real sign-in authorised',
  'directory-check': 'The directory was checked within the last hour',
  'break-glass-link': `A link of the Service Desk was used within the last ${BREAK_GLASS_MAX_AGE_DAYS} days`,
};

export function EnforcementSection({ enforcement, names }: Props) {
  return (
    <section aria-labelledby="enforcement-title" id="enforcement">
      <h2 id="enforcement-title">Enforce single sign-on</h2>
      {enforcement.enforced === null ? (
        <Open enforcement={enforcement} names={names} />
      ) : (
        <Enforced enforced={enforcement.enforced} names={names} />
      )}
    </section>
  );
}

function Open({ enforcement, names }: Props) {
  const { conditions, directory, breakGlassProvedAt } = enforcement;
  const isReady = Object.values(conditions).every(Boolean);
  return (
    <>
      <p class="soft">
        Your users may sign in with single sign-on or as before. You can make single sign-on the only way in. These
        three things keep your organisation from being locked out:
      </p>
      <ul class="checks">
        <Condition name="connection" isMet={conditions.connection} />
        <Condition name="directory-check" isMet={conditions['directory-check']}>
          {directory === null ? null : <Coverage directory={directory} names={names} />}
        </Condition>
        <Condition name="break-glass-link" isMet={conditions['break-glass-link']}>
          {breakGlassProvedAt === null ? null : (
            <p class="soft">
              Last used on <Day date={breakGlassProvedAt} />.
            </p>
          )}
        </Condition>
      </ul>
      <form method="post" class="actions">
        <FormKey />
        <button class="button second" type="submit" name="action" value="check-directory">
          Check the directory
        </button>
        {isReady ? (
          <button class="button second" type="submit" name="action" value="enforce">
            Make single sign-on the only way in
          </button>
        ) : null}
      </form>
      <p class="soft">
        {isReady
          ? 'Your provider is asked once more when you press it. Within five seconds every session ends that was not opened by single sign-on. Links of the Service Desk keep working.'
          : 'The button appears when all three are in place.'}
      </p>
    </>
  );
}

function Enforced({
  enforced,
  names,
}: {
  readonly enforced: NonNullable<EnforcementView['enforced']>;
  readonly names: Props['names'];
}) {
  return (
    <>
      <p>
        Single sign-on is the only way in since <Day date={enforced.at} />, by{' '}
        <bdi>{names.get(enforced.by) ?? enforced.by}</bdi>.
      </p>
      <p class="soft">
        It cannot be disabled as long as that is so. You can go back to the revision before, also while your provider is
        down. If nobody can sign in any more, a link of the Service Desk leads here, and the Service Desk itself can
        allow other ways in.
      </p>
      <form method="post" class="actions">
        <FormKey />
        <button class="button second" type="submit" name="action" value="lift-enforcement">
          Allow other ways to sign in
        </button>
      </form>
    </>
  );
}

function Condition({
  name,
  isMet,
  children,
}: {
  readonly name: StoredEnforcementCondition;
  readonly isMet: boolean;
  readonly children?: Child;
}) {
  return (
    <li data-condition={name} data-met={String(isMet)}>
      <b>{isMet ? 'Done:' : 'Missing:'}</b> {TITLES[name]}.{isMet ? null : <p>{ENFORCEMENT_ADVICE[name]}</p>}
      {children}
    </li>
  );
}

function Coverage({ directory, names }: { readonly directory: DirectoryCoverage; readonly names: Props['names'] }) {
  const { users, covered, administrators, withoutEmail, colliding, linkedElsewhere, checkedAt, checkedBy } = directory;
  return (
    <>
      <p>
        {covered} of {users} active users can sign in with single sign-on, {administrators} of them as administrators of
        the Workspace.
      </p>
      {covered === users ? null : (
        <p>
          Found wanting: {withoutEmail} without an e-mail address that can be matched, {colliding} with an address that
          another user has as well, {linkedElsewhere} whose account at another provider needs your approval first. They
          will not get in.
        </p>
      )}
      <p class="soft">
        Checked on <Day date={checkedAt} /> by <bdi>{names.get(checkedBy) ?? checkedBy}</bdi>.
      </p>
    </>
  );
}
