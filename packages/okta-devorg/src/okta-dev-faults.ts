/**
 * @module The switches with which a test makes the org misbehave or behave as an unusual Okta org does.
 * State only; the request handler and the provider act on it.
 */

/** Endpoints that {@link EndpointFault} can disturb. */
export type FaultyEndpoint = 'discovery' | 'keys' | 'authorize' | 'token' | 'userinfo';

/** Replaces or delays an endpoint's answers until `faults.reset()`. */
export interface EndpointFault {
  /** Answer with this status instead of the real answer. */
  readonly status?: number;
  /** Body of the replaced answer, sent as it is. Default: empty. With a body but no status, the status is 200. */
  readonly body?: string;
  /** Headers of the replaced answer. Default: `Content-Type: application/json`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Wait this long first. Alone it only makes the real answer late. */
  readonly delayMs?: number;
  /** Close the connection without an answer. */
  readonly dropConnection?: boolean;
  /** Never answer. The connection stays open until the server stops. */
  readonly hang?: boolean;
}

/** A decoded JWT. */
export interface IdTokenParts {
  /** Replaces the JOSE header as a whole. */
  readonly header: Readonly<Record<string, unknown>>;
  /** Replaces the claims as a whole. */
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What is done to an ID token after a correct one has been issued. */
export interface IdTokenFault {
  /** Changes header and claims; the result is signed again with the org's own key unless another switch says otherwise. */
  readonly mutate?: (
    header: Readonly<Record<string, unknown>>,
    payload: Readonly<Record<string, unknown>>,
  ) => IdTokenParts;
  /** The signature does not match the content. */
  readonly breakSignature?: boolean;
  /** Signed with a key that was never published, under the published `kid`. */
  readonly foreignKey?: boolean;
  /** `none`: no signature at all. `HS256`: signed with the client secret. The header says so. */
  readonly alg?: 'none' | 'HS256';
}

/** An OAuth error sent instead of a result. */
export interface OAuthFault {
  /** RFC 6749 §4.1.2.1 and §5.2. */
  readonly error: string;
  readonly error_description?: string;
}

/** The values of all switches. `undefined` and `false` mean: behave normally. */
export interface OktaDevFaultSettings {
  /** Both discovery documents. */
  discovery: EndpointFault | undefined;
  /** The key set, `/oauth2/v1/keys`. */
  keys: EndpointFault | undefined;
  authorize: EndpointFault | undefined;
  token: EndpointFault | undefined;
  userinfo: EndpointFault | undefined;
  /** 429 at the named endpoints. `resetInSeconds` sets `X-Rate-Limit-Reset`; default 60. */
  rateLimited: { readonly authorize?: boolean; readonly token?: boolean; readonly resetInSeconds?: number } | undefined;
  /** What is done to every ID token from now on. */
  idToken: IdTokenFault | undefined;
  /** Changes the claims of `/userinfo`. */
  userinfoClaims: ((claims: Readonly<Record<string, unknown>>) => Record<string, unknown>) | undefined;
  /** The ID token of the code flow carries all claims of the granted scopes. */
  fatIdToken: boolean;
  /** `email` only in `/userinfo`. */
  omitEmailFromIdToken: boolean;
  /** `email` and `email_verified` nowhere, as with an unmapped profile attribute. */
  omitEmail: boolean;
  /** The app requires PKCE. */
  pkceRequired: boolean;
  /** The app requires DPoP: a token request without a proof gets `invalid_dpop_proof`. */
  dpopRequired: boolean;
  /** The app takes client credentials in the Authorization header only. */
  basicOnly: boolean;
  /** The token endpoint answers 403, as for a caller outside the client's network zone. */
  networkZoneDenied: boolean;
  /** `Cross-Origin-Opener-Policy` of every answer, e.g. `same-origin`: cuts the window off from the one that opened it. */
  openerPolicy: string | undefined;
  /** Members that replace those of the discovery document; `undefined` removes one. */
  discoveryOverrides: Readonly<Record<string, unknown>> | undefined;
  /** Sent to the redirect URI by the next authorize request, once. */
  authorizeError: OAuthFault | undefined;
  /** Sent by the next token request, once. `status` defaults to 400. */
  tokenError: (OAuthFault & { readonly status?: number }) | undefined;
}

/** The switches of one org: assign to turn one on. */
export interface OktaDevFaults extends OktaDevFaultSettings {
  /** Turns every switch off. */
  reset(): void;
}

/** Returns switches that are all off. */
export function createOktaDevFaults(): OktaDevFaults {
  const faults: OktaDevFaults = {
    ...noFaults(),
    reset() {
      Object.assign(faults, noFaults());
    },
  };
  return faults;
}

function noFaults(): OktaDevFaultSettings {
  return {
    discovery: undefined,
    keys: undefined,
    authorize: undefined,
    token: undefined,
    userinfo: undefined,
    rateLimited: undefined,
    idToken: undefined,
    userinfoClaims: undefined,
    fatIdToken: false,
    omitEmailFromIdToken: false,
    omitEmail: false,
    pkceRequired: false,
    dpopRequired: false,
    basicOnly: false,
    networkZoneDenied: false,
    openerPolicy: undefined,
    discoveryOverrides: undefined,
    authorizeError: undefined,
    tokenError: undefined,
  };
}
