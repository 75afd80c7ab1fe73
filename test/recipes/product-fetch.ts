interface Token {
  readonly token: string;
  /** By this browser's clock, which may be wrong, but goes on at the right speed. */
  readonly goodUntil: number;
}

const MARGIN_MS = 30_000;

/**
 * `fetch` for the product's services: every request carries a token. One that is nearly over is replaced, and one that
 * was refused is replaced once. In a CRM's frame `askAdapter` is the `request` of `/cti/sso.js`.
 */
export function createProductFetch(
  product: string,
  askAdapter = (path: string, init: RequestInit) => fetch(path, init),
) {
  let token: Promise<Token | null> = Promise.resolve(null);

  async function renew(): Promise<Token> {
    const response = await askAdapter(`/${product}/session/token`, { method: 'POST' });
    // 401: the session is over, and the person has to sign in again.
    if (!response.ok) throw new Error(`No product token: ${response.status}`);
    const answer = (await response.json()) as { token: string; expiresIn: number };
    return { token: answer.token, goodUntil: Date.now() + answer.expiresIn * 1000 - MARGIN_MS };
  }

  async function current(): Promise<string> {
    const known = token;
    const value = await known.catch(() => null);
    if (value !== null && Date.now() < value.goodUntil) return value.token;
    // Whoever notices first renews; the others wait for the same answer.
    if (token === known) token = renew();
    return (await token)?.token ?? '';
  }

  function send(url: string, init: RequestInit, bearer: string): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${bearer}`);
    return fetch(url, { ...init, headers });
  }

  return async (url: string, init: RequestInit = {}): Promise<Response> => {
    const used = await current();
    const answer = await send(url, init, used);
    if (answer.status !== 401) return answer;
    const known = await token.catch(() => null);
    if (known?.token === used) token = Promise.resolve(null);
    return send(url, init, await current());
  };
}
