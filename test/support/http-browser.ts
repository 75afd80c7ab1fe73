/**
 * @module
 * A browser as far as HTTP goes: a cookie jar with a browser's rules, and no redirects that nobody asked for. Names
 * ending in `.localhost` are reached at the loopback address, because not every system resolves them.
 */
import { Agent, type IncomingHttpHeaders, request as sendRequest } from 'node:http';

export interface HttpRequest {
  readonly method?: string;
  /** Replaces the browser's own headers of the same name; null leaves one out. */
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly body?: string | Buffer;
  /** The request line's target when it is not simply the URL's path and query. */
  readonly target?: string;
}

export interface Answer {
  readonly url: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly setCookies: readonly string[];
  readonly text: string;
  json(): Record<string, unknown>;
  /** Where it redirects to. */
  location(): string;
}

export interface StoredCookie {
  readonly host: string;
  readonly name: string;
  readonly value: string;
  readonly path: string;
  readonly attributes: readonly string[];
}

const agent = new Agent({ keepAlive: true, maxSockets: 700 });

/** Sends exactly what it is told to, without a jar. */
export function send(url: string, options: HttpRequest & { readonly port?: number } = {}): Promise<Answer> {
  const { host, port, pathname, search } = new URL(url);
  const headers = Object.entries({ host, ...options.headers }).filter((entry): entry is [string, string] => {
    return entry[1] !== null;
  });
  return new Promise((resolve, reject) => {
    const outgoing = sendRequest(
      {
        agent,
        host: '127.0.0.1',
        port: options.port ?? port,
        method: options.method ?? 'GET',
        path: options.target ?? pathname + search,
        headers: Object.fromEntries(headers),
        setHost: false,
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({
            url,
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            setCookies: incoming.headers['set-cookie'] ?? [],
            text,
            json: () => JSON.parse(text) as Record<string, unknown>,
            location: () => new URL(incoming.headers.location ?? '', url).href,
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(options.body);
  });
}

export class HttpBrowser {
  readonly #cookies = new Map<string, StoredCookie>();
  /** Port to connect to in place of a URL's own, so that one origin can be served by several instances. */
  connectTo: ((url: URL) => number | undefined) | undefined;
  /** Whether cookies are kept and sent at all. */
  acceptsCookies = true;
  /** Sent with every request to our own hosts, as a proxy in front adds them. */
  forwarded: Readonly<Record<string, string>> = {};
  /** Everything that was received, oldest first. */
  readonly answers: Answer[] = [];

  get cookies(): readonly StoredCookie[] {
    return [...this.#cookies.values()];
  }

  /** The Cookie header for a URL: longest paths first, then in the order of their creation. RFC 6265 §5.4. */
  cookieHeader(url: string): string {
    const { hostname, pathname } = new URL(url);
    return this.cookies
      .filter(({ host, path }) => host === hostname && (path === '/' || `${pathname}/`.startsWith(`${path}/`)))
      .toSorted((a, b) => b.path.length - a.path.length)
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  }

  findCookie(url: string, name: string): string | undefined {
    return this.#cookies.get(`${new URL(url).hostname} ${name}`)?.value;
  }

  setCookie(url: string, header: string): void {
    const [pair = '', ...attributes] = header.split(/; ?/);
    const separator = pair.indexOf('=');
    const name = pair.slice(0, separator);
    const value = pair.slice(separator + 1);
    const attribute = (wanted: string): string | undefined =>
      attributes
        .find((entry) => entry.toLowerCase().split('=')[0] === wanted)
        ?.split('=')
        .slice(1)
        .join('=');
    const path = attribute('path') ?? '/';
    // A prefix is a promise that browsers enforce. RFC 6265bis §4.1.3.2.
    const keepsPromise = attribute('secure') !== undefined && path === '/' && attribute('domain') === undefined;
    if (name.startsWith('__Host-') && !keepsPromise) return;
    const host = new URL(url).hostname;
    // As Chromium: Secure counts as fulfilled on a name ending in .localhost.
    const key = `${host} ${name}`;
    const isGone = Number(attribute('max-age') ?? 1) <= 0 || new Date(attribute('expires') ?? '9999-01-01') <= EPOCH;
    if (isGone) this.#cookies.delete(key);
    else this.#cookies.set(key, { host, name, value, path, attributes });
  }

  async request(url: string, options: HttpRequest = {}): Promise<Answer> {
    const cookie = this.acceptsCookies ? this.cookieHeader(url) : '';
    const port = this.connectTo?.(new URL(url));
    const answer = await send(url, {
      ...options,
      headers: {
        accept: 'text/html',
        ...(cookie === '' ? {} : { cookie }),
        ...(port === undefined ? {} : this.forwarded),
        ...options.headers,
      },
      ...(port === undefined ? {} : { port }),
    });
    this.answers.push(answer);
    if (this.acceptsCookies) for (const header of answer.setCookies) this.setCookie(url, header);
    return answer;
  }

  /** As a program asks: for JSON. */
  ask(url: string, options: HttpRequest = {}): Promise<Answer> {
    return this.request(url, { ...options, headers: { accept: 'application/json', ...options.headers } });
  }

  /** As a form on a page of the same origin sends it. */
  post(url: string, options: HttpRequest = {}): Promise<Answer> {
    const { origin } = new URL(url);
    return this.request(url, {
      method: 'POST',
      ...options,
      headers: { origin, 'sec-fetch-site': 'same-origin', 'content-length': '0', ...options.headers },
    });
  }

  /** Follows redirects for as long as they stay on the host. */
  async follow(answer: Answer): Promise<Answer> {
    let last = answer;
    while (last.headers.location !== undefined && new URL(last.location()).host === new URL(last.url).host) {
      last = await this.request(last.location());
    }
    return last;
  }
}

const EPOCH = new Date('1970-01-02');
