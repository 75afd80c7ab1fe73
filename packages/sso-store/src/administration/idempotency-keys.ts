/**
 * @module
 * Requests that may be sent twice and are carried out once: a double click, a reload, a program's retry. A key counts
 * for one actor of one tenant. Request and answer are kept sealed, because a form holds a client secret and whatever
 * somebody typed into the wrong field.
 */
import { createHash, randomUUID } from 'node:crypto';
import { SsoError } from '@ipscape/sso-core';
import { sql } from 'kysely';
import type { SecretPlace } from '../create-encryption-key-ring.js';
import type { StoreContext } from '../store-context.js';
import { refused } from './refusals.js';

/** Names a request that may be sent twice, for one actor of one tenant. */
export interface IdempotencyKey {
  readonly tenantId: string;
  /** Whoever sends the request: another's equal key is another key. */
  readonly actor: string;
  /** As the client made it; only its hash is stored. */
  readonly key: string;
}

/** Whether the caller carries the request out, and what to answer if not. */
export type IdempotencyClaim =
  /** This caller carries the request out, and then keeps the answer or releases the key with this id. */
  | { readonly outcome: 'claimed'; readonly claimId: string }
  /** It was carried out before; this was the answer. */
  | { readonly outcome: 'answered'; readonly answer: string }
  /** Somebody carries it out at this moment. */
  | { readonly outcome: 'running' }
  /** The key was used for another request. */
  | { readonly outcome: 'different' };

/**
 * Lets one of several equal requests through, and keeps its answer for the others. Requests are compared by their hash;
 * answers are stored encrypted.
 */
export interface IdempotencyAdministration {
  /**
   * Atomic: of any number of callers with one key, on any number of instances, exactly one receives `claimed`. A key
   * counts for 24 hours; one whose carrier died is free again after two minutes.
   *
   * @throws {SsoError} `request-invalid` with reason `idempotency-key-invalid` for an empty key
   */
  claimIdempotencyKey(input: IdempotencyKey & { readonly request: string }): Promise<IdempotencyClaim>;
  /**
   * The answer for every later request with the key, until the key's 24 hours are over. Does nothing when somebody else
   * has claimed the key since.
   */
  keepIdempotentAnswer(
    input: IdempotencyKey & { readonly claimId: string; readonly request: string; readonly answer: string },
  ): Promise<void>;
  /** Nothing was carried out, or the answer may be another one next time. */
  releaseIdempotencyKey(input: IdempotencyKey & { readonly claimId: string }): Promise<void>;
}

const KEY_HOURS = 24;
/** Longer than any request takes. */
const CLAIM_SECONDS = 120;

interface KeyRow {
  readonly request_ciphertext: string;
  readonly request_key_id: string;
  readonly answer_ciphertext: string | null;
  readonly answer_key_id: string | null;
}

export function createIdempotencyAdministration({ db, keys }: StoreContext): IdempotencyAdministration {
  const open = (keyId: string, ciphertext: string, place: SecretPlace): string | null => {
    try {
      return keys.open({ keyId, ciphertext }, place);
    } catch (error) {
      if (SsoError.is(error) && error.code === 'secret-unreadable') return null;
      throw error;
    }
  };

  return {
    async claimIdempotencyKey({ request, ...key }) {
      if (key.key === '') throw refused('idempotency-key-invalid');
      const claimId = randomUUID();
      const sealed = keys.seal(hashOf(request), placeOf(key, 'request'));
      const { rows: won } = await sql`
        insert into idempotency_keys as k (tenant_id, id, actor, key_hash, request_ciphertext, request_key_id,
          claimed_until, expires_at)
        select t.id, ${claimId}, ${key.actor}, ${hashOf(key.key)}, ${sealed.ciphertext}, ${sealed.keyId},
          now() + make_interval(secs => ${CLAIM_SECONDS}::integer), now() + make_interval(hours => ${KEY_HOURS}::integer)
        from tenants t where t.id = ${key.tenantId}
        on conflict (tenant_id, actor, key_hash) do update
          set id = excluded.id, request_ciphertext = excluded.request_ciphertext,
              request_key_id = excluded.request_key_id, answer_ciphertext = null, answer_key_id = null,
              claimed_until = excluded.claimed_until, expires_at = excluded.expires_at
          where k.expires_at <= now() or (k.answer_ciphertext is null and k.claimed_until <= now())
        returning k.id`.execute(db);
      if (won.length === 1) return { outcome: 'claimed', claimId };
      const { rows } = await sql<KeyRow>`
        select request_ciphertext, request_key_id, answer_ciphertext, answer_key_id from idempotency_keys
        where tenant_id = ${key.tenantId} and actor = ${key.actor} and key_hash = ${hashOf(key.key)}`.execute(db);
      const row = rows[0];
      // It was released between the two statements: the caller asks again.
      if (row === undefined) return { outcome: 'running' };
      const before = open(row.request_key_id, row.request_ciphertext, placeOf(key, 'request'));
      if (before !== hashOf(request)) return { outcome: 'different' };
      if (row.answer_ciphertext === null || row.answer_key_id === null) return { outcome: 'running' };
      const answer = open(row.answer_key_id, row.answer_ciphertext, placeOf(key, 'answer', before));
      return answer === null ? { outcome: 'different' } : { outcome: 'answered', answer };
    },
    async keepIdempotentAnswer({ claimId, request, answer, ...key }) {
      const { ciphertext, keyId } = keys.seal(answer, placeOf(key, 'answer', hashOf(request)));
      await sql`
        update idempotency_keys set answer_ciphertext = ${ciphertext}, answer_key_id = ${keyId}
        where tenant_id = ${key.tenantId} and id = ${claimId} and actor = ${key.actor}`.execute(db);
    },
    async releaseIdempotencyKey({ claimId, tenantId, actor }) {
      await sql`
        delete from idempotency_keys
        where tenant_id = ${tenantId} and id = ${claimId} and actor = ${actor} and answer_ciphertext is null
      `.execute(db);
    },
  };
}

/** An answer is sealed to its request as well: a row that was put together from two others does not open. */
function placeOf({ tenantId, actor, key }: IdempotencyKey, part: 'request' | 'answer', request = ''): SecretPlace {
  return ['idempotency-key', tenantId, actor, hashOf(key), part, request];
}

function hashOf(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64url');
}
