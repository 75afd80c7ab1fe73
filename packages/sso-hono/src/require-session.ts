/**
 * @module
 * For a product's own services on Hono: lets requests with a good product token pass, and answers the others.
 */
import { type ProductSession, type ProductTokenVerifier, productTokenProblem, type SsoError } from '@ipscape/sso-core';
import type { Context, MiddlewareHandler } from 'hono';

/** What handlers behind {@link requireSession} find: `c.get('session')`. */
export interface SessionEnv {
  Variables: { session: ProductSession };
}

/** How requests are judged, and who hears of refusals. */
export interface RequireSessionOptions {
  /** Of the whole process: it remembers keys. */
  readonly verifier: ProductTokenVerifier;
  /** Told of each refusal, e.g. for a log: `error.code` and `error.details` hold nothing secret. */
  readonly onRefused?: (error: SsoError, c: Context) => void;
}

/**
 * Lets a request pass whose `Authorization` header holds a good product token, with its session as `c.get('session')`.
 * Everybody else receives problem details: 401 with a challenge, or 503 when keys could not be
 * fetched. What a role may do is for the handlers
 * behind it; their errors are not touched.
 */
export function requireSession({ verifier, onRefused }: RequireSessionOptions): MiddlewareHandler<SessionEnv> {
  return async function session(c, next) {
    let found: ProductSession;
    try {
      found = await verifier.verifyAuthorization(c.req.header('authorization'));
    } catch (error) {
      const problem = productTokenProblem(error);
      if (problem === null) throw error;
      onRefused?.(error as SsoError, c);
      return c.body(JSON.stringify(problem.body), problem.status, problem.headers);
    }
    c.set('session', found);
    return next();
  };
}
