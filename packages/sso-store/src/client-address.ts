/**
 * @module
 * Where the request under way comes from, for every audit event that it causes. Kept beside the calls, so that no
 * method of the store can forget to pass it on.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

const addresses = new AsyncLocalStorage<string | null>();

/** See `ClientAddressStore` of the core. Requests at the same time do not see each other's. */
export function withClientAddress<Result>(address: string | null, step: () => Promise<Result>): Promise<Result> {
  return addresses.run(address, step);
}

/** Null outside of requests: the Service Desk's command line, and what the database does by itself. */
export function currentClientAddress(): string | null {
  return addresses.getStore() ?? null;
}
