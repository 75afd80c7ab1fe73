/**
 * @module
 * The frame's half of the sign-in inside a CRM: one function without dependencies, for the front end of the CTI Adaptor.
 * The adapter serves it as `/cti/sso.js`; a front end that bundles its own scripts imports it from here.
 *
 * Okta cannot be framed, and a frame on another site can rely neither on third-party cookies nor on the window that it
 * opens. So the frame keeps a secret of its own, opens a window that signs in at the top level, and asks the server how
 * that goes; the user confirms a number that both windows show. Nothing depends on `opener`, `closed`, messages or
 * shared storage.
 */
import type { KeptSession, SessionKeeper, SessionKeeperEvents, SessionKeeperOptions } from './keep-session.js';

/** Who is signed in, as `GET /cti/session` says it. */
export interface CtiSession extends KeptSession {
  readonly tenant: { readonly id: string; readonly domain: string };
  readonly product: 'cti';
}

/** What a sign-in ends with: the session, and the path of the CTI Adaptor with everything that the CRM put on it. */
export interface CtiSignedIn {
  readonly session: CtiSession;
  /** On this origin, with its query. */
  readonly returnPath: string;
  /**
   * False in a browser that keeps no cookie for the frame: then the session lives in this page's memory, and with it.
   * Take over without loading another page.
   */
  readonly survivesReload: boolean;
}

/**
 * `popup-blocked`: the window did not open. `cookie-blocked`: the browser kept no cookie where one was needed.
 * `cancelled`: somebody pressed Cancel, here or in the window. `timed-out`: nobody finished within five minutes.
 * `network`: the adapter could not be asked. Any other code is the adapter's own, such as `user-not-found`.
 */
export type CtiSignInCode = 'popup-blocked' | 'cookie-blocked' | 'cancelled' | 'timed-out' | 'network' | (string & {});

/** What {@link CtiSignIn.signIn} rejects with. */
export interface CtiSignInError extends Error {
  /** For a program; {@link CtiSignIn.texts} has a sentence for it, which is the error's message too. */
  readonly code: CtiSignInCode;
  /** Under which the tenant's administrator finds the cause in the sign-in log, if there is one. */
  readonly reference?: string;
}

/** A sign-in under way, for whoever shows it. */
export interface CtiSignInAttempt {
  /** Two digits that the user compares with the window's. */
  readonly number: string;
  /** Opens the window once more; from a click, where the browser did not open it at first. */
  readonly open: () => void;
  /** Ends the attempt: `signIn` rejects with code `cancelled`. */
  readonly cancel: () => void;
  /** Called when the window has arrived, or when it seems not to. */
  readonly onWindow: (listener: (isOpened: boolean) => void) => void;
}

/** How the page shows a sign-in while it is under way. */
export interface CtiSignInOptions {
  /** Shows the number and a way to cancel; returns what takes them away. Default: a dialog over the page. */
  readonly show?: (attempt: CtiSignInAttempt) => () => void;
}

/** The frame's half of the sign-in; one for a page. It keeps its secrets in memory alone. */
export interface CtiSignIn {
  /**
   * Signs in. Call it in the handler of a click, before anything is awaited, or the browser blocks the window. A call
   * while one is under way returns that one. Rejects with a {@link CtiSignInError}.
   */
  signIn(options?: CtiSignInOptions): Promise<CtiSignedIn>;
  /** The session of this frame, or null; then a sign-in is prepared. Rejects with code `network`. */
  session(): Promise<CtiSession | null>;
  /** Ends the session of this frame. */
  signOut(): Promise<void>;
  /** Makes the next {@link CtiSignIn.signIn} open its window without a wait. `session()` does it where it is needed. */
  prepare(): Promise<void>;
  /** `fetch` for paths of the CTI Adaptor, with whatever carries the session in this frame. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /**
   * Watches the session and reports calls: see `keepSession`. It goes on through the same user's next sign-in, with a call
   * that is on, and ends with the session.
   */
  keep(): SessionKeeper;
  /** `ending`, `ended` and the other events of the session, over several sign-ins. Returns what takes it back. */
  on<Name extends keyof SessionKeeperEvents>(
    name: Name,
    listener: (detail: SessionKeeperEvents[Name]) => void,
  ): () => void;
  /** A plain English sentence for a code. */
  texts(code: CtiSignInCode): string;
}

/** What the function cannot have as an import, because it is served as text. */
export interface CtiSignInDeps {
  /** `keepSession` of `@ipscape/sso-hono/keep-session`. */
  readonly keepSession: (options: SessionKeeperOptions) => SessionKeeper;
}

/** Makes the frame’s half; once for a page. `/cti/sso.js` exports the members of one that is made already. */
export function createCtiSignIn({ keepSession }: CtiSignInDeps): CtiSignIn {
  /** Prepared handoffs are used while they have this long to live. */
  const FRESH_MS = 60_000;
  const FIRST_POLL_MS = 1000;
  /** Without a sign of the window by then, it was blocked. */
  const BLOCKED_MS = 10_000;
  /** The browser gave no window, which may mean nothing. */
  const SURELY_BLOCKED_MS = 8000;

  interface Handoff {
    readonly id: string;
    readonly number: string;
    readonly verifier: string;
    readonly pollAfterMs: number;
    /** How long it still lives. Of two clocks: one may stand still while the machine sleeps, the other may be set. */
    leftMs(): number;
  }

  interface PollAnswer {
    readonly status: 'pending' | 'confirmed' | 'redeemed' | 'cancelled' | 'failed' | 'expired';
    readonly isOpened?: boolean;
    readonly code?: string;
    readonly reference?: string;
  }

  let bearer: string | null = null;
  let prepared: Handoff | null = null;
  let preparing: Promise<Handoff> | null = null;
  let refresh: ReturnType<typeof setTimeout> | undefined;
  let underWay: Promise<CtiSignedIn> | null = null;
  let keeper: SessionKeeper | null = null;
  const listeners = new Map<keyof SessionKeeperEvents, Set<(detail: never) => void>>();

  function fail(code: CtiSignInCode, reference?: string): CtiSignInError {
    const error = new Error(texts(code)) as Error & { code: CtiSignInCode; reference?: string };
    error.code = code;
    if (reference !== undefined) error.reference = reference;
    return error;
  }

  async function request(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('x-ipscape-sso', '1');
    if (!headers.has('accept')) headers.set('accept', 'application/json');
    if (bearer !== null) headers.set('authorization', `Bearer ${bearer}`);
    return fetch(path, { ...init, headers, credentials: 'same-origin', cache: 'no-store' });
  }

  /** The network is tried once more: what is asked here may be asked twice. */
  async function ask(path: string, init: RequestInit): Promise<Response> {
    try {
      return await request(path, init);
    } catch {
      return request(path, init).catch(() => {
        throw fail('network');
      });
    }
  }

  function toBase64Url(bytes: Uint8Array): string {
    return btoa(String.fromCharCode(...bytes))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replaceAll('=', '');
  }

  async function createHandoff(): Promise<Handoff> {
    const verifier = toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
    const body = { challenge: toBase64Url(new Uint8Array(digest)), query: location.search.slice(1) };
    const response = await ask('/cti/handoffs', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw await toError(response);
    const made = (await response.json()) as {
      readonly id: string;
      readonly number: string;
      readonly now: string;
      readonly expiresAt: string;
      readonly pollAfterMs: number;
    };
    const lifeMs = Date.parse(made.expiresAt) - Date.parse(made.now);
    const { id, number, pollAfterMs } = made;
    const [madeAtMs, madeAt] = [performance.now(), Date.now()];
    const leftMs = (): number => lifeMs - Math.max(performance.now() - madeAtMs, Date.now() - madeAt);
    return { id, number, verifier, pollAfterMs, leftMs };
  }

  async function toError(response: Response): Promise<CtiSignInError> {
    const problem = (await response.json().catch(() => ({}))) as {
      readonly code?: string;
      readonly reference?: string;
    };
    return fail(problem.code ?? 'network', problem.reference);
  }

  function isFresh(handoff: Handoff | null): handoff is Handoff {
    return handoff !== null && handoff.leftMs() > FRESH_MS;
  }

  async function prepare(): Promise<void> {
    if (isFresh(prepared) || underWay !== null) return;
    preparing ??= createHandoff().finally(() => {
      preparing = null;
    });
    prepared = await preparing;
    clearTimeout(refresh);
    // A page that nobody looks at prepares nothing.
    const again = (): void => {
      if (prepared === null) return;
      prepared = null;
      if (document.visibilityState === 'visible') void prepare().catch(() => {});
      else document.addEventListener('visibilitychange', () => void prepare().catch(() => {}), { once: true });
    };
    refresh = setTimeout(again, Math.max(0, prepared.leftMs() - FRESH_MS));
  }

  async function session(): Promise<CtiSession | null> {
    const response = await ask('/cti/session?passive=true', {});
    if (response.ok) return (await response.json()) as CtiSession;
    if (response.status !== 401) throw await toError(response);
    await prepare().catch(() => {});
    return null;
  }

  function signIn(options: CtiSignInOptions = {}): Promise<CtiSignedIn> {
    if (underWay !== null) return underWay;
    const ready = isFresh(prepared) ? prepared : null;
    prepared = null;
    clearTimeout(refresh);
    // At once: a moment later the browser would not let a click open it.
    const isSurelyOpen = ready === null ? null : openWindow(ready);
    const attempt = run(ready, isSurelyOpen, options).finally(() => {
      underWay = null;
    });
    underWay = attempt;
    return attempt;
  }

  /** Whether the browser says that there is a window; null from it may mean that it may not be known here. */
  function openWindow({ id }: Handoff): boolean {
    const name = `ipscape-cti-${id.slice(0, 12)}`;
    return window.open(`/cti/handoffs/${id}/window`, name, 'popup,width=520,height=720') !== null;
  }

  async function run(
    ready: Handoff | null,
    wasOpened: boolean | null,
    { show = showDialog }: CtiSignInOptions,
  ): Promise<CtiSignedIn> {
    const handoff = ready ?? (await createHandoff());
    let isSurelyOpen = wasOpened ?? openWindow(handoff);
    let openedAtMs = performance.now();
    let stop: (error: CtiSignInError) => void = () => {};
    const stopped = new Promise<never>((_resolve, reject) => {
      stop = reject;
    });
    const tell = new Set<(isOpened: boolean) => void>();
    stopped.catch(() => {});
    const hide = show({
      number: handoff.number,
      open() {
        isSurelyOpen = openWindow(handoff);
        openedAtMs = performance.now();
      },
      cancel: () => stop(fail('cancelled')),
      onWindow: (listener) => void tell.add(listener),
    });
    try {
      let pauseMs = FIRST_POLL_MS;
      for (;;) {
        await Promise.race([pause(pauseMs), stopped]);
        pauseMs = handoff.pollAfterMs;
        if (handoff.leftMs() <= 0) throw fail('timed-out');
        const answer = await Promise.race([poll(handoff), stopped]);
        if (answer === null) continue;
        if (answer.status === 'confirmed') return await redeem(handoff);
        if (answer.status !== 'pending') throw toFailure(answer);
        const patienceMs = isSurelyOpen ? BLOCKED_MS : SURELY_BLOCKED_MS;
        const waitedMs = performance.now() - openedAtMs;
        for (const listener of tell) listener(answer.isOpened === true || waitedMs < patienceMs / 2);
        if (answer.isOpened !== true && waitedMs >= patienceMs) throw fail('popup-blocked');
      }
    } catch (error) {
      const { code } = error as CtiSignInError;
      if (code === 'cancelled' || code === 'popup-blocked' || code === 'timed-out') void giveUp(handoff, code);
      throw error;
    } finally {
      hide();
    }
  }

  /** Sooner when somebody comes back to this page. */
  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        removeEventListener('focus', done);
        document.removeEventListener('visibilitychange', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      addEventListener('focus', done);
      document.addEventListener('visibilitychange', done);
    });
  }

  /** Null when nothing could be learned; the next question may. */
  async function poll({ id, verifier }: Handoff): Promise<PollAnswer | null> {
    const headers = { 'x-ipscape-verifier': verifier };
    const response = await request(`/cti/handoffs/${id}`, { headers }).catch(() => null);
    if (response === null || response.status >= 500) return null;
    if (response.status === 404) return { status: 'expired' };
    if (!response.ok) throw await toError(response);
    return (await response.json()) as PollAnswer;
  }

  function toFailure({ status, code, reference }: PollAnswer): CtiSignInError {
    if (status === 'cancelled') return fail('cancelled', reference);
    if (status === 'failed') return fail(code ?? 'internal-error', reference);
    return fail('timed-out');
  }

  async function redeem({ id, verifier }: Handoff): Promise<CtiSignedIn> {
    const response = await request(`/cti/handoffs/${id}/redeem`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ verifier }),
    }).catch(() => null);
    if (response !== null && !response.ok) throw await toError(response);
    // The answer may have been lost, but not the cookie that came with it.
    const answer = response === null ? {} : ((await response.json()) as { bearer?: string; returnPath?: string });
    bearer = answer.bearer ?? null;
    const opened = await session();
    if (opened === null) throw fail(response === null ? 'network' : 'cookie-blocked');
    // It goes on with a call that is on, or ends when this is somebody else.
    await keeper?.check();
    if (listeners.size > 0) keep();
    const returnPath = answer.returnPath ?? `/cti/${location.search}`;
    return { session: opened, returnPath, survivesReload: bearer === null };
  }

  async function giveUp({ id, verifier }: Handoff, reason: string): Promise<void> {
    await request(`/cti/handoffs/${id}`, {
      method: 'DELETE',
      headers: { 'content-type': 'application/json', 'x-ipscape-verifier': verifier },
      body: JSON.stringify({ reason }),
      keepalive: true,
    }).catch(() => {});
  }

  async function signOut(): Promise<void> {
    const response = await ask('/cti/logout', { method: 'POST' });
    if (!response.ok) throw await toError(response);
    bearer = null;
    // It says `ended` to whoever listens, and stops.
    await keeper?.check();
    keeper = null;
  }

  function keep(): SessionKeeper {
    if (keeper !== null) return keeper;
    const kept = keepSession({
      product: 'cti',
      request,
      // What the attempt shows is the user's to see; who needs its outcome calls `signIn` itself.
      signIn: () => void signIn().catch(() => {}),
      // The provider cannot be framed, so there the end is the time to sign in.
      ...(window.top === window ? {} : { renew: null }),
    });
    const names = ['change', 'ending', 'continuing', 'deferred', 'ended', 'renewal-refused'] as const;
    for (const name of names) {
      kept.on(name, (detail) => {
        if (name === 'ended' && keeper === kept) keeper = null;
        // So that the click opens the window without a wait.
        if (name === 'ending' || name === 'deferred') void prepare().catch(() => {});
        for (const listener of listeners.get(name) ?? []) listener(detail as never);
      });
    }
    keeper = kept;
    return kept;
  }

  function on<Name extends keyof SessionKeeperEvents>(
    name: Name,
    listener: (detail: SessionKeeperEvents[Name]) => void,
  ): () => void {
    const set = listeners.get(name) ?? new Set();
    listeners.set(name, set);
    set.add(listener);
    return () => void set.delete(listener);
  }

  function texts(code: CtiSignInCode): string {
    const known: Readonly<Record<string, string>> = {
      'popup-blocked':
        'The sign-in window did not open. Allow pop-up windows for this site, then try again. If it still does not open, the page around the CTI Adaptor forbids it: tell your administrator.',
      'cookie-blocked':
        'Your browser did not keep a cookie that the sign-in needs. Allow cookies for this site, then try again.',
      cancelled: 'The sign-in was stopped.',
      'timed-out': 'The sign-in took too long. Please try again.',
      network: 'ipSCAPE can’t be reached at the moment. Check your connection, then try again.',
      'sso-not-enabled': 'Your organisation has not connected single sign-on yet. Tell your administrator.',
      'user-not-found': 'There is no ipSCAPE user for the account that you signed in with. Tell your administrator.',
      'user-inactive': 'Your ipSCAPE user is disabled. Tell your administrator.',
      'product-not-permitted': 'Your ipSCAPE user may not use the CTI Adaptor. Tell your administrator.',
      'too-many-requests': 'There were too many attempts. Wait a minute, then try again.',
    };
    return known[code] ?? 'The sign-in did not succeed. The sign-in window says why; please try again.';
  }

  /** Styled through the object model, which a strict Content-Security-Policy allows. */
  function showDialog({ number, open, cancel, onWindow }: CtiSignInAttempt): () => void {
    const make = <Name extends keyof HTMLElementTagNameMap>(
      name: Name,
      text: string,
      style: Partial<CSSStyleDeclaration> = {},
    ): HTMLElementTagNameMap[Name] => {
      const element = document.createElement(name);
      element.textContent = text;
      Object.assign(element.style, style);
      return element;
    };
    const focused = document.activeElement;
    const dialog = make('dialog', '', {
      width: 'min(20rem, calc(100vw - 2rem))',
      boxSizing: 'border-box',
      padding: '1.25rem',
      border: '1px solid GrayText',
      borderRadius: '0.75rem',
      background: 'Canvas',
      color: 'CanvasText',
      font: '1rem/1.5 system-ui, sans-serif',
      colorScheme: 'light dark',
    });
    const title = make('h2', 'Sign in in the other window', {
      margin: '0 0 0.5rem',
      fontSize: '1.125rem',
      lineHeight: '1.3',
    });
    title.id = 'ipscape-cti-sign-in-title';
    const text = make('p', 'It asks whether you see this number here:', { margin: '0' });
    const digits = make('p', number, {
      margin: '0.5rem 0',
      fontSize: '2.25rem',
      fontWeight: '700',
      letterSpacing: '0.1em',
    });
    const state = make('p', '', { margin: '0 0 0.75rem' });
    state.setAttribute('role', 'status');
    const button = {
      font: 'inherit',
      fontWeight: '600',
      padding: '0.625rem 1rem',
      width: '100%',
      marginTop: '0.5rem',
      cursor: 'pointer',
    };
    const again = make('button', 'Open the window', button);
    const stop = make('button', 'Cancel', button);
    again.type = 'button';
    stop.type = 'button';
    again.hidden = true;
    again.addEventListener('click', open);
    stop.addEventListener('click', cancel);
    dialog.addEventListener('cancel', cancel);
    dialog.setAttribute('aria-labelledby', title.id);
    dialog.append(title, text, digits, state, again, stop);
    document.body.append(dialog);
    dialog.showModal();
    onWindow((isOpened) => {
      if (again.hidden !== isOpened) {
        again.hidden = isOpened;
        state.textContent = isOpened ? '' : 'The window does not seem to have opened.';
      }
    });
    return () => {
      dialog.close();
      dialog.remove();
      if (focused instanceof HTMLElement) focused.focus();
    };
  }

  return { signIn, session, signOut, prepare, request, keep, on, texts };
}
