import type { SessionKey, SignedOutEverywhere } from '@ipscape/sso-core';
import { sql } from 'kysely';
import { endSessions } from './administration/end-sessions.js';
import { writeAuditEvent } from './administration/write-audit-event.js';
import type { SecretPlace } from './create-encryption-key-ring.js';
import type { StoreContext } from './store-context.js';

interface EndedRow {
  readonly id: string;
  readonly user_id: string;
  readonly issuer: string;
  readonly sign_out_redirect: boolean;
  readonly id_token_ciphertext: string | null;
  readonly id_token_key_id: string | null;
}

/** The place that a session's ID token is sealed to. */
export function idTokenPlace(tenantId: string, sessionId: string): SecretPlace {
  return ['session-id-token', tenantId, sessionId];
}

/** Ends all sessions of the user whose live session the key names; null when it names none. One transaction. */
export async function signOutEverywhere(
  { db, keys }: StoreContext,
  key: SessionKey,
): Promise<SignedOutEverywhere | null> {
  const row = await db.transaction().execute(async (transaction) => {
    const { rows } = await sql<EndedRow>`
      select s.id, s.user_id, s.issuer, s.id_token_ciphertext, s.id_token_key_id, t.sign_out_redirect
      from sessions s join tenants t on t.id = s.tenant_id
      where s.tenant_id = ${key.tenantId} and s.handle_hash = ${key.handleHash} and s.product = ${key.product}
        and s.ended_at is null and s.idle_expires_at > now() and s.absolute_expires_at > now()
      for update of s`.execute(transaction);
    const [found] = rows;
    if (found === undefined) return null;
    const { tenantId } = key;
    const count = await endSessions(transaction, { tenantId, userId: found.user_id });
    const subject = found.user_id;
    await writeAuditEvent(transaction, {
      tenantId,
      actor: subject,
      action: 'signed-out-everywhere',
      subject,
      details: { count },
    });
    return found;
  });
  if (row === null) return null;
  return { issuer: row.issuer, returnsFromProvider: row.sign_out_redirect, idToken: openIdToken(row, key, keys) };
}

/** Null also for one that no key opens any more: the sessions have ended, and that must not fail for it. */
function openIdToken(row: EndedRow, { tenantId }: SessionKey, keys: StoreContext['keys']): string | null {
  const { id_token_ciphertext: ciphertext, id_token_key_id: keyId } = row;
  if (ciphertext === null || keyId === null) return null;
  try {
    return keys.open({ ciphertext, keyId }, idTokenPlace(tenantId, row.id));
  } catch {
    return null;
  }
}
