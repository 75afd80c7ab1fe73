import type { SessionKey, SignedOutEverywhere } from '@ipscape/sso-core';
import { sql } from 'kysely';
import { endSessions } from './administration/end-sessions.js';
import { writeAuditEvent } from './administration/write-audit-event.js';
import { idTokenPlace } from './id-token-place.js';
import { liveSession } from './sessions.js';
import type { StoreContext } from './store-context.js';

interface EndedRow {
  readonly id: string;
  readonly user_id: string;
  readonly issuer: string;
  readonly sign_out_redirect: boolean;
  readonly id_token_ciphertext: string | null;
  readonly id_token_key_id: string | null;
}

/** Ends all sessions of the user whose live session the key names; null when it names none. One transaction. */
export async function signOutEverywhere(
  { db, keys }: StoreContext,
  key: SessionKey,
): Promise<SignedOutEverywhere | null> {
  const row = await db.transaction().execute(async (transaction) => {
    const { rows } = await sql<EndedRow>`
      select s.id, s.user_id, s.issuer, s.id_token_ciphertext, s.id_token_key_id, t.sign_out_redirect
      from ${liveSession(key)}`.execute(transaction);
    const [found] = rows;
    if (found === undefined) return null;
    const { tenantId } = key;
    const count = await endSessions(transaction, { tenantId, userId: found.user_id, atOnce: true });
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
