import { createProductTokenVerifier } from '@ipscape/sso-core';

/** Domains that this service knows, e.g. from its own configuration. */
const domains = new Set(['acme.ipscape.com.au', 'globex.ipscape.com.au']);

// Once per process: it remembers keys.
export const verifier = createProductTokenVerifier({
  product: 'cti',
  issuer: (issuer) => domains.has(new URL(issuer).hostname),
});
