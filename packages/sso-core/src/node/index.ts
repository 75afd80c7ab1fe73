export type { GuardedFetchOptions, ResolvedAddress } from './guarded-fetch.js';
export { createGuardedFetch } from './guarded-fetch.js';
export { nodeCrypto } from './node-crypto.js';
