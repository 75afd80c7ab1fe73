/**
 * @module
 * The session of a frame whose browser keeps no cookies: its handle is in the frame's memory and comes with every
 * request. RFC 6750 §2.1.
 */

/** The scheme is compared exactly: only our own script sends it. */
const BEARER = /^Bearer ([A-Za-z0-9_-]{43})$/;

/** Undefined without the header; null when it is there and holds nothing that was ever given out. */
export function readBearer(authorization: string | undefined): string | null | undefined {
  return authorization === undefined ? undefined : (BEARER.exec(authorization)?.[1] ?? null);
}

/**
 * What is hashed for the database. Never equal to the handle of a cookie, so that neither is worth anything in the place
 * of the other: a cookie's value that leaked is no bearer.
 */
export function bearerHandle(bearer: string): string {
  return `bearer ${bearer}`;
}
