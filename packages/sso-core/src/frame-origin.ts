/**
 * @module
 * Origins of CRM pages that may show the CTI Adaptor in a frame. Grammar first, URL parser second; what is accepted is
 * put together anew from its parts, so nothing else of what was typed reaches a header.
 */
import { CRM_DOMAINS } from './crm-presets.js';
import { FRAME_ORIGIN_REFUSALS, type FrameOriginRefusal } from './frame-origin-refusals.js';
import type { ProviderContext } from './provider.js';

/** Origins of one tenant. */
export const MAX_FRAME_ORIGINS = 20;
/** Of all origins of a tenant together: they stand in one header, and proxies give up at four kilobytes. */
export const MAX_FRAME_ORIGINS_CHARACTERS = 2000;

/** What is wrong with a typed origin: the first problem found, and nothing of what was typed. */
export interface RefusedFrameOrigin {
  readonly ok: false;
  readonly reason: FrameOriginRefusal;
  /** Plain sentences for the administrator. Never contains what was typed. */
  readonly message: string;
  /** An origin that was probably meant. */
  readonly suggestion?: string;
}

/** Of {@link decideFrameOrigin}. What is accepted may stand in a header as it is. */
export type FrameOriginResult =
  /** `https://host` or `https://host:port` in lower case, without the standard port. A fixed point. */
  { readonly ok: true; readonly origin: string } | RefusedFrameOrigin;

/** Of {@link decideFrameOrigins}. One that is refused refuses the list. */
export type FrameOriginsResult =
  /** In the order of the text, each once. */
  | { readonly ok: true; readonly origins: readonly string[] }
  /** By index of what was typed; `too-many` stands at the first one that is too much. */
  | { readonly ok: false; readonly refusals: ReadonlyMap<number, RefusedFrameOrigin> };

const MAX_HOST_NAME_CHARACTERS = 253;
/** Far above any origin, and low enough that no check below takes noticeable time. */
const MAX_CHARACTERS = 2048;

/** The order decides which of several problems is told. */
const FORBIDDEN: readonly (readonly [RegExp, FrameOriginRefusal])[] = [
  [/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u, 'control-character'],
  [/\s/u, 'whitespace'],
  [/[;,]/, 'separator'],
  [/\*/, 'wildcard'],
  [/[^ -~]/u, 'non-ascii'],
  [/\\/, 'backslash'],
  [/%/, 'percent'],
];
const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const PORT = /^[1-9]\d{0,4}$/;
/** A URL parser reads a name with such a last label as an IPv4 address. */
const NUMERIC_LABEL = /^(?:\d+|0x[0-9a-f]*)$/;
const MAX_PORT = 65_535;

/**
 * Accepts `https://host` or `https://host:port` and nothing beside it; in development also `http` and `https` on
 * `*.localhost`. Never throws.
 */
export function decideFrameOrigin(typed: string, context: ProviderContext): FrameOriginResult {
  const forbidden = findForbidden(typed);
  if (forbidden !== null) return refuse(forbidden);
  const scheme = SCHEME.exec(typed)?.[1]?.toLowerCase();
  if (scheme === undefined) return refuse('scheme-missing', suggest(typed, context));
  const rest = typed.slice(scheme.length + '://'.length);
  if ((scheme !== 'https' && scheme !== 'http') || SCHEME.test(rest)) return refuse('scheme');

  const [authority = ''] = rest.split(/[/?#]/, 1);
  if (authority.includes('@')) return refuse('userinfo');
  if (authority.startsWith('[')) return refuse('ip-address');
  const [name = '', port = null, ...more] = authority.toLowerCase().split(':');
  if (more.length > 0 || (port !== null && (!PORT.test(port) || Number(port) > MAX_PORT))) return refuse('port');
  const problem = findNameProblem(name, context);
  if (problem !== null) return refuse(problem);
  const isLocal = name.endsWith('.localhost');
  const standardPort = scheme === 'https' ? '443' : '80';
  const origin = `${scheme}://${name}${port === null || port === standardPort ? '' : `:${port}`}`;
  if (scheme === 'http' && !isLocal) return refuse('http', port === null ? `https://${name}` : undefined);
  const surplus = rest.charAt(authority.length);
  if (surplus === '?') return refuse('query', origin);
  if (surplus === '#') return refuse('fragment', origin);
  return surplus === '/' ? refuse('path', origin) : { ok: true, origin };
}

/** Judges a whole list, which may be empty: then nobody may frame the CTI Adaptor. Never throws. */
export function decideFrameOrigins(typed: readonly string[], context: ProviderContext): FrameOriginsResult {
  const refusals = new Map<number, RefusedFrameOrigin>();
  const origins = new Set<string>();
  let characters = 0;
  for (const [index, text] of typed.entries()) {
    const result = decideFrameOrigin(text, context);
    if (!result.ok) refusals.set(index, result);
    else if (!origins.has(result.origin)) {
      origins.add(result.origin);
      characters += result.origin.length;
    }
    const isTooMuch = origins.size > MAX_FRAME_ORIGINS || characters > MAX_FRAME_ORIGINS_CHARACTERS;
    // Nobody needs to hear about a thousand lines one by one.
    if (isTooMuch || refusals.size > MAX_FRAME_ORIGINS) {
      refusals.set(index, refuse('too-many'));
      break;
    }
  }
  return refusals.size > 0 ? { ok: false, refusals } : { ok: true, origins: [...origins] };
}

function findForbidden(typed: string): FrameOriginRefusal | null {
  if (typed === '') return 'empty';
  if (typed.length > MAX_CHARACTERS) return 'too-long';
  return FORBIDDEN.find(([pattern]) => pattern.test(typed))?.[1] ?? null;
}

/** `name` is lower-case ASCII. */
function findNameProblem(name: string, context: ProviderContext): FrameOriginRefusal | null {
  if (name === '') return 'empty';
  const labels = name.split('.');
  if (NUMERIC_LABEL.test(labels.at(-1) ?? '')) return 'ip-address';
  if (name.length > MAX_HOST_NAME_CHARACTERS) return 'too-long';
  if (!labels.every((label) => LABEL.test(label))) return 'label-invalid';
  if (labels.length === 1) return 'single-label';
  if (name.endsWith('.localhost') && context.environment !== 'development') return 'development-only';
  if (CRM_DOMAINS.includes(name)) return 'instance-missing';
  return parsesToItself(name) ? null : 'not-a-host-name';
}

/** Also keeps out punycode that no registry would accept, and names that a parser folds to another. */
function parsesToItself(name: string): boolean {
  try {
    return new URL(`https://${name}`).hostname === name;
  } catch {
    return false;
  }
}

function suggest(typed: string, context: ProviderContext): string | undefined {
  const result = decideFrameOrigin(`https://${typed}`, context);
  return result.ok ? result.origin : result.suggestion;
}

function refuse(reason: FrameOriginRefusal, suggestion?: string): RefusedFrameOrigin {
  const refusal = { ok: false, reason, message: FRAME_ORIGIN_REFUSALS[reason] } as const;
  return suggestion === undefined ? refusal : { ...refusal, suggestion };
}
