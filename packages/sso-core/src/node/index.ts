export type { GuardedFetchOptions } from './guarded-fetch.js';
export { createGuardedFetch } from './guarded-fetch.js';
export { nodeCrypto } from './node-crypto.js';
export type { ResolvedAddress } from './resolve-name.js';
