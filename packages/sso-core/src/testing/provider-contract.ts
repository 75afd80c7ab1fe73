/**
 * @module
 * What every provider has to keep, so that its author knows when it is right. What a provider says beyond this is for
 * its own tests.
 */
import { SSO_ERRORS, SsoError } from '../errors.js';
import {
  type BaseProviderConfig,
  defineOidcProvider,
  formFields,
  type OidcProvider,
  type ProviderContext,
  type ProviderErrorInput,
} from '../provider.js';
import { type ContractCase, promise, promiseEqual } from './contract.js';

/** The provider under test, and one set of values that it has to accept. */
export interface ProviderContractInput {
  readonly provider: OidcProvider;
  /** What an administrator types, complete and without a mistake, fit for production. */
  readonly validInput: Readonly<Record<string, string>>;
}

const PRODUCTION: ProviderContext = { environment: 'production' };
const CANARY = 'CANARY<script>7f3a</script>';
const GUIDE = {
  origin: 'https://acme.ipscape.example',
  tenantName: 'Acme & Söhne "Pty" <Ltd>',
  redirectUris: [
    'https://acme.ipscape.example/workspace/security/sso-oauth-callback',
    'https://acme.ipscape.example/workspace/authorize-sso',
    'https://acme.ipscape.example/cti/login',
    'https://acme.ipscape.example/toolbar/login',
  ],
};
const NOT_A_TEXT: readonly unknown[] = [undefined, null, 0, true, [], {}, ['text'], () => 'text'];
const ERRORS = ['access_denied', 'invalid_client', 'server_error', 'login_required', '', 'constructor', CANARY];

/** The promises of {@link OidcProvider}, one case each. */
export function providerContract({ provider, validInput }: ProviderContractInput): readonly ContractCase[] {
  const fields = Object.keys(provider.configSchema.shape);
  const parseValid = (): BaseProviderConfig => {
    const result = provider.parseConfig(Object.freeze({ ...validInput }), PRODUCTION);
    promise(result.ok, `The valid input is refused: ${JSON.stringify(result.ok ? {} : result.errors)}`);
    return result.config;
  };
  /** The configuration as it is stored: strings, without the secret. */
  const storedConfig = (): Readonly<Record<string, string>> => {
    const { clientSecret: _secret, ...stored } = parseValid() as unknown as Record<string, string>;
    return Object.freeze(stored);
  };
  const parse = (input: Readonly<Record<string, unknown>>) => {
    try {
      return provider.parseConfig(input, PRODUCTION);
    } catch {
      return promise(false, 'parseConfig throws: it must return errors.') as never;
    }
  };
  const contractCase = (name: string, run: () => void): ContractCase => ({ name, run: async () => run() });

  return [
    contractCase('is what defineOidcProvider accepts, and frozen', () => {
      defineOidcProvider(provider);
      promise(Object.isFrozen(provider), 'The provider is not frozen: make it with defineOidcProvider.');
    }),
    contractCase('has a label and one sentence of help for each field', () => {
      for (const { name, label, help } of formFields(provider)) {
        promise(label.trim() !== '', `The field "${name}" has an empty label.`);
        promise(/^\S.*[.?!]$/s.test(help), `The help of "${name}" is not a sentence.`);
      }
    }),
    contractCase('has a strict schema: a field that it does not name is refused', () => {
      const config = parseValid();
      promise(provider.configSchema.safeParse(config).success, 'The schema refuses what parseConfig returned.');
      const more = { ...config, surplus: 'x' };
      promise(!provider.configSchema.safeParse(more).success, 'The schema takes a field that it does not name.');
    }),
    contractCase('parses what is valid to texts, one for each field', () => {
      const config = parseValid() as unknown as Record<string, unknown>;
      promiseEqual(Object.keys(config).sort(), [...fields].sort(), 'The fields of the configuration');
      for (const name of fields) promise(typeof config[name] === 'string', `"${name}" is not a text.`);
    }),
    contractCase('finds nothing to repair in what it repaired', () => {
      const config = parseValid();
      const again = parse({ ...config });
      promise(again.ok, 'A configuration that parseConfig returned is refused.');
      promiseEqual(again.config, config, 'The configuration, parsed again,');
      promiseEqual(again.repairs, [], 'The list of repairs of a repaired configuration');
    }),
    ...fields.flatMap((name) => [
      contractCase(`refuses settings without "${name}", and says so under that name`, () => {
        for (const value of ['', '   ', ...NOT_A_TEXT]) {
          const result = parse({ ...validInput, [name]: value });
          promise(!result.ok, `"${name}" may be ${JSON.stringify(value) ?? String(value)}.`);
          promise((result.errors[name] ?? '').trim() !== '', `There is no message for "${name}".`);
        }
      }),
      contractCase(`repeats nothing of what was typed for "${name}"`, () => {
        const result = parse({ ...validInput, [name]: CANARY });
        const said = result.ok ? result.repairs.map(({ explanation }) => explanation) : Object.values(result.errors);
        promise(!said.join(' ').includes(CANARY), 'A message repeats the value.');
      }),
    ]),
    contractCase('refuses input with a property that is no field', () => {
      for (const name of ['surplus', 'issuer ', 'toString']) {
        promise(!parse({ ...validInput, [name]: 'x' }).ok, `The property "${name}" is taken.`);
      }
      promise(!parse({}).ok, 'Empty input is taken.');
      promise(!parse(Object.create(validInput) as Record<string, unknown>).ok, 'Inherited properties are read.');
    }),
    contractCase('names an issuer: https, a plain host, no slash at the end, the same each time', () => {
      const issuer = provider.issuer(storedConfig(), PRODUCTION);
      const url = new URL(issuer);
      promiseEqual(url.protocol, 'https:', 'The protocol of the issuer');
      promiseEqual([url.search, url.hash, url.username, url.password], ['', '', '', ''], 'What the issuer has beside');
      promise(!issuer.endsWith('/'), 'The issuer ends with a slash.');
      promise(issuer === `${url.origin}${url.pathname === '/' ? '' : url.pathname}`, 'The issuer is not canonical.');
      promiseEqual(provider.issuer(storedConfig(), PRODUCTION), issuer, 'The issuer, asked again,');
    }),
    contractCase('explains errors with a known code and a sentence, and repeats nothing that was received', () => {
      for (const error of ERRORS) {
        for (const errorDescription of [null, '', CANARY, `x${CANARY.repeat(500)}`]) {
          for (const stage of ['authorization', 'token', 'userinfo'] as const) {
            checkExplanation(provider, { stage, error, errorDescription, status: stage === 'token' ? 400 : null });
          }
        }
      }
    }),
    contractCase('guides to the app, with each redirect URI to copy character for character', () => {
      const steps = provider.setupGuide(GUIDE);
      const values = steps.flatMap(({ copy = [] }) => copy.map(({ value }) => value));
      for (const uri of GUIDE.redirectUris) promise(values.includes(uri), `The guide does not have ${uri} to copy.`);
      promiseEqual(provider.setupGuide(GUIDE), steps, 'The guide, asked again,');
    }),
    contractCase('has each redirect URI in each snippet, if it has snippets', () => {
      for (const { title, code } of provider.setupSnippets?.(GUIDE) ?? []) {
        for (const uri of GUIDE.redirectUris) promise(code.includes(uri), `The snippet "${title}" lacks ${uri}.`);
      }
    }),
    contractCase('probes a Client ID on the issuer’s own origin, if it does', () => {
      const issuer = provider.issuer(storedConfig(), PRODUCTION);
      const probe = provider.clientIdProbe?.(issuer, 'a&b=c#d/../e');
      if (probe === undefined) return;
      promiseEqual(new URL(probe).origin, new URL(issuer).origin, 'The origin of the probe');
      promise(!new URL(probe).searchParams.has('b'), 'The Client ID is not encoded.');
    }),
    contractCase('advises on known codes only', () => {
      for (const [code, advice] of Object.entries(provider.settingsAdvice ?? {})) {
        promise(code in SSO_ERRORS, `"${code}" is no error code.`);
        promise(/[.?!]$/.test(advice), `The advice on "${code}" is not a sentence.`);
      }
    }),
  ];
}

function checkExplanation(provider: OidcProvider, input: ProviderErrorInput): void {
  const explanation = provider.explainError(Object.freeze(input));
  if (explanation === null) return;
  const { code, advice } = explanation;
  promise(Object.hasOwn(SSO_ERRORS, code), `"${code}" is no error code.`);
  promise(new SsoError(code).code === code && /[.?!]$/.test(advice), `The advice on "${code}" is not a sentence.`);
  promise(!advice.includes(CANARY), 'The advice repeats what was received.');
}
