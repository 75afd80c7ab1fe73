/**
 * @module
 * The three settings of an Okta connection: what they may be and how pasted values are repaired. The schema says what
 * may be stored; the settings form derives from it. Whether Okta knows the values is not checked here.
 */
import type { ConfigRepair, ConfigResult, ProviderContext, ProviderFieldMeta } from '@ipscape/sso-core';
import * as z from 'zod';
import { isLocalHost } from './is-local-host.js';
import { isOktaHost } from './is-okta-host.js';
import { repairHostName } from './repair-host-name.js';
import { trimPasted } from './trim-pasted.js';

/**
 * Settings that were repaired and judged: everything here is safe to store and to build addresses from. Whether Okta
 * knows them is another question.
 */
export interface OktaConfig {
  /** 6 to 100 characters. */
  readonly clientId: string;
  /** Canonical host name of the org; in development a `.localhost` name may carry a port. */
  readonly hostName: string;
  /** 1 to 1024 visible ASCII characters. */
  readonly clientSecret: string;
}

const CLIENT_ID = /^[A-Za-z0-9$\-_.+!*'(),]{6,100}$/;
const VISIBLE_ASCII = /^[!-~]+$/;
const MAX_SECRET_CHARACTERS = 1024;
/** `{clientId}`, `${clientSecret}`, `{{client_id}}`, `<client-id>`, `YOUR_CLIENT_ID`, as guides and samples write them. */
const PLACEHOLDER = /^\$?\{.*\}$|^<.*>$|^(?:your|okta|my)?[-_ ]*client[-_ ]*(?:id|secret)$/i;
/** What forms show in place of a stored secret: nothing but dots or stars, or those around a few last characters. */
const MASK =
  /^[*.\u00b7\u2022\u2219\u25cf\u26ab\u2b24\u2b25]+$|^[*\u2022\u25cf]{4,}.{0,4}$|^.{0,4}[*\u2022\u25cf]{4,}$/u;

export const oktaConfigSchema = z.strictObject({
  clientId: textField(explainClientId, {
    label: 'Client ID',
    help: 'On the General tab of the app in the Okta Admin Console, under Client Credentials.',
    placeholder: '0oa1a2b3c4d5e6f7g8h9',
  }),
  hostName: textField(explainHostName, {
    label: 'Host Name',
    help: 'Your Okta domain, shown in the user menu at the top right of the Okta Admin Console.',
    placeholder: 'acme.okta.com',
  }),
  clientSecret: textField(explainClientSecret, {
    label: 'Client Secret',
    help: 'On the General tab of the app in the Okta Admin Console, under Client Secrets.',
    secret: true,
  }),
});

type FieldName = keyof OktaConfig;
const FIELDS = Object.keys(oktaConfigSchema.shape) as FieldName[];

/**
 * Repairs and validates typed settings. Only own properties are read; every other property is refused. Never throws,
 * and no message contains a value.
 */
export function parseOktaConfig(
  input: Readonly<Record<string, unknown>>,
  context: ProviderContext,
): ConfigResult<OktaConfig> {
  const errors = new Map<string, string>();
  const repairs: ConfigRepair[] = [];
  for (const key of Object.keys(input)) {
    if (!Object.hasOwn(oktaConfigSchema.shape, key)) errors.set(key, 'There is no such setting.');
  }
  const typed: Record<string, unknown> = {};
  for (const field of FIELDS) {
    const value = Object.hasOwn(input, field) ? (input[field] ?? '') : '';
    typed[field] = value;
    if (typeof value !== 'string') continue;
    const repaired = field === 'hostName' ? repairHost(value, context) : repairText(field, value);
    if (typeof repaired === 'string') {
      errors.set(field, repaired);
      continue;
    }
    typed[field] = repaired.value;
    repairs.push(...repaired.explanations.map((explanation) => ({ field, explanation })));
  }
  const parsed = oktaConfigSchema.safeParse(typed);
  for (const issue of parsed.error?.issues ?? []) {
    const field = String(issue.path[0]);
    if (!errors.has(field)) errors.set(field, issue.message);
  }
  if (parsed.data !== undefined && parsed.data.clientId === parsed.data.clientSecret) {
    errors.set('clientSecret', 'This is the Client ID again. Copy the Client Secret, which is a value of its own.');
  }
  if (parsed.data === undefined || errors.size > 0) {
    // fromEntries defines properties of its own, so that a field named "__proto__" is an entry like any other.
    return { ok: false, errors: Object.fromEntries(errors) };
  }
  return { ok: true, config: parsed.data, repairs, ...noticesAbout(parsed.data) };
}

/** Any host may be an org's custom domain, so it is told apart from Okta's own before it is saved, and not refused. */
function noticesAbout({ hostName }: OktaConfig): { readonly notices?: readonly string[] } {
  if (isOktaHost(hostName) || isLocalHost(hostName)) return {};
  return {
    notices: [`${hostName} is not one of Okta's own domains. Save only if it is the custom domain of your Okta.`],
  };
}

function textField(explain: (value: string) => string | null, meta: ProviderFieldMeta): z.ZodString {
  return z
    .string({ error: `The ${meta.label} must be text.` })
    .check((payload) => {
      const message = explain(payload.value);
      // The value stays out of the issue, because issues end up in logs.
      if (message !== null) payload.issues.push({ code: 'custom', message, input: undefined });
    })
    .meta({ ...meta });
}

function explainClientId(value: string): string | null {
  if (value === '') return 'Fill in the Client ID.';
  if (PLACEHOLDER.test(value)) return 'This is a placeholder from a guide. Replace it with the Client ID of your app.';
  if (value === 'ALL_CLIENTS') return 'This name is reserved by Okta and is not the Client ID of an app.';
  if (CLIENT_ID.test(value)) return null;
  return "A Client ID has 6 to 100 characters: letters, digits and $-_.+!*'(), only. Copy it from the General tab of the app in Okta.";
}

function explainHostName(value: string): string | null {
  // The schema knows no environment: parseOktaConfig refuses names of a developer's machine in production.
  const result = repairHostName(value, { environment: 'development' });
  if (!result.ok) return result.message;
  return result.hostName === value ? null : 'Enter only the host name, in small letters.';
}

function explainClientSecret(value: string): string | null {
  if (value === '') return 'Fill in the Client Secret.';
  if (value.length > MAX_SECRET_CHARACTERS) return 'A Client Secret has at most 1024 characters.';
  if (PLACEHOLDER.test(value)) {
    return 'This is a placeholder from a guide. Replace it with the Client Secret of your app.';
  }
  if (MASK.test(value)) {
    return 'These are the dots or stars that stand for a hidden secret. In Okta, use the copy button beside the secret.';
  }
  if (VISIBLE_ASCII.test(value)) return null;
  return 'The Client Secret contains a space, a line break or a character that no Okta secret has. Copy it again.';
}

type Repaired = { readonly value: string; readonly explanations: readonly string[] };

function repairHost(value: string, context: ProviderContext): Repaired | string {
  const result = repairHostName(value, context);
  if (result.ok) return { value: result.hostName, explanations: result.repairs };
  return result.suggestion === undefined ? result.message : `${result.message} Did you mean ${result.suggestion}?`;
}

function repairText(field: FieldName, value: string): Repaired {
  const trimmed = trimPasted(value);
  if (trimmed === value) return { value, explanations: [] };
  const label = field === 'clientId' ? 'Client ID' : 'Client Secret';
  return { value: trimmed, explanations: [`Removed the spaces before or after the ${label}.`] };
}
