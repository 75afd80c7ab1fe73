/**
 * @module
 * The browser's side of a session that lasts a shift: one function without dependencies, for a product's front end. The
 * Agent Toolbar's adapter serves it in `/toolbar/sso.js`; a front end that bundles its own scripts imports it from here.
 *
 * It watches the session without keeping it alive, reports what the user does and the calls that the product tells it
 * of, says when the end is near, and renews the session at a quiet moment. Only the server decides when a session ends.
 */

/** Who is signed in and for how long, as `GET /{product}/session` says it; times are ISO 8601, of the server's clock. */
export interface KeptSession {
  readonly user: { readonly id: string; readonly email: string; readonly name: string; readonly role: string };
  /** When the user signed in at the provider. */
  readonly authTime: string;
  /** When the session ends if nothing more happens. */
  readonly expiresAt: string;
  /** When this was read. */
  readonly now: string;
  /** From when on the user is to be warned of the end by inactivity. */
  readonly warnAt: string;
  /** From when on a renewal is worth it; null for a session that was revoked, which cannot be renewed. */
  readonly renewAt: string | null;
  /** The ordinary end by inactivity, never behind `absoluteExpiresAt`; a call may put it off. */
  readonly idleExpiresAt: string;
  /** The ordinary end however busy the session is; a call may put it off. */
  readonly absoluteExpiresAt: string;
  /** The call in progress, and by when it must be reported again; null without one. */
  readonly call: { readonly startedAt: string; readonly reportBefore: string } | null;
  /** Why the session would have ended were it not for the call, and when it ends even if the call goes on. */
  readonly deferral: {
    readonly reason: 'idle-limit' | 'absolute-limit' | 'revocation';
    readonly until: string;
  } | null;
}

/** Names of the events and what each listener is told. */
export interface SessionKeeperEvents {
  /** Anything about the session was read anew. */
  change: KeptSession;
  /**
   * The end is near, once for each end: `idle-limit` can be put off by any input or `stay()`, `absolute-limit` by a
   * renewal or a sign-in.
   */
  ending: { readonly reason: 'idle-limit' | 'absolute-limit'; readonly session: KeptSession };
  /** What `ending` or `deferred` said is no longer so. */
  continuing: KeptSession;
  /** The session would have ended, and waits for the call. */
  deferred: { readonly reason: 'idle-limit' | 'absolute-limit' | 'revocation'; readonly session: KeptSession };
  /**
   * The session is over, and nothing more is asked or reported. `other-user`: somebody else has signed in in this
   * browser; what this page shows belongs to the user before.
   */
  ended: { readonly reason: 'signed-out' | 'other-user' };
  /**
   * The session was not renewed, and goes on. `interaction-required`: the user has to sign in. `user-mismatch`: somebody
   * else is signed in at the provider. Any other code is the adapter's own.
   */
  'renewal-refused': { readonly code: string };
}

/** Whose session is watched, and what a page or frame has to do its own way. */
export interface SessionKeeperOptions {
  /** Whose routes are asked: `/{product}/session` and below. */
  readonly product: 'workspace' | 'cti' | 'toolbar';
  /** How the adapter is asked. Default: `fetch`. In a CRM's frame: `request` of `/cti/sso.js`. */
  readonly request?: (path: string, init?: RequestInit) => Promise<Response>;
  /**
   * Renews the session without asking the user. Default: goes to the provider and back in this window, which loads the
   * page again. `null` where that is not possible, as in a frame: then `ending` is the time to offer a sign-in.
   */
  readonly renew?: (() => void) | null;
  /**
   * Whether a renewal would disturb nobody now: whether nothing on the page would be lost if it were loaded again.
   * Asked only when a renewal is due and no call is on. Default: nothing was typed or clicked for five minutes, or for
   * one minute on a page that is not visible.
   */
  readonly isQuiet?: () => boolean;
  /**
   * What `signInAgain()` does; from a click. Default: opens `/{product}/login` in a window of its own. In a CRM's frame:
   * `signIn` of `/cti/sso.js`.
   */
  readonly signIn?: () => unknown;
}

/** A session that is watched. Nothing here rejects or throws because the adapter cannot be asked: it is asked again. */
export interface SessionKeeper {
  /** As last read; null before the first answer and after the end. */
  readonly session: KeptSession | null;
  /** Between `startCall()` and `endCall()` of this page; `session.call` is what the server knows. */
  readonly isOnCall: boolean;
  /** Calls the listener at every such event from now on. Returns what takes it back. */
  on<Name extends keyof SessionKeeperEvents>(
    name: Name,
    listener: (detail: SessionKeeperEvents[Name]) => void,
  ): () => void;
  /** Milliseconds until a time of the session, by the server's clock; the page's own may be wrong. */
  millisecondsUntil(time: string): number;
  /** A call began; from now on it is reported until `endCall()`, which also says that the wrap-up is done. */
  startCall(): Promise<void>;
  /** The call is over, wrap-up included. A session whose end has waited ends now. */
  endCall(): Promise<void>;
  /** The user is there: what a button against idleness does. */
  stay(): Promise<void>;
  /** Renews at once; not during a call, because the page is loaded again. Returns whether it does. */
  renew(): boolean;
  /**
   * For a button: signs in, with the provider's page, in a window of its own, so that this page and a call stay. Returns
   * false when the browser opened no window.
   */
  signInAgain(): boolean;
  /** Asks at once, for instance when a request was answered with 401. */
  check(): Promise<void>;
  /** For a page that goes on without it. Says nothing more; a call that it reported is over three minutes later. */
  stop(): void;
}

/** Watches the session from now on until {@link SessionKeeper.stop} or its end. One for each session and page. */
export function keepSession(options: SessionKeeperOptions): SessionKeeper {
  const { product } = options;
  const base = `/${product}`;
  const POLL_MS = 30_000;
  const RETRY_MS = 10_000;
  /** Far below the lease: browsers let the timers of a page that is not visible run once a minute. */
  const REPORT_MS = 60_000;
  const QUIET_MS = 5 * 60_000;
  const HIDDEN_QUIET_MS = 60_000;
  const RENEWAL_PAUSE_MS = 15 * 60_000;
  /** What may be better a while later. After anything else, trying again would load the page for nothing. */
  const TRANSIENT = ['idp-unreachable', 'idp-timeout', 'idp-error', 'idp-rate-limited', 'idp-response-invalid'].concat([
    'store-unavailable',
    'too-many-sign-ins',
    'transaction-expired',
    'connection-changed',
  ]);
  /** By how much the two clocks of a machine differ only when it slept. */
  const SLEPT_MS = 5_000;
  const memory = `ipscape-${product}-renewal`;

  const listeners = new Map<string, Set<(detail: never) => void>>();
  let session: KeptSession | null = null;
  let readAt = performance.now();
  let readAtWall = Date.now();
  let isOnCall = false;
  let owed: 'started' | 'continuing' | 'ended' | null = null;
  let reportedAt = Number.NEGATIVE_INFINITY;
  let inputAt = performance.now();
  let warnedFor: string | null = null;
  let deferredFor: string | null = null;
  /** Why the last renewal failed, until it is known whether that still matters. */
  let refused: string | null = null;
  let isStopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let opened: Window | null = null;
  /** One request at a time: an answer never overtakes a later one. */
  let queue: Promise<void> = Promise.resolve();

  const request =
    options.request ??
    ((path: string, init: RequestInit = {}) => fetch(path, { ...init, credentials: 'same-origin', cache: 'no-store' }));
  const emit = (name: string, detail: unknown): void => {
    for (const listener of listeners.get(name) ?? []) {
      try {
        listener(detail as never);
      } catch (error) {
        // The product's fault, to be seen as one; the session is kept all the same.
        reportError(error);
      }
    }
  };
  const millisecondsUntil = (time: string): number =>
    session === null ? 0 : Date.parse(time) - Date.parse(session.now) - (performance.now() - readAt);

  function ask(): Promise<Response> {
    return request(`${base}/session?passive=true`, { headers: { accept: 'application/json', 'x-ipscape-sso': '1' } });
  }

  function tell(body: { readonly call?: string }): Promise<Response> {
    const headers = { accept: 'application/json', 'content-type': 'application/json', 'x-ipscape-sso': '1' };
    return request(`${base}/session/activity`, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  /** Takes an answer over; `nothing` when it says nothing, because the server or the network is not there. */
  async function take(response: Response): Promise<'delivered' | 'not-delivered' | 'nothing'> {
    if (isStopped) return 'nothing';
    if (response.ok) {
      read((await response.json()) as KeptSession);
      return 'delivered';
    }
    if (response.status !== 401) return 'nothing';
    // The cookie may just have been replaced by another window, after this request had left.
    const again = await ask();
    if (again.status === 401) end('signed-out');
    if (!again.ok) return 'nothing';
    read((await again.json()) as KeptSession);
    return 'not-delivered';
  }

  function read(next: KeptSession): void {
    if (isStopped) return;
    if (session !== null && session.user.id !== next.user.id) {
      end('other-user');
      return;
    }
    if (session !== null && session.absoluteExpiresAt < next.absoluteExpiresAt) closeOpened();
    session = next;
    readAt = performance.now();
    readAtWall = Date.now();
    // After a sign-in or a long sleep the server does not know of the call any more.
    if (isOnCall && next.call === null) owed ??= 'continuing';
    judge();
    tellRefusal(next);
    emit('change', next);
  }

  function closeOpened(): void {
    opened?.close();
    opened = null;
  }

  /** Says what became true, once. */
  function judge(): void {
    if (session === null) return;
    const { deferral, idleExpiresAt, absoluteExpiresAt, warnAt } = session;
    if (deferral !== null) {
      const key = `${deferral.reason} ${deferral.until}`;
      if (deferredFor !== key) emit('deferred', { reason: deferral.reason, session });
      deferredFor = key;
      return;
    }
    const isNear = millisecondsUntil(warnAt) <= 0;
    if (!isNear && (warnedFor !== null || deferredFor !== null)) {
      warnedFor = null;
      emit('continuing', session);
    }
    deferredFor = null;
    if (isNear && warnedFor !== idleExpiresAt) {
      warnedFor = idleExpiresAt;
      const reason = idleExpiresAt < absoluteExpiresAt ? 'idle-limit' : 'absolute-limit';
      emit('ending', { reason, session });
    }
  }

  function end(reason: 'signed-out' | 'other-user'): void {
    stop();
    closeOpened();
    session = null;
    isOnCall = false;
    emit('ended', { reason });
  }

  /** Everything that goes to the server goes through here. */
  function sync(): Promise<void> {
    queue = queue.then(async () => {
      if (isStopped) return;
      const call = owed;
      let isKnown = false;
      try {
        const taken = await take(call === null ? await ask() : await tell({ call }));
        isKnown = taken !== 'nothing';
        if (call !== null && taken === 'delivered') {
          if (owed === call) owed = null;
          reportedAt = performance.now();
        }
      } catch {
        // No network: nothing is known, and the session may well go on.
      }
      if (isStopped) return;
      // The end comes nearer all the same.
      if (!isKnown) judge();
      if (isKnown && isRenewalDue()) renew();
      schedule(isKnown ? nextMs() : RETRY_MS);
    });
    return queue;
  }

  function nextMs(): number {
    if (session === null) return RETRY_MS;
    if (owed !== null) return 0;
    const times = [session.warnAt, session.idleExpiresAt, session.expiresAt]
      .map(millisecondsUntil)
      .filter((ms) => ms > 0);
    const report = isOnCall ? REPORT_MS - (performance.now() - reportedAt) : POLL_MS;
    // A moment later, so that the server agrees that the time has come.
    return Math.max(250, Math.min(POLL_MS, report, ...times.map((ms) => ms + 250)));
  }

  function schedule(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (isOnCall && owed === null && performance.now() - reportedAt >= REPORT_MS) owed = 'continuing';
      void sync();
    }, ms);
  }

  async function reportInput(): Promise<void> {
    reportedAt = performance.now();
    queue = queue.then(async () => {
      if (isStopped) return;
      const taken = await tell({})
        .then(take)
        .catch(() => 'nothing');
      // The next input reports again.
      if (taken !== 'delivered') reportedAt = Number.NEGATIVE_INFINITY;
    });
    await queue;
  }

  function noteInput(): void {
    inputAt = performance.now();
    // On most systems only the wall clock goes on while a machine sleeps.
    const sleptMs = Date.now() - readAtWall - (performance.now() - readAt);
    const hasSlept = Math.abs(sleptMs) > SLEPT_MS;
    // Noticed once.
    readAtWall += sleptMs;
    if (isOnCall) {
      if (!hasSlept) return;
      owed ??= 'continuing';
      void sync();
    } else if (hasSlept || performance.now() - reportedAt >= REPORT_MS) void reportInput();
  }

  function noteReturn(): void {
    if (document.visibilityState === 'visible') void sync();
  }

  interface Tried {
    readonly at: number;
    readonly end: string;
    readonly code?: string;
  }

  /** What was tried in this window, over the page's reload; undefined where nothing can be remembered. */
  function remembered(): Tried | null | undefined {
    try {
      return JSON.parse(sessionStorage.getItem(memory) ?? 'null') as Tried | null;
    } catch {
      return undefined;
    }
  }

  function remember(tried: Tried): void {
    try {
      sessionStorage.setItem(memory, JSON.stringify(tried));
    } catch {
      // Then nothing is tried by itself.
    }
  }

  function isRenewalDue(): boolean {
    if (session === null || session.renewAt === null || options.renew === null) return false;
    if (isOnCall || session.call !== null || millisecondsUntil(session.renewAt) > 0) return false;
    const tried = remembered();
    // Without a memory a refusal would be tried again for ever.
    if (tried === undefined) return false;
    const isSameEnd = tried?.end === session.absoluteExpiresAt;
    if (isSameEnd && tried.code !== undefined && !TRANSIENT.includes(tried.code)) return false;
    if (tried !== null && Math.abs(Date.now() - tried.at) < RENEWAL_PAUSE_MS) return false;
    return (options.isQuiet ?? isQuiet)();
  }

  function isQuiet(): boolean {
    const quietMs = document.visibilityState === 'hidden' ? HIDDEN_QUIET_MS : QUIET_MS;
    return performance.now() - inputAt >= quietMs;
  }

  function renew(): boolean {
    if (session === null || isOnCall || session.call !== null || options.renew === null) return false;
    remember({ at: Date.now(), end: session.absoluteExpiresAt });
    const here = location.pathname + location.search + location.hash;
    const go =
      options.renew ??
      (() => location.assign(`${base}/login?${new URLSearchParams({ renew: 'true', return_to: here })}`));
    go();
    return true;
  }

  /** What the server put on the address when it came back without a renewal. */
  function readRefusal(): void {
    const url = new URL(location.href);
    const code = url.searchParams.get('renewal');
    if (code === null) return;
    url.searchParams.delete('renewal');
    history.replaceState(history.state, '', url);
    const tried = remembered();
    // Anybody can make an address: it counts only after a renewal of this very window.
    if (tried === null || !/^[a-z-]{1,64}$/.test(code)) return;
    if (tried !== undefined) remember({ ...tried, code });
    refused = code;
  }

  /** Not if another window has renewed the session meanwhile. */
  function tellRefusal({ absoluteExpiresAt }: KeptSession): void {
    if (refused === null) return;
    const end = remembered()?.end ?? absoluteExpiresAt;
    if (end === absoluteExpiresAt) emit('renewal-refused', { code: refused });
    refused = null;
  }

  function stop(): void {
    isStopped = true;
    clearTimeout(timer);
    removeEventListener('pointerdown', noteInput, true);
    removeEventListener('keydown', noteInput, true);
    removeEventListener('online', noteReturn);
    document.removeEventListener('visibilitychange', noteReturn);
  }

  addEventListener('pointerdown', noteInput, { capture: true, passive: true });
  addEventListener('keydown', noteInput, { capture: true, passive: true });
  addEventListener('online', noteReturn);
  document.addEventListener('visibilitychange', noteReturn);
  readRefusal();
  void sync();

  return {
    get session() {
      return session;
    },
    get isOnCall() {
      return isOnCall;
    },
    on(name, listener) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set);
      set.add(listener);
      return () => void set.delete(listener);
    },
    millisecondsUntil,
    async startCall() {
      isOnCall = true;
      owed = 'started';
      await sync();
    },
    async endCall() {
      isOnCall = false;
      owed = 'ended';
      await sync();
    },
    async stay() {
      inputAt = performance.now();
      await reportInput();
    },
    renew,
    signInAgain() {
      if (options.signIn !== undefined) {
        options.signIn();
        return true;
      }
      const query = new URLSearchParams({ return_to: `${base}/signed-in` });
      opened = window.open(`${base}/login?${query}`, `ipscape-${product}-sign-in`, 'popup,width=520,height=720');
      return opened !== null;
    },
    check: sync,
    stop,
  };
}
