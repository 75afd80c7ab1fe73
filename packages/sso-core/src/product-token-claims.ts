/**
 * @module
 * What a product token says, and the rules that it must keep. No I/O. No clock: `nowSeconds` is passed in.
 */
import * as z from 'zod';
import { CLOCK_SKEW_SECONDS, PRODUCT_TOKEN_TTL_SECONDS } from './limits.js';
import type { UserRole } from './ports.js';
import { PRODUCTS, type Product } from './products.js';

/** `typ` of a product token's header, so that no token of another kind is taken for one. RFC 8725 §3.11. */
export const PRODUCT_TOKEN_TYPE = 'ipscape-product+jwt';

const ROLES = ['administrator', 'supervisor', 'agent'] as const satisfies readonly UserRole[];
const id = z.string().min(1).max(255);
/** A NumericDate in whole seconds, within the range of JavaScript's dates. */
const time = z.int().nonnegative().max(8.64e12);

const claimsSchema = z.object({
  iss: z.string(),
  aud: z.enum(PRODUCTS),
  sub: id,
  tid: id,
  sid: id,
  email: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  auth_time: time,
  iat: time,
  exp: time,
});

export type ProductTokenClaims = Readonly<z.infer<typeof claimsSchema>>;

/** The first rule that a token breaks. `differenceSeconds` is how far outside the limit a time lies. */
export type ProductTokenFault =
  | { readonly check: 'claims' | 'iss' | 'aud' | 'lifetime'; readonly claim: string }
  | { readonly check: 'exp' | 'iat'; readonly claim: string; readonly differenceSeconds: number };

export type ProductTokenClaimsResult =
  | { readonly ok: true; readonly claims: ProductTokenClaims }
  | { readonly ok: false; readonly fault: ProductTokenFault };

export interface ProductTokenExpectations {
  /** Compared character for character. */
  readonly issuer: string;
  readonly product: Product;
  /** Seconds since 1970. */
  readonly nowSeconds: number;
}

/**
 * Members that the schema does not name are left out, so that a token of a later version still verifies. `aud` is one
 * string: an array, even of one, is not what the adapters make.
 */
export function checkProductTokenClaims(
  payload: Readonly<Record<string, unknown>>,
  { issuer, product, nowSeconds }: ProductTokenExpectations,
): ProductTokenClaimsResult {
  const fault = (check: 'claims' | 'iss' | 'aud' | 'lifetime', claim: string): ProductTokenClaimsResult => ({
    ok: false,
    fault: { check, claim },
  });
  if (payload.iss !== issuer) return fault('iss', 'iss');
  if (payload.aud !== product) return fault('aud', 'aud');
  const parsed = claimsSchema.safeParse(payload);
  if (!parsed.success) return fault('claims', String(parsed.error.issues[0]?.path[0] ?? ''));
  const { exp, iat } = parsed.data;
  if (nowSeconds - CLOCK_SKEW_SECONDS >= exp) {
    return { ok: false, fault: { check: 'exp', claim: 'exp', differenceSeconds: Math.floor(nowSeconds - exp) } };
  }
  if (iat > nowSeconds + CLOCK_SKEW_SECONDS) {
    return { ok: false, fault: { check: 'iat', claim: 'iat', differenceSeconds: Math.floor(nowSeconds - iat) } };
  }
  // Whoever signed it for longer was not one of our adapters.
  if (exp <= iat || exp - iat > PRODUCT_TOKEN_TTL_SECONDS) return fault('lifetime', 'exp');
  return { ok: true, claims: parsed.data };
}
