/**
 * @module A browser and an app for this package's tests: sends requests with a Host header and keeps cookies.
 * Not part of the package.
 */
import { createHash, randomBytes } from 'node:crypto';
import { type IncomingHttpHeaders, request } from 'node:http';
import type { OktaDevClient, OktaDevOrg } from '../src/index.js';

export interface TestResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  json(): Record<string, unknown>;
  /** The Location header, parsed. */
  location(): URL;
}

export interface TestRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>> | URLSearchParams | undefined;
}

/** Sends one request to the loopback address with the Host header of `url`. Does not follow redirects. */
export function send(url: string | URL, { method, headers, form }: TestRequest = {}): Promise<TestResponse> {
  const { host, port, pathname, search } = new URL(url);
  const body = form === undefined ? undefined : new URLSearchParams(form).toString();
  const type = body === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        path: pathname + search,
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: { Host: host, ...type, ...headers },
        agent: false,
      },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk) => {
          text += chunk;
        });
        incoming.on('error', reject);
        incoming.on('end', () => {
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            text,
            json: () => JSON.parse(text),
            location: () => new URL(incoming.headers.location ?? '', url),
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** A browser: cookies by host and path, redirects followed within the org. */
export class TestBrowser {
  readonly #cookies = new Map<string, string>();

  async fetch(url: string | URL, options: TestRequest = {}): Promise<TestResponse> {
    const { host, pathname } = new URL(url);
    const cookie = [...this.#cookies]
      .map(([key, value]) => ({ key: key.split(' '), value }))
      .filter(({ key }) => key[0] === host && pathname.startsWith(key[1] ?? '/'))
      .map(({ key, value }) => `${key[2]}=${value}`)
      .join('; ');
    const response = await send(url, {
      ...options,
      headers: { ...options.headers, ...(cookie ? { Cookie: cookie } : {}) },
    });
    for (const line of response.headers['set-cookie'] ?? []) {
      const [pair = '', ...attributes] = line.split(/; ?/);
      const [name = '', value = ''] = pair.split(/=(.*)/);
      const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? '/';
      if (value === '' || attributes.some((attribute) => /^expires=Thu, 01 Jan 1970/i.test(attribute))) {
        this.#cookies.delete(`${host} ${path} ${name}`);
      } else {
        this.#cookies.set(`${host} ${path} ${name}`, value);
      }
    }
    return response;
  }

  /** Follows redirects while they stay at `okta.localhost`. Returns the page, or the redirect that leaves. */
  async open(url: string | URL, options: TestRequest = {}): Promise<{ url: URL; response: TestResponse }> {
    let at = new URL(url);
    let response = await this.fetch(at, options);
    while (response.headers.location && response.location().host === at.host) {
      at = response.location();
      response = await this.fetch(at);
    }
    return { url: at, response };
  }
}

/** The app's side of a code flow. */
export class TestApp {
  readonly verifier = randomBytes(32).toString('base64url');
  readonly org: OktaDevOrg;
  readonly client: OktaDevClient;
  readonly origin: string;

  constructor(
    org: OktaDevOrg,
    { client = org.clients[0], origin = org.origin }: { client?: OktaDevClient | undefined; origin?: string } = {},
  ) {
    if (!client) throw new Error('The org has no app');
    this.org = org;
    this.client = client;
    this.origin = origin;
  }

  get secret(): string {
    return this.client.clientSecrets[0]?.value ?? '';
  }

  get redirectUri(): string {
    return this.client.redirectUris[0] ?? '';
  }

  get basic(): Record<string, string> {
    return { Authorization: basic(this.client.clientId, this.secret) };
  }

  /** A correct authorize request; a change to `undefined` leaves a parameter out. */
  authorizeUrl(changes: Readonly<Record<string, string | undefined>> = {}): URL {
    const url = new URL('/oauth2/v1/authorize', this.origin);
    const params = {
      client_id: this.client.clientId,
      redirect_uri: this.redirectUri,
      response_type: 'code',
      scope: 'openid profile email',
      state: 'state-1',
      nonce: 'nonce-1',
      code_challenge: createHash('sha256').update(this.verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...changes,
    };
    for (const [name, value] of Object.entries(params)) if (value !== undefined) url.searchParams.set(name, value);
    return url;
  }

  /** Signs in as `email` and returns the redirect to the app. */
  async signIn(browser: TestBrowser, email: string, changes: Readonly<Record<string, string | undefined>> = {}) {
    const page = await browser.open(this.authorizeUrl(changes));
    return (await browser.open(page.url, { form: { email } })).response;
  }

  /** Exchanges a code; a change to `undefined` leaves a parameter out. */
  exchange(code: string, changes: Readonly<Record<string, string | undefined>> = {}, headers = this.basic) {
    const form = new URLSearchParams();
    const params = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: this.redirectUri,
      code_verifier: this.verifier,
      ...changes,
    };
    for (const [name, value] of Object.entries(params)) if (value !== undefined) form.set(name, value);
    return send(`${this.origin}/oauth2/v1/token`, { form, headers });
  }

  /** The whole flow in a fresh browser. Returns the token response's body. */
  async tokens(
    email: string,
    changes: Readonly<Record<string, string | undefined>> = {},
  ): Promise<Record<string, string>> {
    const redirect = await this.signIn(new TestBrowser(), email, changes);
    const response = await this.exchange(redirect.location().searchParams.get('code') ?? '');
    return response.json() as Record<string, string>;
  }
}

/** Returns the Authorization header of client_secret_basic. */
export function basic(clientId: string, secret: string): string {
  return `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`;
}
