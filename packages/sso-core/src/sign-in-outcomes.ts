/**
 * @module
 * What a callback can end with beside a session: told apart by class, and each an {@link SsoError}, so that a caller who
 * does not know one refuses it.
 */
import { SsoError, type SsoErrorOptions } from './errors.js';
import type { SignInTransaction } from './ports.js';
import type { Product, Purpose } from './products.js';

/** Thrown when the callback of a sign-in arrives a second time; the first may have succeeded. */
export class RepeatedCallback extends SsoError {
  /** A live session with {@link SessionView.transactionId} shows that the first succeeded. */
  readonly transactionId: string;
  readonly returnPath: string;
  readonly purpose: Purpose;
  /** Of a sign-in in the window of a handoff; undefined for others. */
  readonly handoffId: string | undefined;

  constructor(transaction: SignInTransaction) {
    super('transaction-repeated', { stage: 'callback' });
    this.handoffId = transaction.handoffId;
    this.transactionId = transaction.id;
    this.returnPath = transaction.returnPath;
    this.purpose = transaction.purpose;
  }
}

/**
 * Thrown when the answer that arrives where sign-ins of the product end is one to a probe, from the browser that
 * started it. The provider knows the redirect URI, and that is all: nothing was exchanged. A caller that does not
 * know about probes refuses it like any answer that belongs to no sign-in.
 */
export class ProbeAnswered extends SsoError {
  readonly tenantId: string;
  readonly product: Product;
  /** The redirect URI is yet to be noted as proved, by {@link RedirectUriProofStore}. */
  readonly authorisationId: string;
  /** Where the next round begins. */
  readonly returnPath: string;

  constructor(transaction: SignInTransaction, authorisationId: string) {
    super('state-mismatch', { stage: 'callback', details: { reason: 'probe' } });
    this.tenantId = transaction.tenantId;
    this.product = transaction.product;
    this.authorisationId = authorisationId;
    this.returnPath = transaction.returnPath;
  }
}

/**
 * Thrown when a sign-in from the provider's tile belongs in another product: the user may use that one and used it
 * last. No session was opened; the start of that product opens one without asking anything, because the provider knows
 * the user by now.
 */
export class OtherProduct extends SsoError {
  /** The product to start in. */
  readonly product: Product;

  constructor(product: Product) {
    super('product-not-permitted', { stage: 'match', details: { reason: 'other-product' } });
    this.product = product;
  }
}

/**
 * Thrown when a renewal fails in the browser that started it, with the code of what failed. The session that was to be
 * renewed is as it was, so this is no reason to take the user away from their work.
 */
export class RenewalRefused extends SsoError {
  /** Where the user was. */
  readonly returnPath: string;

  constructor(cause: SsoError, returnPath: string) {
    super(cause.code, restated(cause));
    this.returnPath = returnPath;
  }
}

/**
 * Thrown when a sign-in succeeded in the window of a handoff. There is no session yet: the frame that waits redeems
 * one, once the user has confirmed it in this window.
 */
export class HandoffSignedIn extends SsoError {
  /** See {@link HandoffKey.handoffId}. */
  readonly handoffId: string;

  constructor(handoffId: string) {
    super('state-mismatch', { stage: 'callback', details: { reason: 'handoff' } });
    this.handoffId = handoffId;
  }
}

/** Thrown when a sign-in fails in the window of a handoff, with the code of what failed: the frame is to know. */
export class HandoffFailed extends SsoError {
  /** See {@link HandoffKey.handoffId}. */
  readonly handoffId: string;

  constructor(cause: SsoError, handoffId: string) {
    super(cause.code, restated(cause));
    this.handoffId = handoffId;
  }
}

/** A refusal of the match, with the user if it is known who tried: the sign-in log names them. */
export class RefusedUser extends SsoError {
  /** For the log alone; null when it is not known who tried. */
  readonly userId: string | null;

  constructor(code: SsoError['code'], userId: string | null) {
    super(code, { stage: 'match' });
    this.userId = userId;
  }
}

function restated(cause: SsoError): SsoErrorOptions {
  const { stage, advice } = cause;
  return {
    details: cause.details,
    cause,
    ...(stage === undefined ? {} : { stage }),
    ...(advice === undefined ? {} : { advice }),
  };
}
