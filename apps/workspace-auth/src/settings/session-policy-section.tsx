/**
 * @module
 * Whether a revocation waits for a call: the tenant's choice.
 */
import { CALL_DEFERRAL_SECONDS, type SessionPolicy } from '@ipscape/sso-core';
import { FormKey } from './form-key.js';

const HOURS = CALL_DEFERRAL_SECONDS.cti / 3600;

export function SessionPolicySection({ policy: { revocationWaitsForCalls } }: { readonly policy: SessionPolicy }) {
  return (
    <section aria-labelledby="calls-title" id="calls">
      <h2 id="calls-title">Revocation during a call</h2>
      <p>
        {revocationWaitsForCalls
          ? `A session that is revoked while its user is on a call ends with the call, ${HOURS} hours later at most.`
          : 'A session that is revoked while its user is on a call ends at once, and the call is cut off from its agent.'}
      </p>
      <p class="soft">
        A session is revoked when its user is disabled, loses the product, or is signed out by the Service Desk or by
        your provider. Whoever signs out themselves is signed out at once, and so is everybody when single sign-on is
        taken from your organisation. An ordinary end, after hours without a request, always waits for a call.
      </p>
      <form method="post" class="actions">
        <FormKey />
        <button
          class="button second"
          type="submit"
          name="action"
          value={revocationWaitsForCalls ? 'revoke-at-once' : 'revoke-after-calls'}
        >
          {revocationWaitsForCalls ? 'End revoked sessions at once' : 'Let revocations wait for calls'}
        </button>
      </form>
    </section>
  );
}
