/**
 * @module
 * What is in force, and the changes that need no proof: disable, enable, roll back, and the next client secret.
 */
import type { SettingsView } from '@ipscape/sso-core';
import { Day } from './day.js';
import { FormKey } from './form-key.js';

export function ConnectionStatus({ view, isEnforced }: { readonly view: SettingsView; readonly isEnforced: boolean }) {
  const { active, enabled, restorable } = view;
  if (active === null) return <p class="soft">No settings are in force yet.</p>;
  return (
    <section aria-labelledby="status-title">
      <h2 id="status-title">In force</h2>
      <dl>
        <dt>State</dt>
        <dd>{enabled ? 'Enabled' : 'Disabled'}</dd>
        <dt>Revision</dt>
        <dd>
          {active.number}, by <bdi>{active.createdBy}</bdi> on <Day date={active.createdAt} />
        </dd>
        {Object.entries(active.values).map(([name, value]) => (
          <>
            <dt>{labelOf(view, name)}</dt>
            <dd>{value}</dd>
          </>
        ))}
      </dl>
      <form method="post" class="actions">
        <FormKey />
        {isEnforced ? null : (
          <button class="button second" type="submit" name="action" value={enabled ? 'disable' : 'enable'}>
            {enabled ? 'Disable single sign-on' : 'Enable single sign-on again'}
          </button>
        )}
        {restorable === null ? null : (
          <button class="button second" type="submit" name="action" value="rollback">
            Go back to revision {restorable.number}
          </button>
        )}
        <button class="button second" type="submit" name="action" value="check-secret">
          Check the stored secret
        </button>
      </form>
      <p class="soft">
        {isEnforced
          ? 'Single sign-on cannot be disabled while it is the only way in: nobody could sign in any more. Allow other ways to sign in first.'
          : 'Disabling ends every session that was opened by single sign-on, yours included. The way back is a link of the Service Desk.'}
      </p>
      <h3>Replace the client secret</h3>
      <p class="soft">
        Create a second secret at the provider, store it here, and make it the current one. The old one stays in use
        until then, so nobody notices. If you make the old one inactive at the provider first, the next sign-in finds
        out and makes the new one current by itself.
      </p>
      <form method="post" class="inline">
        <FormKey />
        <div class="field">
          <label for="nextSecret">Next client secret</label>
          <input id="nextSecret" name="nextSecret" type="password" autocomplete="new-password" />
        </div>
        <button class="button second" type="submit" name="action" value="set-next-secret">
          Store
        </button>
      </form>
      {active.nextSecret === null ? null : (
        <form method="post" class="inline">
          <FormKey />
          <p>
            Next secret set on <Day date={active.nextSecret.setAt} />, fingerprint {active.nextSecret.fingerprint}.
          </p>
          <button class="button second" type="submit" name="action" value="check-next-secret">
            Test it
          </button>
          <button class="button second" type="submit" name="action" value="promote-secret">
            Make it the current one
          </button>
          <button class="button second" type="submit" name="action" value="discard-secret">
            Forget it
          </button>
        </form>
      )}
    </section>
  );
}

function labelOf({ active, providers }: SettingsView, name: string): string {
  const fields = providers.find(({ id }) => id === active?.providerId)?.fields ?? [];
  return fields.find((field) => field.name === name)?.label ?? name;
}
