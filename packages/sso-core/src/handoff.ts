/**
 * @module
 * How a frame is signed in through a window of its own: what is kept, and who may move it on. The frame holds a secret
 * verifier, the window a secret of its own, and the user confirms a number that both show; nothing but all of them
 * together makes a session. After RFC 8628 (device authorization), with both devices on one origin.
 */
import type { SsoErrorCode } from './errors.js';
import type { HandoffSignIn } from './ports.js';
import type { SessionLimits } from './session-limits.js';

/** Names one handoff. Another tenant's is not found. */
export interface HandoffKey {
  readonly tenantId: string;
  /** 256 random bits, base64url. Known to both windows and to the browser's history: it proves nothing. */
  readonly handoffId: string;
}

/** A handoff that the frame has asked for and no window has opened. Of both secrets only hashes are stored. */
export interface NewHandoff extends HandoffKey {
  /** SHA-256 of the frame's verifier, base64url. */
  readonly verifierHash: string;
  /** SHA-256 of what stays the same of a browser's `User-Agent` between its versions, base64url. */
  readonly userAgentHash: string;
  /** Two digits, shown by both windows. */
  readonly number: string;
  /** What the CRM put on the frame's address, without the question mark. Data only. */
  readonly query: string;
  /** To its redemption, from now; afterwards nothing moves it on. */
  readonly ttlSeconds: number;
}

/** The frame's request for its session. All of it has to agree with the handoff; the limits are the new session's. */
export interface HandoffRedemption extends HandoffKey, SessionLimits {
  /** Of the verifier that the frame shows: see {@link NewHandoff.verifierHash}. */
  readonly verifierHash: string;
  /** Of the frame's request: see {@link NewHandoff.userAgentHash}. */
  readonly userAgentHash: string;
  /** Of the new session: see {@link NewSession.handleHash}. */
  readonly handleHash: string;
  /** Longest time since the confirmation. */
  readonly redeemWithinSeconds: number;
}

/** `opened`: the window has arrived. Says nothing about the user before the redemption. */
export type HandoffStatus = 'created' | 'opened' | 'confirmed' | 'redeemed' | 'cancelled' | 'failed' | 'expired';

/** What the frame learns of its handoff; never who signed in. */
export interface HandoffPoll {
  readonly status: HandoffStatus;
  /** Of a failed one. */
  readonly code: SsoErrorCode | null;
  /** Under which the sign-in log has the failure. */
  readonly reference: string | null;
}

/**
 * Handoffs. Every method is scoped by tenant, and of any number of callers one succeeds. Null and `false` mean that
 * there is no such handoff in the state in which this is possible; nothing was changed then.
 */
export interface HandoffStore {
  /** Both times are the database's: their difference is what the frame has left. */
  createHandoff(handoff: NewHandoff): Promise<{ readonly now: Date; readonly expiresAt: Date }>;
  /** The window arrived: once for each handoff. Returns what the CRM put on the frame's address. */
  openHandoff(key: HandoffKey & { readonly userAgentHash: string }): Promise<{ readonly query: string } | null>;
  /** Keeps what the window's sign-in found, for the browser that holds the window's secret. */
  completeHandoff(signIn: HandoffSignIn): Promise<boolean>;
  /** The window's sign-in failed. Possible until one has succeeded; from then on the frame can only begin anew. */
  failHandoff(key: HandoffKey & { readonly code: SsoErrorCode; readonly reference: string }): Promise<boolean>;
  /** What the window shows to the user who signed in there. Null for any other browser. */
  findHandoffToConfirm(key: HandoffKey & { readonly windowHash: string }): Promise<{
    readonly number: string;
    readonly user: { readonly name: string; readonly email: string };
  } | null>;
  /** The user said yes: the frame may redeem it from now on. */
  confirmHandoff(key: HandoffKey & { readonly windowHash: string }): Promise<boolean>;
  /** The user said no. From then on the frame can only begin anew. */
  refuseHandoff(key: HandoffKey & { readonly windowHash: string; readonly reference: string }): Promise<boolean>;
  /**
   * What the frame may know; every call counts, with a wrong verifier too. `too-many` when there were more than
   * `maxPolls`.
   */
  pollHandoff(
    key: HandoffKey & { readonly verifierHash: string; readonly maxPolls: number },
  ): Promise<HandoffPoll | 'too-many' | null>;
  /** The frame gave up. */
  cancelHandoff(key: HandoffKey & { readonly verifierHash: string }): Promise<boolean>;
  /**
   * Opens the session that was confirmed, and writes the sign-in log: both or neither. Returns what the CRM put on the
   * frame's address. Rejects with `user-inactive` like `SignInStore.openSession`.
   */
  redeemHandoff(redemption: HandoffRedemption): Promise<{ readonly query: string } | null>;
}
