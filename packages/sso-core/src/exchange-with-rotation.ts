/**
 * @module
 * The code exchange of a connection whose client secret may be being rotated.
 */
import { withBudget } from './budgeted-fetch.js';
import { SsoError } from './errors.js';
import type { SignInDeps } from './sign-in-deps.js';
import { type CodeExchange, exchangeCode, type TokenResponse } from './token-exchange.js';

/** Whom the audit trail names when a sign-in found out that the next secret is the right one. */
const ACTOR = 'sign-in';

/**
 * Sends the code with the current secret. Only when the provider answers `invalid_client` — it looks at who asks
 * before it looks at the code, RFC 6749 §5.2 — is it sent once more, with the other secret that is stored, and never
 * with both. If the provider accepts that one, it becomes the current one, whatever it says about the code.
 *
 * @throws {@link SsoError} as {@link exchangeCode} does
 */
export async function exchangeCodeWithRotation(
  exchange: CodeExchange,
  { tenantId, revisionId }: { readonly tenantId: string; readonly revisionId: string },
  { store, fetch: unbudgeted }: SignInDeps,
): Promise<TokenResponse> {
  const fetch = withBudget(unbudgeted, { tenantId, endpoint: 'token' });
  try {
    return await exchangeCode(exchange, fetch);
  } catch (error) {
    if (!isInvalidClient(error)) throw error;
    const clientSecret = await store.findOtherClientSecret({ tenantId, revisionId, refused: exchange.clientSecret });
    if (clientSecret === null) throw error;
    const promote = () => store.promoteClientSecret({ tenantId, revisionId, clientSecret, actor: ACTOR });
    try {
      const tokens = await exchangeCode({ ...exchange, clientSecret }, fetch);
      await promote();
      return tokens;
    } catch (second) {
      if (SsoError.is(second) && second.code === 'grant-rejected') await promote();
      throw second;
    }
  }
}

function isInvalidClient(error: unknown): boolean {
  return SsoError.is(error) && error.code === 'client-rejected' && error.details.reason === 'invalid_client';
}
