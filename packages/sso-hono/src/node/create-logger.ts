/**
 * @module
 * Structured logs: one event is one JSON line. Redaction is the second line of defence; the first is that nothing
 * secret is handed to the logger.
 */
import { type DestinationStream, type Logger, type LoggerOptions as PinoOptions, pino } from 'pino';
import { framesOf } from '../describe-error.js';

/** How much is logged, and where to. */
export interface LoggerOptions {
  /** Default `info`. */
  readonly level?: string;
  /** Default: standard output. */
  readonly destination?: DestinationStream;
}

/** In lower case and without separators: `Set-Cookie`, `set_cookie` and `setCookie` are one name. */
const SECRET_NAMES: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'setcookie',
  'secret',
  'clientsecret',
  'browsersecret',
  'codeverifier',
  'state',
  'nonce',
  'token',
  'idtoken',
  'idtokenhint',
  'accesstoken',
  'refreshtoken',
  'handle',
  'sessionhandle',
  'query',
  'params',
  'parameters',
  'password',
]);
const MAX_DEPTH = 5;
const MAX_TEXT_LENGTH = 2_000;

/**
 * A logger that replaces every member with a secret's name, however deep, cuts long texts, and of an error keeps class,
 * code and frames: its message and other members may quote what was sent. What is bound to a child logger is written as
 * it is.
 */
export function createLogger({ level = 'info', destination }: LoggerOptions = {}): Logger {
  const options: PinoOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { log: (members) => hideMembers(members, 0) },
    hooks: {
      // Without a message of its own an event would take the error's.
      logMethod(args, method) {
        const [first, message] = args as readonly unknown[];
        if (typeof first === 'object' && message === undefined) method.call(this, first, '');
        else method.apply(this, args);
      },
      streamWrite: escapeInvisible,
    },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

function hideMembers(members: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [name, isSecret(name) ? '[redacted]' : hide(value, depth)]),
  );
}

function hide(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.length > MAX_TEXT_LENGTH ? `${value.slice(0, MAX_TEXT_LENGTH)}…` : value;
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (depth === MAX_DEPTH) return '[too deep]';
  if (Array.isArray(value)) return value.map((entry) => hide(entry, depth + 1));
  if (value instanceof Error) {
    const { name, cause } = value;
    const code = 'code' in value && typeof value.code === 'string' ? value.code : undefined;
    return { type: name, code, stack: framesOf(value), cause: hide(cause, depth + 1) };
  }
  return hideMembers(value, depth + 1);
}

function isSecret(name: string): boolean {
  return SECRET_NAMES.has(name.toLowerCase().replace(/[^a-z]/g, ''));
}

/** JSON leaves these as they are, but a terminal obeys them and some readers take them for the end of a line. */
const INVISIBLE = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

function escapeInvisible(line: string): string {
  return line.replace(INVISIBLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
