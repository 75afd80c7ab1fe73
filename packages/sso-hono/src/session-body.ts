/**
 * @module
 * The body of `GET /{product}/session` and `POST /{product}/session/activity`.
 */
import { SESSION_RENEWAL_SECONDS, SESSION_WARNING_SECONDS, type SessionView } from '@ipscape/sso-core';

/** Written once for as long as the session is remembered: this is what products ask most often. */
const bodies = new WeakMap<SessionView, string>();

/**
 * Times in ISO 8601, all by the database's clock; `now` is when they were read, so that a page needs no clock of its
 * own that is right. `expiresAt`: when the session ends if nothing more happens. `idleExpiresAt`: its ordinary end by
 * inactivity, never behind `absoluteExpiresAt`, its ordinary end in any case. `warnAt`: from when on to warn.
 * `renewAt`: from when on a renewal is worth it; null for a session that was revoked. `call`: the call in progress with
 * the time by which it must be reported again. `deferral`: why the session would have ended were it not for the call,
 * and when it ends even if the call goes on.
 */
export function sessionBody(session: SessionView): string {
  let body = bodies.get(session);
  if (body === undefined) {
    body = JSON.stringify(toBody(session));
    bodies.set(session, body);
  }
  return body;
}

function toBody({ user, tenant, product, authTime, expiresAt, life }: SessionView) {
  const { idleExpiresAt, absoluteExpiresAt, call, deferral } = life;
  return {
    user,
    tenant,
    product,
    authTime,
    expiresAt,
    now: life.readAt,
    warnAt: before(idleExpiresAt, SESSION_WARNING_SECONDS),
    renewAt: deferral?.reason === 'revocation' ? null : before(absoluteExpiresAt, SESSION_RENEWAL_SECONDS),
    idleExpiresAt,
    absoluteExpiresAt,
    call,
    deferral,
  };
}

function before(date: Date, seconds: number): Date {
  return new Date(date.getTime() - seconds * 1000);
}
