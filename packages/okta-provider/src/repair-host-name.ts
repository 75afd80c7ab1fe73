/**
 * @module
 * Turns what an administrator typed into the Host Name that connections store. Grammar first, URL parser second.
 * Says nothing about where the name leads: addresses are checked when they are resolved.
 */
import type { ProviderContext } from '@ipscape/sso-core';
import { HOST_NAME_REFUSALS, type HostNameRefusalReason } from './host-name-refusals.js';
import { isLocalHost } from './is-local-host.js';
import { isOktaHost, OKTA_DOMAINS } from './is-okta-host.js';
import { splitAddress } from './split-address.js';
import { trimPasted } from './trim-pasted.js';

/** A usable Host Name and what was changed for it, or the first reason why there is none. */
export type HostNameResult =
  | {
      readonly ok: true;
      /** Lower-case ASCII host name; in development a `.localhost` name may carry `:port`. */
      readonly hostName: string;
      /** What was changed, one sentence each, in the order of the text. Empty when it was usable as typed. */
      readonly repairs: readonly string[];
    }
  | {
      readonly ok: false;
      readonly reason: HostNameRefusalReason;
      /** Plain sentences for the administrator. Never contains what was typed. */
      readonly message: string;
      /** A host name on one of Okta's own domains that may have been meant. */
      readonly suggestion?: string;
    };

const REPAIRS = {
  trimmed: 'Removed the spaces before or after the host name.',
  https: 'Removed "https://": only the host name is needed.',
  http: 'Removed "http://": Okta is always reached over the encrypted https.',
  upperCase: 'Changed capital letters to small letters, which is how Okta writes host names.',
  trailingDot: 'Removed the dot at the end.',
  admin:
    'Removed "-admin": that is the address of the Okta Admin Console, and users sign in at the address without it.',
  standardPort: 'Removed ":80", which is the standard port.',
  trailingSlash: 'Removed the slash at the end.',
  authorizationServer:
    'Removed the path that starts with "/oauth2": sign-in always uses the org authorization server, which has only the host name in its address.',
  oktaPage: 'Removed the path after the host name: it belongs to a page of Okta.',
  path: 'Removed everything after the host name.',
} as const;

const MAX_HOST_NAME_CHARACTERS = 253;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** A URL parser reads every name with such a last label as an IPv4 address: 127.1, 0x7f.1, 0177.0.0.1, 2130706433. */
const NUMERIC_LABEL = /^(?:\d+|0x[0-9a-f]*)$/;
/** First path segments of pages whose address administrators copy, also on a custom domain. */
const OKTA_PAGE = /^\/(?:admin|app|apps|dev|enduser|home|login|signin|user|userhome|\.well-known|api)(?:\/|$)/i;
const AUTHORIZATION_SERVER = /^\/oauth2(?:\/|$)/i;
/** Names on okta.com that belong to the company and are no org. */
const OKTA_WEBSITES: readonly string[] = ['www', 'login', 'help', 'support', 'developer', 'status', 'trust'];
const SAMPLE_ORG = /^your-?(?:org|domain|company|subdomain|tenant)$/;
/** Refusals of one surplus part, without which the rest is certainly what was meant. */
const SUGGESTIBLE: ReadonlySet<HostNameRefusalReason> = new Set(['query', 'fragment', 'port', 'doubled-domain']);

/**
 * Repairs a typed Host Name, or says why it cannot be used. Never throws. An accepted host name is a fixed point, and
 * `new URL()` finds exactly that host in it. Hosts outside Okta's domains are accepted as custom domains; tell them
 * apart with `isOktaHost`.
 */
export function repairHostName(input: string, context: ProviderContext): HostNameResult {
  const text = trimPasted(input);
  const parts = splitAddress(text);
  if (typeof parts === 'string') return refuse(parts, text.split(/[?#]/)[0]);

  const lower = parts.name.toLowerCase();
  const dotless = lower.replace(/\.$/, '');
  const name = withoutAdmin(dotless, context);
  const problem = findNameProblem(name, context);
  if (problem !== null) return refuse(problem, withoutDoubledDomain(name));

  const port = readPort(parts.port, name);
  if (port === null) return refuse('port', name);
  const pathRepair = findPathRepair(parts.path, name);
  if (pathRepair === null) return refuse('path');

  // Sentences in the order of the text, so that they read as a walk along it.
  const repairs: string[] = [];
  if (text !== input) repairs.push(REPAIRS.trimmed);
  if (parts.scheme === 'https') repairs.push(REPAIRS.https);
  // On a developer's own machine http is what is meant, so there is nothing to tell.
  if (parts.scheme === 'http' && !isLocalHost(name)) repairs.push(REPAIRS.http);
  if (lower !== parts.name) repairs.push(REPAIRS.upperCase);
  if (name !== dotless) repairs.push(REPAIRS.admin);
  if (dotless !== lower) repairs.push(REPAIRS.trailingDot);
  if (parts.port !== null && port === '') repairs.push(REPAIRS.standardPort);
  if (pathRepair !== '') repairs.push(pathRepair);
  return { ok: true, hostName: name + port, repairs };
}

/** The Admin Console's host is the org's label plus `-admin`; its discovery document names the issuer without it. */
function withoutAdmin(name: string, context: ProviderContext): string {
  if (context.environment === 'development' && isLocalHost(name))
    return name.replace(/^([^.]*?)(?:-admin)+(?=\.)/, '$1');
  const domain = isOktaHost(name) ? OKTA_DOMAINS.find((known) => name.endsWith(`.${known}`)) : undefined;
  if (domain === undefined) return name;
  return name.slice(0, -domain.length - 1).replace(/(?:-admin)+$/, '') + name.slice(-domain.length - 1);
}

/** `name` is lower-case ASCII. The order decides which of several problems is told. */
function findNameProblem(name: string, context: ProviderContext): HostNameRefusalReason | null {
  if (name === '') return 'empty';
  const labels = name.split('.');
  if (NUMERIC_LABEL.test(labels.at(-1) ?? '')) return 'ip-address';
  if (name.length > MAX_HOST_NAME_CHARACTERS) return 'too-long';
  if (!labels.every((label) => LABEL.test(label))) return 'label-invalid';
  if (labels.length === 1) return 'single-label';
  if (isLocalHost(name) && context.environment !== 'development') return 'development-only';
  if (OKTA_DOMAINS.includes(name)) return 'org-label-missing';
  if (withoutDoubledDomain(name) !== name) return 'doubled-domain';
  if (isOktaHost(name) && SAMPLE_ORG.test(labels[0] ?? '')) return 'placeholder';
  if (labels.length === 3 && name.endsWith('.okta.com') && OKTA_WEBSITES.includes(labels[0] ?? ''))
    return 'okta-website';
  // Letters in the last label keep out every numeric notation that a resolver, if not a URL parser, might read.
  if (!/[a-z]/.test(labels.at(-1) ?? '')) return 'ip-address';
  return parsesToItself(name) ? null : 'not-a-host-name';
}

/** Undoes the typo of adding an ending that was already there: `acme.okta.com.com`, `acme.okta.com.okta.com`. */
function withoutDoubledDomain(name: string): string {
  for (const domain of OKTA_DOMAINS) {
    const topLevel = domain.slice(domain.lastIndexOf('.'));
    for (const surplus of [`.${domain}`, topLevel]) {
      if (`.${name}`.endsWith(`.${domain}${surplus}`)) return name.slice(0, -surplus.length);
    }
  }
  return name;
}

function parsesToItself(name: string): boolean {
  try {
    return new URL(`https://${name}`).hostname === name;
  } catch {
    return false;
  }
}

/** The port as it is kept, with its colon; empty when there is none to keep, null when it cannot be used. */
function readPort(typed: string | null, name: string): string | null {
  if (typed === null) return '';
  // The name has been accepted, so a local one means that this is development.
  if (!isLocalHost(name) || !/^[1-9]\d{0,4}$/.test(typed) || Number(typed) > 65535) return null;
  // A URL parser drops the default port, and issuers are compared character for character.
  return typed === '80' ? '' : `:${typed}`;
}

/** The sentence about the removed path; empty when there is none, null when the path must not simply be dropped. */
function findPathRepair(path: string, name: string): string | null {
  if (path === '') return '';
  if (/^\/+$/.test(path)) return REPAIRS.trailingSlash;
  if (AUTHORIZATION_SERVER.test(path)) return REPAIRS.authorizationServer;
  if (OKTA_PAGE.test(path)) return REPAIRS.oktaPage;
  // On a foreign host an unknown path may be the part that was meant: `evil.example/.okta.com`.
  return isOktaHost(name) || isLocalHost(name) ? REPAIRS.path : null;
}

/** `meant` becomes the suggestion if it, or what it is repaired to, is a name on one of Okta's own domains. */
function refuse(reason: HostNameRefusalReason, meant = ''): HostNameResult {
  const refusal = { ok: false, reason, message: HOST_NAME_REFUSALS[reason] } as const;
  if (!SUGGESTIBLE.has(reason)) return refusal;
  const repaired = repairHostName(meant, { environment: 'production' });
  return repaired.ok && isOktaHost(repaired.hostName) ? { ...refusal, suggestion: repaired.hostName } : refusal;
}
