/**
 * @module
 * The two halves of a sign-in over HTTP.
 */
import {
  type BegunSignIn,
  beginRenewal,
  beginSignIn,
  type CallbackInput,
  completeSignIn,
  HandoffFailed,
  HandoffSignedIn,
  OtherProduct,
  ProbeAnswered,
  type Purpose,
  RefusedUser,
  RenewalRefused,
  RepeatedCallback,
  redirectUri,
  SsoError,
  type SsoErrorCode,
  START_PATHS,
  type Tenant,
  type TenantSetup,
  tenantOrigin,
  toReturnPath,
} from '@ipscape/sso-core';
import type { Adapter, AdapterRequest } from './adapter-context.js';
import {
  clearedFrameSessionCookie,
  clearedHandoffCookie,
  clearedTransactionCookie,
  handoffCookie,
  readTransactionSecret,
  sessionCookie,
  supersededHandoffs,
  supersededTransactions,
  transactionCookie,
} from './cookies.js';
import { withCurrentSetup } from './current-setup.js';
import { describeError, toSsoError } from './describe-error.js';
import { findSession, sessionKey } from './session-routes.js';
import type { SignInClient, SignInStep } from './sign-in-limits.js';
import { requireSignInRequest } from './sign-in-request.js';
import { isCallback, wantedPath } from './start-request.js';

/**
 * Starts a sign-in: also the target of the Okta tile, which adds `iss` (OpenID Connect Core 1.0 §4). Always a fresh
 * transaction. Nothing of the query reaches the provider but a checked `login_hint`.
 */
export async function startSignIn(c: AdapterRequest, adapter: Adapter): Promise<Response> {
  return logged(c, adapter, 'sign-in', async () => {
    requireSignInRequest(c, adapter);
    if (c.req.query('renew') === 'true' && (await findSession(c, adapter)) !== null) return startRenewal(c, adapter);
    requireWithinLimits(c, adapter, 'start');
    const begun = await withCurrentSetup(c, adapter, (setup) => begin(c, adapter, setup));
    writeTransaction(c, adapter, begun);
    return c.redirect(begun.authorizationUrl, 302);
  });
}

async function begin(c: AdapterRequest, adapter: Adapter, setup: TenantSetup): Promise<BegunSignIn> {
  checkTileIssuer(c, setup);
  const loginHint = toLoginHint(c.req.query('login_hint'));
  return beginSignIn(
    {
      setup,
      product: adapter.product,
      purpose: 'sign-in',
      redirectUri: redirectUriOf(setup.tenant, adapter, 'sign-in'),
      returnPath: wantedPath(c, adapter, setup.tenant),
      ...(loginHint === null ? {} : { loginHint }),
      ...(isOpenTile(c, adapter) ? { choosesProduct: true as const } : {}),
      ...(c.req.query('other_account') === 'true' ? { prompt: 'login' as const } : {}),
    },
    adapter.signIn,
  );
}

/**
 * Renews the session of somebody at work: a sign-in without interaction in the same window. Wherever it fails, the
 * session goes on and the page comes back.
 */
async function startRenewal(c: AdapterRequest, adapter: Adapter): Promise<Response> {
  const returnPath = wantedPath(c, adapter, requireSetup(c).tenant);
  try {
    requireWithinLimits(c, adapter, 'start');
    const begun = await withCurrentSetup(c, adapter, (setup) => {
      checkTileIssuer(c, setup);
      const redirectUri = redirectUriOf(setup.tenant, adapter, 'sign-in');
      return beginRenewal({ setup, product: adapter.product, redirectUri, returnPath }, adapter.signIn);
    });
    writeTransaction(c, adapter, begun);
    return c.redirect(begun.authorizationUrl, 302);
  } catch (error) {
    if (!SsoError.is(error)) throw error;
    return keepSession(c, adapter, returnPath, error);
  }
}

/** The parameter of the return path that says why a session was not renewed. */
const RENEWAL_PARAMETER = 'renewal';

async function keepSession(
  c: AdapterRequest,
  adapter: Adapter,
  returnPath: string,
  error: SsoError,
): Promise<Response> {
  await recordRefusal(c, adapter, 'renew', error);
  // As text: what else stands in the query keeps its very form.
  const [path = '', fragment] = toReturnPath(returnPath, adapter.product).split('#', 2);
  const answer = `${path}${path.includes('?') ? '&' : '?'}${RENEWAL_PARAMETER}=${error.code}`;
  return c.redirect(fragment === undefined ? answer : `${answer}#${fragment}`, 303);
}

/** The provider's answer: a session and the way back to where the person wanted to go, or a refusal. */
export async function finishSignIn(c: AdapterRequest, adapter: Adapter): Promise<Response> {
  return logged(c, adapter, 'sign-in', async () => {
    const callback = callbackInput(c, adapter, 'sign-in');
    requireWithinLimits(c, adapter, 'callback');
    let windowSecret: string | null = null;
    const input: CallbackInput = {
      ...callback,
      browserSecret(transactionName) {
        windowSecret = callback.browserSecret(transactionName);
        return windowSecret;
      },
    };
    try {
      const previous = await sessionKey(c, adapter);
      const { sessionHandle, returnPath, isRenewal } = await completeSignIn(
        { ...input, sessionKey: previous },
        c.get('reference'),
        adapter.signIn,
      );
      // Whoever was signed in here before is not any more, and their handle is worth nothing.
      if (previous !== null) await adapter.sessions.end(previous);
      // Of a page that signed in as if it were in a frame: the browser would send both, and neither would count.
      if (adapter.product === 'cti') addCookie(c, clearedFrameSessionCookie(adapter.product));
      addCookie(c, sessionCookie(adapter.product, sessionHandle));
      adapter.limiter.succeed(clientOf(c));
      adapter.metrics.countSignIn(adapter.product, isRenewal ? 'renewed' : 'signed-in');
      // Checked again: what counts as safe may have changed since the start.
      return c.redirect(toReturnPath(returnPath, adapter.product), 303);
    } catch (error) {
      if (error instanceof ProbeAnswered) {
        await adapter.store.proveRedirectUri(error);
        return c.redirect(toReturnPath(error.returnPath, 'workspace'), 303);
      }
      if (error instanceof HandoffSignedIn) {
        adapter.limiter.succeed(clientOf(c));
        return askToConfirm(c, error.handoffId, windowSecret);
      }
      if (error instanceof HandoffFailed) return failHandoff(c, adapter, error);
      if (error instanceof OtherProduct) return c.redirect(START_PATHS[error.product], 303);
      if (error instanceof RenewalRefused) return keepSession(c, adapter, error.returnPath, error);
      if (!(error instanceof RepeatedCallback)) throw error;
      if (error.purpose === 'probe') return c.redirect(toReturnPath(error.returnPath, 'workspace'), 303);
      if (error.handoffId !== undefined) return c.redirect(handoffConfirmPath(error.handoffId), 303);
      // Reload, Back or a double click: whoever was signed in by this very sign-in goes on.
      const session = await findSession(c, adapter);
      const isTheirs = session?.transactionId === error.transactionId;
      // A renewal that was refused leaves the session that was there.
      if (!isTheirs && !(error.purpose === 'renew' && session !== null)) throw error;
      return c.redirect(toReturnPath(error.returnPath, adapter.product), 303);
    }
  });
}

/** The window keeps its secret, now to confirm with. */
function askToConfirm(c: AdapterRequest, handoffId: string, windowSecret: string | null): Response {
  if (windowSecret === null) throw new SsoError('browser-mismatch', { stage: 'callback' });
  for (const beginning of supersededHandoffs(c.req.header('cookie'))) addCookie(c, clearedHandoffCookie(beginning));
  addCookie(c, handoffCookie(handoffId, windowSecret));
  return c.redirect(handoffConfirmPath(handoffId), 303);
}

/** Tells the frame that waits; the window shows the error. */
async function failHandoff(c: AdapterRequest, adapter: Adapter, error: HandoffFailed): Promise<never> {
  c.set('isHandoffWindow', true);
  await tellFrame(c, adapter, error.handoffId, error.code);
  throw error;
}

/** That the window's sign-in failed: the frame need not wait. */
export async function tellFrame(
  c: AdapterRequest,
  adapter: Adapter,
  handoffId: string,
  code: SsoErrorCode,
): Promise<void> {
  const tenant = c.get('tenant');
  if (tenant === null) return;
  const failure = { tenantId: tenant.id, handoffId, code, reference: c.get('reference') };
  // The frame notices by itself in the end; the person at the window is told in any case.
  await adapter.store.failHandoff(failure).catch((cause: unknown) => {
    adapter.logger.error(
      { reference: c.get('reference'), error: describeError(toSsoError(cause)) },
      'no word to the frame',
    );
  });
}

/** Where a window asks whether the frame is to be signed in. */
export function handoffConfirmPath(handoffId: string): string {
  return `/cti/handoffs/${handoffId}/confirm`;
}

/** What a callback route knows about its request, for the core to judge. */
export function callbackInput(c: AdapterRequest, adapter: Adapter, purpose: Purpose): CallbackInput {
  requireSignInRequest(c, adapter);
  const { tenant } = requireSetup(c);
  const cookies = c.req.header('cookie');
  return {
    tenant,
    product: adapter.product,
    purpose,
    redirectUri: redirectUriOf(tenant, adapter, purpose),
    parameters: new URL(c.req.url).searchParams,
    browserSecret(transactionName) {
      addCookie(c, clearedTransactionCookie(transactionName));
      return readTransactionSecret(cookies, transactionName);
    },
    hasCookies: cookies !== undefined && cookies !== '',
  };
}

export function redirectUriOf(tenant: Tenant, adapter: Adapter, purpose: Purpose): string {
  return redirectUri(tenantOrigin(tenant.domain, adapter.scheme), adapter.product, purpose, {
    legacyHttpCallbacks: tenant.legacyHttpCallbacks,
  });
}

/** Runs a step of a sign-in; a refusal is written to the tenant's sign-in log and the metrics, then passed on. */
export async function logged(
  c: AdapterRequest,
  adapter: Adapter,
  purpose: Purpose,
  step: () => Promise<Response>,
): Promise<Response> {
  try {
    return await step();
  } catch (error) {
    await recordRefusal(c, adapter, purpose, toSsoError(error));
    throw error;
  }
}

/** No part of anybody's sign-in, or there is nothing to write to. */
const UNLOGGED: ReadonlySet<SsoErrorCode> = new Set([
  'store-unavailable',
  'request-invalid',
  'top-level-required',
  'protocol-unknown',
  'too-many-sign-ins',
]);

/** Writes a refusal to the tenant's sign-in log and the metrics. */
export async function recordRefusal(
  c: AdapterRequest,
  adapter: Adapter,
  purpose: Purpose,
  error: SsoError,
): Promise<void> {
  adapter.metrics.countSignIn(adapter.product, error.code);
  const tenant = c.get('tenant');
  if (tenant === null || UNLOGGED.has(error.code)) return;
  if (!adapter.limiter.admitLogLine(tenant.id)) return adapter.metrics.countLimited(adapter.product, 'logLines');
  const { reason } = error.details;
  const refused = error instanceof RenewalRefused || error instanceof HandoffFailed ? error.cause : error;
  const entry = {
    tenantId: tenant.id,
    reference: c.get('reference'),
    product: adapter.product,
    purpose,
    stage: error.stage ?? (isCallback(c) ? 'callback' : 'start'),
    code: error.code,
    reason: reason === undefined ? null : String(reason),
    userId: refused instanceof RefusedUser ? refused.userId : null,
  };
  // The answer to the person does not depend on the log.
  await adapter.store.recordFailedSignIn(entry).catch((failure: unknown) => {
    const error = describeError(toSsoError(failure));
    adapter.logger.error({ reference: entry.reference, error }, 'the sign-in log could not be written');
  });
}

/** Gives the browser the secret of a transaction that was begun for it; the oldest give way. */
export function writeTransaction(c: AdapterRequest, adapter: Adapter, begun: BegunSignIn): void {
  for (const name of supersededTransactions(c.req.header('cookie'))) addCookie(c, clearedTransactionCookie(name));
  const startedSeconds = Math.floor(adapter.signIn.now() / 1000);
  addCookie(c, transactionCookie(begun.transactionName, begun.browserSecret, startedSeconds, begun.expiresInSeconds));
}

/** Adds a `Set-Cookie` to the answer, beside those that are there. */
export function addCookie(c: AdapterRequest, cookie: string): void {
  c.header('set-cookie', cookie, { append: true });
}

/**
 * Lets a half of a sign-in pass while its network and tenant have not too many under way; before the database is asked.
 *
 * @throws SsoError `too-many-sign-ins`, with `Retry-After` on the answer
 */
export function requireWithinLimits(c: AdapterRequest, adapter: Adapter, step: SignInStep): void {
  const refusal = adapter.limiter.admit(step, clientOf(c));
  if (refusal === null) return;
  adapter.metrics.countLimited(adapter.product, `${step} ${refusal.limit}`);
  c.header('retry-after', String(refusal.retryAfterSeconds));
  throw new SsoError('too-many-sign-ins', { stage: step, details: { reason: refusal.limit } });
}

function clientOf(c: AdapterRequest): SignInClient {
  return { tenantId: requireSetup(c).tenant.id, clientAddress: c.get('facts').clientAddress };
}

function requireSetup(c: AdapterRequest): TenantSetup {
  const setup = c.get('setup');
  if (setup === null) throw new SsoError('tenant-unknown');
  return setup;
}

function checkTileIssuer(c: AdapterRequest, { connection }: TenantSetup): void {
  const issuers = c.req.queries('iss') ?? [];
  if (issuers.length > 0 && connection !== null && !(issuers.length === 1 && issuers[0] === connection.issuer)) {
    throw new SsoError('response-issuer-mismatch', { stage: 'start', details: { reason: 'tile' } });
  }
}

/** A click on the tile that says nothing of where to go. A tile for one product has that product's start. */
function isOpenTile(c: AdapterRequest, { product }: Adapter): boolean {
  const { iss, target_link_uri: target, return_to: returnTo } = c.req.query();
  return product === 'workspace' && iss !== undefined && target === undefined && returnTo === undefined;
}

/** Visible ASCII of the length of an e-mail address; anything else is left out rather than passed on. */
export function toLoginHint(value: string | undefined): string | null {
  return value !== undefined && /^[\x21-\x7e]{1,254}$/.test(value) ? value : null;
}
