export type { GuardedFetchOptions } from './guarded-fetch.js';
export { createGuardedFetch } from './guarded-fetch.js';
export { nodeCrypto } from './node-crypto.js';
export type { ResolvedAddress, ResolveName } from './resolve-name.js';
