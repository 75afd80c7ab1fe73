/**
 * @module
 * Structured logs: one event is one JSON line. Redaction is the second line of defence; the first is that nothing
 * secret is handed to the logger.
 */
import { type DestinationStream, type Logger, pino } from 'pino';

export interface LoggerOptions {
  /** Default `info`. */
  readonly level?: string;
  /** Default: standard output. */
  readonly destination?: DestinationStream;
}

const SECRET_NAMES = [
  'authorization',
  'cookie',
  'set-cookie',
  'client_secret',
  'clientSecret',
  'code_verifier',
  'codeVerifier',
  'state',
  'nonce',
  'id_token',
  'idToken',
  'access_token',
  'accessToken',
  'query',
  'params',
];

/** A logger that replaces every member with a secret's name, at the top level of `headers`, `body`, `err` and the like. */
export function createLogger({ level = 'info', destination }: LoggerOptions = {}): Logger {
  const redact = SECRET_NAMES.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]);
  const options = {
    level,
    redact: { paths: redact, censor: '[redacted]' },
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
