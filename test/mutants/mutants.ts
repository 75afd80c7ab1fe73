// biome-ignore-all lint/suspicious/noTemplateCurlyInString: pieces of source text, not templates
/**
 * @module
 * One security check each, taken out. `file` holds `find` exactly once; `tests` are the test files, of which those tests
 * run whose full name matches `row`, and at least one has to fail.
 */

const CORE = 'packages/sso-core/src';
const HONO = 'packages/sso-hono/src';
const STORE = 'packages/sso-store/src';

const PROTOCOL = 'test/conformance/protocol.test.ts';
const _TENANCY = 'test/conformance/tenancy.test.ts';
const SESSIONS = 'test/conformance/sessions.test.ts';
const EMAIL = 'test/conformance/email.test.ts';
const RELIABILITY = 'test/conformance/reliability.test.ts';
const BINDING = 'test/http/binding.test.ts';
const SIGN_IN_REQUEST = 'test/http/sign-in-request.test.ts';
const HOSTILE = 'test/http/hostile-requests.test.ts';
const GUARDED = `${CORE}/node/guarded-fetch.test.ts`;
const CONTRACT = 'packages/sso-store/test/store-contract.test.ts';

const claims = `${CORE}/id-token-claims.ts`;
const signedJwt = `${CORE}/signed-jwt.ts`;
const callback = `${CORE}/complete-sign-in.ts`;
const match = `${CORE}/decide-match.ts`;
const response = `${CORE}/authorization-response.ts`;
const sessions = `${STORE}/sessions.ts`;
const transactions = `${STORE}/transactions.ts`;
const guarded = `${CORE}/node/guarded-fetch.ts`;
const cookies = `${HONO}/cookies.ts`;

export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** Part of the tests' names; several are separated by `|`. */
  readonly row: string;
  readonly tests: readonly string[];
}

export const MUTANTS: readonly Mutant[] = [
  // ID token
  {
    name: 'do not compare nonce',
    file: claims,
    find: "if (nonce !== expected.nonce) return fault('nonce');",
    replace: '',
    row: 'P18',
    tests: [PROTOCOL],
  },
  {
    name: 'do not compare aud',
    file: claims,
    find: "if (audience !== expected.clientId) return fault('aud');",
    replace: '',
    row: 'P16',
    tests: [PROTOCOL],
  },
  {
    name: 'take the first of several audiences',
    file: claims,
    find: 'Array.isArray(aud) && aud.length === 1 ? aud[0] : aud',
    replace: 'Array.isArray(aud) ? aud[0] : aud',
    row: 'P16',
    tests: [PROTOCOL],
  },
  {
    name: 'do not compare azp',
    file: claims,
    find: "if (azp !== undefined && azp !== expected.clientId) return fault('azp');",
    replace: '',
    row: 'P16',
    tests: [PROTOCOL],
  },
  {
    name: 'do not compare iss',
    file: claims,
    find: "if (iss !== expected.issuer) return fault('iss');",
    replace: '',
    row: 'P15',
    tests: [PROTOCOL],
  },
  {
    name: 'compare iss without its case',
    file: claims,
    find: 'if (iss !== expected.issuer)',
    replace: 'if (String(iss).toLowerCase() !== expected.issuer.toLowerCase())',
    row: 'P15',
    tests: [PROTOCOL],
  },
  {
    name: 'do not look at exp',
    file: claims,
    find: 'if (now - CLOCK_SKEW_SECONDS >= exp)',
    replace: 'if (false)',
    row: 'P17',
    tests: [PROTOCOL],
  },
  {
    name: 'accept tokens of any age',
    file: claims,
    find: 'const tooOld = now - CLOCK_SKEW_SECONDS - ID_TOKEN_MAX_AGE_SECONDS > iat;',
    replace: 'const tooOld = false;',
    row: 'P17',
    tests: [PROTOCOL],
  },
  {
    name: 'do not look at nbf',
    file: claims,
    find: 'if (nbf > now + CLOCK_SKEW_SECONDS)',
    replace: 'if (false)',
    row: 'P17',
    tests: [PROTOCOL],
  },
  {
    name: 'take any subject',
    file: claims,
    find: "if (typeof sub !== 'string' || !SUBJECT.test(sub)) return fault('sub');",
    replace: "if (typeof sub !== 'string') return fault('sub');",
    row: 'P19',
    tests: [PROTOCOL],
  },
  {
    name: 'do not compare at_hash',
    file: claims,
    find: "if (atHash !== undefined && atHash !== expected.accessTokenHash) return fault('at_hash');",
    replace: '',
    row: 'P20',
    tests: [PROTOCOL],
  },
  {
    name: 'do not check the signature',
    file: signedJwt,
    find: 'verified = await compactVerify(token, key, { algorithms: [algorithm] });',
    replace:
      "verified = { payload: Buffer.from(token.split('.')[1] ?? '', 'base64url') } as unknown as CompactVerifyResult;",
    row: 'P12',
    tests: [PROTOCOL],
  },
  {
    name: 'accept the algorithm that the header names',
    file: signedJwt,
    find: 'algorithms.find((name) => name === header.alg)',
    replace: "(['RS256', 'PS256', 'ES256'] as const).find((name) => name === header.alg)",
    row: 'P13',
    tests: [PROTOCOL],
  },
  {
    name: 'accept headers that bring a key',
    file: signedJwt,
    find: "if (forbidden !== null) throw tokenInvalid('header', { header: forbidden });",
    replace: '',
    row: 'P13',
    tests: [PROTOCOL],
  },
  {
    name: 'accept tokens of another kind',
    file: signedJwt,
    find: "if (!acceptsType(typ)) throw tokenInvalid('typ');",
    replace: '',
    row: 'P13',
    tests: [PROTOCOL],
  },
  {
    name: 'accept short RSA keys',
    file: `${CORE}/limits.ts`,
    find: 'export const RSA_MIN_BITS = 2048;',
    replace: 'export const RSA_MIN_BITS = 512;',
    row: 'P14',
    tests: [PROTOCOL, `${CORE}/json-web-key.test.ts`],
  },
  {
    name: 'accept keys of another use',
    file: `${CORE}/json-web-key.ts`,
    find: "if (use !== undefined && use !== 'sig') return null;",
    replace: '',
    row: 'P13',
    tests: [PROTOCOL],
  },
  {
    name: 'take the first of several keys',
    file: `${CORE}/key-cache.ts`,
    find: "if (others.length > 0) throw tokenInvalid('key-ambiguous');",
    replace: '',
    row: 'P23',
    tests: [PROTOCOL],
  },
  // Metadata, answers
  {
    name: 'compare the issuer of the metadata as a URL',
    file: `${CORE}/discovery-document.ts`,
    find: 'if (metadata.issuer !== expectedIssuer)',
    replace: 'if (!URL.canParse(metadata.issuer) || new URL(metadata.issuer).href !== new URL(expectedIssuer).href)',
    row: 'P3',
    tests: [PROTOCOL],
  },
  {
    name: 'take endpoints from anywhere',
    file: `${CORE}/discovery-document.ts`,
    find: 'if (!isEndpointOf(expectedIssuer, value)) {',
    replace: 'if (!URL.canParse(value)) {',
    row: 'P4, F7',
    tests: [PROTOCOL],
  },
  {
    name: 'believe userinfo about anybody',
    file: `${CORE}/userinfo.ts`,
    find: 'processUserInfoResponse(server, client, subject, response)',
    replace: 'processUserInfoResponse(server, client, oauth.skipSubjectCheck, response)',
    row: 'P21',
    tests: [PROTOCOL],
  },
  {
    name: 'accept any token type',
    file: `${CORE}/token-exchange.ts`,
    find: "if (tokenType !== 'bearer') {",
    replace: 'if (false) {',
    row: 'P11',
    tests: [PROTOCOL],
  },
  {
    name: 'accept repeated parameters',
    file: response,
    find: "if (others.length > 0) throw invalid('repeated', name);",
    replace: '',
    row: 'P7',
    tests: [BINDING],
  },
  {
    name: 'do not compare iss of the response',
    file: response,
    find: 'if (issuer !== null ? issuer !== expected.issuer : expected.issuerRequired) {',
    replace: 'if (issuer === null && expected.issuerRequired) {',
    row: 'P8',
    tests: [BINDING],
  },
  {
    name: 'do not insist on a promised iss',
    file: response,
    find: 'issuer !== expected.issuer : expected.issuerRequired) {',
    replace: 'issuer !== expected.issuer : false) {',
    row: 'P8',
    tests: [BINDING],
  },
  // Binding
  {
    name: 'accept the second callback',
    file: transactions,
    find: ' and state_hash = ${key.stateHash} and claimed_at is null',
    replace: ' and state_hash = ${key.stateHash}',
    row: 'P6|R9',
    tests: [BINDING, CONTRACT],
  },
  {
    name: 'claim transactions of any tenant',
    file: transactions,
    find: 'where tenant_id = ${key.tenantId} and state_hash = ${key.stateHash} and claimed_at is null',
    replace: 'where state_hash = ${key.stateHash} and claimed_at is null',
    row: 'T1',
    tests: [BINDING],
  },
  {
    name: 'finish a sign-in at another product',
    file: callback,
    find: 'if (transaction.product !== input.product || !(transaction.purpose === input.purpose || isProbe || isRenewal)) {',
    replace: 'if (!(transaction.purpose === input.purpose || isProbe || isRenewal)) {',
    row: 'T1',
    tests: [BINDING],
  },
  {
    name: 'finish a sign-in for another purpose',
    file: callback,
    find: 'transaction.product !== input.product || !(transaction.purpose === input.purpose || isProbe || isRenewal)',
    replace: 'transaction.product !== input.product',
    row: 'T1',
    tests: [BINDING],
  },
  {
    name: 'finish a sign-in in another browser',
    file: callback,
    find: 'if (!sameBrowser) {',
    replace: 'if (!sameBrowser && transaction.product !== input.product) {',
    row: 'S6',
    tests: [BINDING],
  },
  {
    name: 'finish a sign-in with changed settings',
    file: callback,
    find: 'connection.revisionId !== transaction.revisionId ||',
    replace: '',
    row: 'a connection that changes',
    tests: [BINDING],
  },
  {
    name: 'accept any redirect URI at the callback',
    file: callback,
    find: '    connection.clientId !== transaction.clientId ||\n    transaction.redirectUri !== input.redirectUri\n',
    replace: '    connection.clientId !== transaction.clientId\n',
    row: 'T1',
    tests: [`${CORE}/complete-sign-in.test.ts`],
  },
  {
    name: 'accept a sign-in of any age',
    file: transactions,
    find: "if (row.expired) return { outcome: 'expired', transaction };",
    replace: '',
    row: 'P6',
    tests: [CONTRACT],
  },
  {
    name: 'accept a tile of any issuer',
    file: `${HONO}/sign-in-routes.ts`,
    find: '  checkTileIssuer(c, setup);\n  const loginHint',
    replace: '  const loginHint',
    row: 'P29',
    tests: [BINDING],
  },
  {
    name: 'renew with a tile of any issuer',
    file: `${HONO}/sign-in-routes.ts`,
    find: '      checkTileIssuer(c, setup);\n',
    replace: '',
    row: 'P29',
    tests: [BINDING],
  },
  {
    name: 'finish a sign-in by HEAD',
    file: `${HONO}/sign-in-request.ts`,
    find: "if (c.req.raw.method === 'HEAD') throw new SsoError('request-invalid');",
    replace: '',
    row: 'P28',
    tests: [BINDING],
  },
  {
    name: 'start and finish a sign-in in a frame',
    file: `${HONO}/sign-in-request.ts`,
    find: "if (!isTopLevel(c)) throw new SsoError('top-level-required', { details: { reason: 'frame' } });",
    replace: '',
    row: 'S13',
    tests: [SIGN_IN_REQUEST],
  },
  {
    name: 'start and finish a sign-in ahead of time',
    file: `${HONO}/sign-in-request.ts`,
    find: "if (isAheadOfTime(c)) throw new SsoError('top-level-required', { details: { reason: 'prefetch' } });",
    replace: '',
    row: 'S13',
    tests: [SIGN_IN_REQUEST],
  },
  {
    name: 'believe in https that no proxy vouches for',
    file: `${HONO}/sign-in-request.ts`,
    find: "if (scheme.protocol === 'https' && c.get('facts').protocol !== 'https') throw new SsoError('protocol-unknown');",
    replace: '',
    row: 'P37',
    tests: [SIGN_IN_REQUEST],
  },
  {
    name: 'share caches between tenants',
    file: `${CORE}/discovery.ts`,
    find: 'JSON.stringify([key.tenantId, key.revisionId, key.issuer])',
    replace: 'JSON.stringify([key.issuer])',
    row: 'T8',
    tests: [`${CORE}/discovery.test.ts`, `${CORE}/key-cache.test.ts`],
  },
  // Users
  {
    name: 'give an address to a second identity',
    file: match,
    find: "if (linkedElsewhere) return reject('identity-held', user);",
    replace: '',
    row: 'E1',
    tests: [EMAIL],
  },
  {
    name: 'take the first of several users',
    file: match,
    find: "if (others.length > 0) return reject('user-ambiguous');",
    replace: '',
    row: 'E9',
    tests: [`${CORE}/decide-match.test.ts`],
  },
  {
    name: 'let disabled users in',
    file: match,
    find: "function permit(action: 'sign-in' | 'link', user: DirectoryUser, product: Product): MatchDecision {\n  if (user.status !== 'active') return reject('user-inactive', user);",
    replace: "function permit(action: 'sign-in' | 'link', user: DirectoryUser, product: Product): MatchDecision {",
    row: 'E9',
    tests: [`${CORE}/decide-match.test.ts`],
  },
  {
    name: 'let users into every product',
    file: match,
    find: "if (!user.products.includes(product)) return reject('product-not-permitted', user);",
    replace: '',
    row: 'E9|product',
    tests: [`${CORE}/decide-match.test.ts`],
  },
  {
    name: 'take any truth for verified',
    file: match,
    find: "policy.emailVerification === 'required' && emailVerified !== true",
    replace: "policy.emailVerification === 'required' && !emailVerified",
    row: 'E2',
    tests: [EMAIL],
  },
  {
    name: 'fold addresses as Unicode does',
    file: `${CORE}/email.ts`,
    find: 'const address = lowerCaseAscii(input);',
    replace: "const address = input.normalize('NFKC').toLowerCase();",
    row: 'E6',
    tests: [EMAIL, `${CORE}/email.test.ts`],
  },
  {
    name: 'look for an address in every tenant',
    file: `${STORE}/identities.ts`,
    find: 'where u.tenant_id = ${key.tenantId} and u.email_canonical',
    replace: 'where u.email_canonical',
    row: 'T5',
    tests: [BINDING, CONTRACT],
  },
  // Sessions
  {
    name: 'find a session on any tenant’s host',
    file: sessions,
    find: 'where s.tenant_id = ${key.tenantId} and s.handle_hash',
    replace: 'where s.handle_hash',
    row: 'T7',
    tests: [BINDING],
  },
  {
    name: 'find a session for any product',
    file: sessions,
    find: ' and s.product = ${key.product}',
    replace: '',
    row: 'S12',
    tests: [BINDING],
  },
  {
    name: 'keep idle sessions',
    file: sessions,
    find: 'and s.ended_at is null and greatest(s.idle_expires_at, s.call_expires_at) > now()',
    replace: 'and s.ended_at is null',
    row: 'S5',
    tests: [SESSIONS],
  },
  {
    name: 'keep sessions beyond the absolute limit',
    file: sessions,
    find: 'set idle_expires_at = least(now() + make_interval(secs => idle_seconds), absolute_expires_at)',
    replace: 'set idle_expires_at = now() + make_interval(secs => idle_seconds)',
    row: 'S5',
    tests: [CONTRACT, SESSIONS],
  },
  {
    name: 'keep sessions of disabled users',
    file: sessions,
    find: "u.status = 'active' and s.product = any(u.products) and c.enabled",
    replace: 's.product = any(u.products) and c.enabled',
    row: 'S8',
    tests: [CONTRACT],
  },
  {
    name: 'keep the session before the sign-in',
    file: `${HONO}/sign-in-routes.ts`,
    find: 'if (previous !== null) await adapter.sessions.end(previous);',
    replace: 'void previous;',
    row: 'S1',
    tests: [SESSIONS],
  },
  {
    name: 'let scripts read cookies',
    file: cookies,
    find: "const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Lax';",
    replace: "const ATTRIBUTES = 'Path=/; Secure; SameSite=Lax';",
    row: 'S2',
    tests: [SESSIONS],
  },
  {
    name: 'pick one of two cookies of a name',
    file: cookies,
    find: 'if (first === undefined || others.length > 0) return null;',
    replace: 'if (first === undefined) return null;',
    row: 'S3',
    tests: [HOSTILE],
  },
  {
    name: 'trim cookie names as JavaScript does',
    file: cookies,
    find: "return text.replace(/^[ \\t]+|[ \\t]+$/g, '');",
    replace: 'return text.trim();',
    row: 'S3',
    tests: [HOSTILE, `${HONO}/cookies.test.ts`],
  },
  {
    name: 'sign out for any page',
    file: `${HONO}/same-origin.ts`,
    find: "c.req.header('origin') === tenantOrigin(tenant.domain, adapter.scheme) &&",
    replace: '',
    row: 'S10',
    tests: [HOSTILE],
  },
  // Requests
  {
    name: 'believe forwarded headers of strangers',
    file: `${HONO}/request-facts.ts`,
    find: 'if (!isTrusted(peerAddress)) return',
    replace: 'if (false) return',
    row: 'T3',
    tests: [HOSTILE],
  },
  {
    name: 'accept any path to return to',
    file: `${CORE}/return-path.ts`,
    find: 'return twice !== null && twice === once ? twice : home;',
    replace: 'return twice ?? input;',
    row: 'O1',
    tests: [HOSTILE],
  },
  {
    name: 'process callbacks over http',
    file: `${HONO}/create-adapter.ts`,
    find: "if (scheme.protocol === 'https' && protocol === 'http') {",
    replace: 'if (false) {',
    row: 'P37',
    tests: [HOSTILE],
  },
  {
    name: 'write invisible characters into the log',
    file: `${HONO}/node/create-logger.ts`,
    find: '      streamWrite: escapeInvisible,\n',
    replace: '',
    row: 'O7',
    tests: [`${HONO}/node/create-logger.test.ts`],
  },
  // The way out
  {
    name: 'connect when only one address is public',
    file: guarded,
    find: '!addresses.every(({ address }) => isPublicAddress(address))',
    replace: '!addresses.some(({ address }) => isPublicAddress(address))',
    row: 'F3',
    tests: ['test/conformance/fetch.test.ts', GUARDED],
  },
  {
    name: 'accept any certificate',
    file: guarded,
    find: 'rejectUnauthorized: true,',
    replace: 'rejectUnauthorized: false,',
    row: 'P36',
    tests: [GUARDED],
  },
  {
    name: 'read answers of any size',
    file: guarded,
    find: "if (size > maxBytes) throw refuse('too-large');",
    replace: '',
    row: 'F9',
    tests: [GUARDED],
  },
  {
    name: 'accept IP addresses as hosts',
    file: guarded,
    find: "if (isIP(url.hostname.replace(/^\\[|\\]$/g, '')) !== 0) throw refuse('ip-address');",
    replace: '',
    row: 'F6|F3',
    tests: [GUARDED, 'test/conformance/fetch.test.ts'],
  },
  {
    name: 'send a code twice',
    file: guarded,
    find: "error instanceof IdleConnectionClosed && (init.method ?? 'GET') === 'GET'",
    replace: 'error instanceof IdleConnectionClosed',
    row: 'P10',
    tests: [GUARDED],
  },
  {
    name: 'fetch keys for every unknown id',
    file: `${CORE}/key-cache.ts`,
    find: 'entry.unknownKeyAt = now() + JWKS_COOLDOWN_MS;',
    replace: 'entry.unknownKeyAt = 0;',
    row: 'R4',
    tests: [RELIABILITY],
  },
  {
    name: 'fetch keys again at once after a failure',
    file: `${CORE}/key-cache.ts`,
    find: 'if (now() < entry.retryAt) return;',
    replace: '',
    row: 'R4',
    tests: [RELIABILITY],
  },
  // At rest
  {
    name: 'open secrets in any place',
    file: `${STORE}/create-encryption-key-ring.ts`,
    find: '[...place, keyId].flatMap((part) => {',
    replace: '[keyId].flatMap((part) => {',
    row: 'A5',
    tests: [CONTRACT],
  },
];
