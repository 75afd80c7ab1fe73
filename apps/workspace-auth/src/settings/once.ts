/**
 * @module
 * Carries a request out once, however often it arrives: a double click, a reload, a program's retry.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { SsoError } from '@ipscape/sso-core';
import type { IdempotencyKey } from '@ipscape/sso-store';
import type { Workspace } from '../workspace-context.js';

export interface OnceInput extends IdempotencyKey {
  /** Everything that decides what is done; another one under the same key is refused. */
  readonly request: string;
}

export interface CarriedOut {
  readonly answer: string;
  /** Whether the same request would be answered like this again. What is not final may be tried again with its key. */
  readonly isFinal: boolean;
}

export interface OnceAnswer {
  readonly answer: string;
  readonly isReplay: boolean;
}

/** The second click waits for the first one's answer: as long as any request takes, longer and longer in between. */
const PAUSES_MS = [50, 100, 200, 400, 800, 1_500, 2_000, 2_500, 3_000];

/**
 * Of all requests with one key one is carried out, and all get its answer. Where `perform` throws, nothing is kept.
 *
 * @throws SsoError `idempotency-key-reused` for another request under the key; `idempotency-key-in-use` when the one
 *   that is carried out takes too long
 */
export async function once(
  input: OnceInput,
  { adapter: { store, logger } }: Workspace,
  perform: () => Promise<CarriedOut>,
): Promise<OnceAnswer> {
  for (const pauseMs of [...PAUSES_MS, null]) {
    const claim = await store.claimIdempotencyKey(input);
    if (claim.outcome === 'different') throw new SsoError('idempotency-key-reused');
    if (claim.outcome === 'answered') return { answer: claim.answer, isReplay: true };
    if (claim.outcome === 'claimed') {
      const claimed = { ...input, claimId: claim.claimId };
      let carriedOut: CarriedOut;
      try {
        carriedOut = await perform();
      } catch (error) {
        await store.releaseIdempotencyKey(claimed).catch(() => {});
        throw error;
      }
      const { answer, isFinal } = carriedOut;
      // It is done: whoever asked is told so, whether the answer can be kept or not.
      await (isFinal ? store.keepIdempotentAnswer({ ...claimed, answer }) : store.releaseIdempotencyKey(claimed)).catch(
        () => logger.warn('the answer to a request that may be repeated could not be kept'),
      );
      return { answer, isReplay: false };
    }
    if (pauseMs !== null) await wait(pauseMs);
  }
  throw new SsoError('idempotency-key-in-use');
}
