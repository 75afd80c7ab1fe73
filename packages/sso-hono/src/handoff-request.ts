/**
 * @module
 * What a frame and its window send about a handoff.
 */
import { MAX_HANDOFF_QUERY_BYTES, SsoError } from '@ipscape/sso-core';
import { z } from 'zod';
import type { Adapter, AdapterRequest } from './adapter-context.js';

/** 256 bits in base64url. */
const token = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const isShort = (text: string): boolean => new TextEncoder().encode(text).length <= MAX_HANDOFF_QUERY_BYTES;

export const newHandoffBody = z.strictObject({
  /** SHA-256 of the verifier. */
  challenge: token,
  query: z.string().refine(isShort).default(''),
});
export const redeemBody = z.strictObject({ verifier: token });
export const cancelBody = z.strictObject({ reason: z.enum(['cancelled', 'popup-blocked', 'timed-out']) });
export const windowForm = z.object({ handoff: token });
export const decisionForm = z.object({ decision: z.enum(['confirm', 'refuse']) });

export const MAX_HANDOFF_BODY_BYTES = 4096;

/** @throws {@link SsoError} `request-invalid` with the reason. */
export async function readJson<T>(c: AdapterRequest, schema: z.ZodType<T>): Promise<T> {
  if (!/^application\/json\s*(?:;|$)/i.test(c.req.header('content-type') ?? '')) {
    throw new SsoError('request-invalid', { details: { reason: 'content-type' } });
  }
  return check(schema, await c.req.json<unknown>().catch(() => undefined));
}

/** A form field that is there twice is refused like one that is malformed. */
export async function readForm<T>(c: AdapterRequest, schema: z.ZodType<T>): Promise<T> {
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(c.req.header('content-type') ?? '')) {
    throw new SsoError('request-invalid', { details: { reason: 'content-type' } });
  }
  const fields = new URLSearchParams(await c.req.text());
  const isSingle = [...fields.keys()].every((name) => fields.getAll(name).length === 1);
  return check(schema, isSingle ? Object.fromEntries(fields) : undefined);
}

function check<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new SsoError('request-invalid', { details: { reason: 'schema' } });
  return parsed.data;
}

/** Only a script can send it, and only the frame knows it. Null: nothing that was ever made. */
export function readVerifier(c: AdapterRequest): string | null {
  const parsed = token.safeParse(c.req.header('x-ipscape-verifier'));
  return parsed.success ? parsed.data : null;
}

/** What stays the same between two versions of a browser: frame and window are in one. */
export async function userAgentHash(c: AdapterRequest, { signIn }: Adapter): Promise<string> {
  return signIn.crypto.sha256((c.req.header('user-agent') ?? '').replace(/[\d._]+/g, ''));
}
