/**
 * @module Walks through the sign-in pages as a person would, for tests without a browser.
 */
import { type IncomingHttpHeaders, request as sendRequest } from 'node:http';

/** Whose sign-in it is. The local org asks for no password. */
export interface SignInAtOktaOptions {
  /** Whom to choose on the sign-in page, or `cancel`. A user without the app is refused, as by Okta. */
  readonly email: string;
}

interface Answer {
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

const MAX_STEPS = 10;

/**
 * Opens an authorization request of a local org in a browser without cookies, and signs in. Returns the address that
 * Okta sends the browser to: the app's redirect URI with `code` and `state`, or with `error`. It is not opened.
 *
 * @throws {Error} when Okta shows an error page instead, with its status
 */
export async function signInAtOkta(authorizationUrl: string, { email }: SignInAtOktaOptions): Promise<string> {
  const cookies = new Map<string, string>();
  const start = new URL(authorizationUrl);
  let answer = await send(start, cookies);
  for (let step = 0; step < MAX_STEPS; step++) {
    const { location } = answer.headers;
    if (location !== undefined) {
      const next = new URL(location, answer.url);
      if (next.host !== start.host) return next.href;
      answer = await send(next, cookies);
    } else if (answer.status === 200) {
      const form = email === 'cancel' ? { action: 'cancel' } : { email };
      answer = await send(answer.url, cookies, new URLSearchParams(form).toString());
    } else break;
  }
  throw new Error(`Okta answered ${answer.status} instead of going back to the app.`);
}

/** Names ending in `.localhost` are reached at the loopback address, because not every system resolves them. */
function send(url: URL, cookies: Map<string, string>, form?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = sendRequest(
      {
        host: '127.0.0.1',
        port: url.port,
        path: url.pathname + url.search,
        method: form === undefined ? 'GET' : 'POST',
        headers: {
          host: url.host,
          accept: 'text/html',
          cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
          ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        },
        setHost: false,
      },
      (incoming) => {
        for (const header of incoming.headers['set-cookie'] ?? []) keepCookie(cookies, header);
        incoming.resume();
        incoming.on('error', reject);
        incoming.on('end', () => resolve({ url, status: incoming.statusCode ?? 0, headers: incoming.headers }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(form);
  });
}

function keepCookie(cookies: Map<string, string>, header: string): void {
  const [pair = ''] = header.split(';');
  const separator = pair.indexOf('=');
  const value = pair.slice(separator + 1);
  if (value === '') cookies.delete(pair.slice(0, separator));
  else cookies.set(pair.slice(0, separator), value);
}
