/**
 * @module
 * The support bundle for people: one fact a line, one line for each thing of a list.
 */
import type { SupportBundle } from './settings-api-schemas.js';

const TITLES = {
  format: 'Support bundle',
  tenant: 'Tenant',
  versions: 'Versions',
  redirectUris: 'Redirect URIs',
  connection: 'Connection',
  revisions: 'Revisions, newest first',
  lastAuthorisation: 'Last authorisation',
  directory: 'Directory',
  signInLog: 'Sign-in log, newest first',
  audit: 'Audit trail, newest first',
} as const satisfies Partial<Record<keyof SupportBundle, string>>;

export function toSupportText(bundle: SupportBundle): string {
  const { format, createdAt, reference, ...parts } = bundle;
  const sections = Object.entries(parts).map(([name, part]) => {
    const title = TITLES[name as keyof typeof TITLES];
    return `${title}\n${'-'.repeat(title.length)}\n${toLines(part).join('\n')}\n`;
  });
  return [`${TITLES.format} (${format})\nmade ${createdAt}, reference ${reference}\n`, ...sections].join('\n');
}

function toLines(part: unknown): readonly string[] {
  if (Array.isArray(part)) return part.length === 0 ? ['none'] : part.map((item) => toInline(item));
  if (typeof part !== 'object' || part === null) return [part === null ? 'none' : printable(String(part))];
  return Object.entries(part).flatMap(([name, value]) =>
    Array.isArray(value) && value.some((item) => typeof item === 'object')
      ? [`${name}:`, ...toLines(value).map((line) => `  ${line}`)]
      : [`${name}: ${toInline(value)}`],
  );
}

function toInline(value: unknown): string {
  if (value === null) return 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(toInline).join(', ');
  if (typeof value !== 'object') return printable(String(value));
  return Object.entries(value)
    .map(
      ([name, inner]) =>
        `${name}=${typeof inner === 'object' && inner !== null ? `(${toInline(inner)})` : toInline(inner)}`,
    )
    .join(' ');
}

/** On one line, and nothing that turns text around. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
}
