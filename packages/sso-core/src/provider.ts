/**
 * @module
 * The contract of an identity provider: data and pure functions. A provider has no I/O and no say in verification,
 * so that it cannot weaken a check. Adding one is a new package and one line in each app.
 */
import type * as z from 'zod';
import type { SsoErrorCode } from './errors.js';

/** Where the libraries run. `development` allows `http` on `.localhost` host names with a port, and nothing else. */
export interface ProviderContext {
  readonly environment: 'development' | 'production';
}

/** How a field of the settings form is shown. Attached to a zod field with `.meta()`. */
export interface ProviderFieldMeta {
  /** Label exactly as it stands on the form and in the guide. */
  readonly label: string;
  /** One sentence below the field. */
  readonly help: string;
  /** An example, shown while the field is empty. */
  readonly placeholder?: string;
  /** Write-only: stored encrypted, never shown. Default false. */
  readonly secret?: boolean;
}

/** What a provider sent in place of a code or token. Values are the provider's and must not be shown unescaped. */
export interface ProviderErrorInput {
  /** Which answer it was in: the redirect, or one of the two endpoints'. */
  readonly stage: 'authorization' | 'token' | 'userinfo';
  /** OAuth error code, RFC 6749 §4.1.2.1 and §5.2. */
  readonly error: string;
  /** `error_description`, or null when there was none. */
  readonly errorDescription: string | null;
  /** Of the HTTP answer; null for an authorization response, which is a redirect. */
  readonly status: number | null;
}

/** What an administrator should do about an error: one or two plain sentences in the provider's own words. */
export interface ErrorExplanation {
  /** What the sign-in is refused with, in place of the general code. */
  readonly code: SsoErrorCode;
  /** Fixed text: never anything that the provider sent. */
  readonly advice: string;
}

/** A repair that was made to a typed value, told to the administrator. */
export interface ConfigRepair {
  /** Name in the provider's schema. */
  readonly field: string;
  /** What was changed and why, one sentence. */
  readonly explanation: string;
}

/** What {@link OidcProvider.parseConfig} made of the typed values. It never throws. */
export type ConfigResult<Config> =
  | {
      readonly ok: true;
      readonly config: Config;
      readonly repairs: readonly ConfigRepair[];
      /** What the administrator should look at before saving although nothing is wrong, each one a sentence or two. */
      readonly notices?: readonly string[];
    }
  /** One message for each field that cannot be used. */
  | { readonly ok: false; readonly errors: Readonly<Record<string, string>> };

/** The tenant's own names and addresses, which the guide repeats as values to copy. */
export interface SetupGuideInput {
  /** As the Service Desk typed it: any characters. */
  readonly tenantName: string;
  /** Of the tenant, without a trailing slash; addresses beside the redirect URIs are made from it. */
  readonly origin: string;
  /** The tenant's exact redirect URIs in the order of {@link redirectUris}. */
  readonly redirectUris: readonly string[];
}

/** A text with which a program or a script creates the app at the provider. */
export interface SetupSnippet {
  readonly title: string;
  /** What to do with it, one sentence. */
  readonly text: string;
  readonly code: string;
}

/** One step in the provider's console; plain text, shown in order. */
export interface SetupGuideStep {
  readonly title: string;
  /** Plain text without markup. */
  readonly text: string;
  /** Values to copy character for character. */
  readonly copy?: readonly { readonly label: string; readonly value: string }[];
}

/** Fields that every OpenID Connect provider needs. A provider adds its own, all of them strings. */
export interface BaseProviderConfig {
  readonly clientId: string;
  /** Only while what was typed is parsed; a stored configuration does not have it. */
  readonly clientSecret: string;
}

/** Signature algorithms that a provider may choose from. Symmetric ones and `none` cannot be chosen. */
export type IdTokenAlgorithm = 'RS256' | 'PS256' | 'ES256';

/**
 * An identity provider as data and pure functions. {@link defineOidcProvider} checks one, and `providerContract` of
 * `@ipscape/sso-core/testing` its promises.
 */
export interface OidcProvider<Config extends BaseProviderConfig = BaseProviderConfig> {
  /** Stored with each connection; lower-case letters, digits and hyphens. */
  readonly id: string;
  /** Shown to people. */
  readonly name: string;
  /**
   * A strict object schema, one string field each. Validation and the settings form both derive from it; every field
   * carries {@link ProviderFieldMeta}.
   */
  readonly configSchema: z.ZodObject<z.ZodRawShape>;
  /** Always contains `openid`. */
  readonly scopes: readonly string[];
  /** Algorithms of ID tokens that are accepted. */
  readonly idTokenAlgorithms: readonly IdTokenAlgorithm[];
  /**
   * Whether an e-mail address needs a boolean `email_verified: true` of the provider to find a user.
   * `not-used` is for providers whose issuer is bound to one tenant and who say not to rely on the claim.
   * An explicit boolean `false` is still refused when `refuseExplicitlyUnverified` is set.
   */
  readonly emailVerification: 'required' | 'not-used';
  /** Only with `not-used`. Default false. */
  readonly refuseExplicitlyUnverified?: boolean;
  /** Repairs and validates what was typed. Pure. */
  parseConfig(input: Readonly<Record<string, unknown>>, context: ProviderContext): ConfigResult<Config>;
  /** The issuer identifier that tokens must carry, character for character. OpenID Connect Discovery 1.0 §4.3. */
  issuer(config: Readonly<Record<string, string>>, context: ProviderContext): string;
  /** Null when the provider has nothing better to say than the general explanation. */
  explainError(input: ProviderErrorInput): ErrorExplanation | null;
  /** What the administrator does at the provider, step by step, in the words of its console. Pure. */
  setupGuide(input: SetupGuideInput): readonly SetupGuideStep[];
  /** The same app without clicking, for those who keep settings as code. */
  setupSnippets?(input: SetupGuideInput): readonly SetupSnippet[];
  /**
   * An address on the issuer's origin that answers 400 exactly when the provider does not know the Client ID. Any
   * other answer says nothing.
   */
  clientIdProbe?(issuer: string, clientId: string): string;
  /** What an administrator should do when settings cannot be proved for the reason of this code. */
  readonly settingsAdvice?: Readonly<Partial<Record<SsoErrorCode, string>>>;
}

const PROVIDER_ID = /^[a-z][a-z0-9-]{0,31}$/;
const ALGORITHMS: readonly string[] = ['RS256', 'PS256', 'ES256'] satisfies IdTokenAlgorithm[];

/**
 * Checks a provider's definition and freezes it.
 *
 * @throws TypeError when the id is malformed, `openid` is not among the scopes, an algorithm is not on the list of
 *   asymmetric ones, a field of the schema has no label, or the Client Secret is missing or not marked as secret.
 */
export function defineOidcProvider<Config extends BaseProviderConfig>(
  provider: OidcProvider<Config>,
): OidcProvider<Config> {
  if (!PROVIDER_ID.test(provider.id)) throw new TypeError('A provider id is lower-case letters, digits and hyphens.');
  if (!provider.scopes.includes('openid')) throw new TypeError('The scopes of a provider contain "openid".');
  if (provider.idTokenAlgorithms.length === 0 || !provider.idTokenAlgorithms.every((alg) => ALGORITHMS.includes(alg))) {
    throw new TypeError(`The ID-token algorithms of a provider are some of ${ALGORITHMS.join(', ')}.`);
  }
  for (const required of ['clientId', 'clientSecret']) {
    if (!(required in provider.configSchema.shape))
      throw new TypeError(`The schema of a provider has a field "${required}".`);
  }
  if (!formFields(provider).some(({ name, secret }) => name === 'clientSecret' && secret)) {
    throw new TypeError('The field "clientSecret" of a provider is marked as secret.');
  }
  return Object.freeze({
    ...provider,
    scopes: Object.freeze([...provider.scopes]),
    idTokenAlgorithms: Object.freeze([...provider.idTokenAlgorithms]),
  });
}

/** One field of the settings form, derived from the provider's schema. */
export interface FormField extends ProviderFieldMeta {
  /** Name in the schema, and of the form's field. */
  readonly name: string;
  /** As {@link ProviderFieldMeta.secret}, with its default filled in. */
  readonly secret: boolean;
}

/**
 * The settings form of a provider, in the order of its schema.
 *
 * @throws TypeError when a field has no label or help.
 */
export function formFields(provider: Pick<OidcProvider, 'configSchema' | 'id'>): readonly FormField[] {
  return Object.entries(provider.configSchema.shape).map(([name, schema]) => {
    const meta = (schema as z.ZodType).meta() as Partial<ProviderFieldMeta> | undefined;
    if (typeof meta?.label !== 'string' || typeof meta.help !== 'string') {
      throw new TypeError(`Field "${name}" of provider "${provider.id}" has no label or help.`);
    }
    return { name, secret: false, ...meta, label: meta.label, help: meta.help };
  });
}

/** Providers by id, as an app was built with them. */
export interface ProviderRegistry {
  /** In the order in which people are shown them. */
  readonly all: readonly OidcProvider[];
  /** Null when the app was not built with that provider. */
  find(id: string): OidcProvider | null;
}

/** @throws TypeError when two providers have the same id. */
export function createProviderRegistry(providers: readonly OidcProvider[]): ProviderRegistry {
  const byId = new Map(providers.map((provider) => [provider.id, provider]));
  if (byId.size !== providers.length) throw new TypeError('Two providers have the same id.');
  return { all: [...providers], find: (id) => byId.get(id) ?? null };
}
