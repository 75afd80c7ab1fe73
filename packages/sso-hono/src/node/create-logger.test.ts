import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createLogger } from './create-logger.js';

function capture(level?: string) {
  let text = '';
  const destination = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const logger = createLogger({ destination, ...(level === undefined ? {} : { level }) });
  return {
    logger,
    text: () => text,
    /** Every line, parsed: a line that is not JSON fails the test. */
    events: () =>
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

const CANARY = 'CANARY-7f3a';
const SECRET_MEMBERS = [
  ...['authorization', 'cookie', 'set-cookie', 'client_secret', 'clientSecret', 'code_verifier', 'codeVerifier'],
  ...['state', 'nonce', 'id_token', 'idToken', 'access_token', 'accessToken', 'refresh_token', 'id_token_hint'],
  ...['query', 'params', 'parameters', 'password', 'token', 'sessionHandle', 'browserSecret', 'Authorization'],
  ...['Cookie', 'Set-Cookie', 'setCookie', 'CLIENT_SECRET'],
];

const PLACES: Readonly<Record<string, (members: object) => object>> = {
  'the top level': (members) => members,
  headers: (headers) => ({ headers }),
  'request.headers': (headers) => ({ request: { headers } }),
  'a list': (members) => ({ rows: [members, [members]] }),
  'four levels deep': (members) => ({ a: { b: { c: { d: members } } } }),
  'err as an object': (err) => ({ err }),
};

test.each(Object.entries(PLACES))('O8 members with a secret’s name are replaced in %s', (_place, put) => {
  for (const name of SECRET_MEMBERS) {
    for (const value of [CANARY, [CANARY], { inner: CANARY }]) {
      const { logger, text, events } = capture();
      logger.info(put({ [name]: value, code: 'state-mismatch' }), 'event');
      expect(text(), name).not.toContain(CANARY);
      expect(text()).toContain('[redacted]');
      expect(text()).toContain('state-mismatch');
      expect(events()).toHaveLength(1);
    }
  }
});

/** An error as database drivers and HTTP clients make them. */
function leakyError(): Error {
  const inner = Object.assign(new Error(`inner ${CANARY}`), { params: [CANARY], query: CANARY });
  return Object.assign(new Error(`insert failed: ${CANARY}\n    at ${CANARY} (file.ts:1:1)`, { cause: inner }), {
    code: '23505',
    params: [CANARY],
    query: `select '${CANARY}'`,
    detail: `Key (state_hash)=(${CANARY}) already exists.`,
    response: { headers: { 'set-cookie': CANARY }, body: CANARY },
  });
}

test.each<[string, (error: Error) => readonly [object, string?]]>([
  ['as err', (err) => [{ err }, 'failed']],
  ['as error', (error) => [{ error }, 'failed']],
  ['by itself', (error) => [error]],
  ['by itself with a message', (error) => [error, 'failed']],
  ['as err without a message', (err) => [{ err }]],
  ['in a list', (error) => [{ errors: [error] }, 'failed']],
  ['deep within', (error) => [{ a: { b: { error } } }, 'failed']],
  ['as the cause of another', (cause) => [{ err: new Error('outer', { cause }) }, 'failed']],
  ['in an aggregate', (error) => [{ err: new AggregateError([error], CANARY) }, 'failed']],
])('O8 an error that is logged %s tells its class and frames, never what it says', (_name, event) => {
  const { logger, text, events } = capture();
  logger.error(...(event(leakyError()) as [object, string]));
  expect(text()).not.toContain(CANARY);
  expect(text()).toContain('"type":"');
  expect(text()).toContain('create-logger.test.ts');
  expect(events()).toHaveLength(1);
});

test('the code of an error is kept, and that of its cause', () => {
  const { logger, events } = capture();
  logger.error({ err: new TypeError('x', { cause: leakyError() }) }, 'failed');
  expect(events()[0]).toMatchObject({
    msg: 'failed',
    err: { type: 'TypeError', cause: { type: 'Error', code: '23505', cause: { type: 'Error' } } },
  });
});

const HOSTILE: Readonly<Record<string, string>> = {
  'line feed': '\n{"level":30,"msg":"forged"}',
  'carriage return': '\r\n{"level":30,"msg":"forged"}',
  escape: '\u001b[2J\u001b[31mred',
  'C1 control sequence introducer': '\u009b2J',
  delete: '\u007f\u007f',
  NUL: '\0',
  'line separator': '\u2028{"level":30}\u2029',
  'next line': '\u0085{"level":30}',
  'right-to-left override': '\u202egpj.exe',
  'bidirectional isolates': '\u2066x\u2069',
  'zero width': '\u200b\u200d\ufeff',
};

test.each(Object.entries(HOSTILE))('O7 %s stays within its line and is written visibly', (_name, value) => {
  const { logger, text, events } = capture();
  logger.info({ agent: value, [value]: value, list: [value], deep: { value } }, `message ${value}`);
  logger.warn(value);
  expect(events()).toHaveLength(2);
  expect(events()[0]).toMatchObject({ agent: value, msg: `message ${value}`, deep: { value } });
  expect(text()).not.toMatch(/[^\x20-\x7e\n]/);
  expect(text().split('\n')).toHaveLength(3);
});

test('O7 long texts are cut', () => {
  const { logger, events } = capture();
  logger.info({ agent: 'x'.repeat(100_000) }, 'event');
  expect(String(events()[0]?.agent)).toHaveLength(2_001);
});

test('circular and odd values do not break a line', () => {
  const circular: Record<string, unknown> = { name: 'loop' };
  circular.self = circular;
  const { logger, events } = capture();
  logger.info({ circular, nothing: null, missing: undefined, date: new Date(0), big: 10n, map: new Map() }, 'event');
  expect(events()).toHaveLength(1);
  expect(events()[0]).toMatchObject({ nothing: null, date: '1970-01-01T00:00:00.000Z', big: 10 });
});

test('the level decides what is written, by default from info upwards', () => {
  const { logger, events } = capture();
  logger.debug('no');
  logger.info('yes');
  expect(events().map(({ msg }) => msg)).toEqual(['yes']);
  const silent = capture('silent');
  silent.logger.fatal('no');
  expect(silent.text()).toBe('');
});

test('a line has a level, an ISO time and no name of the machine', () => {
  const { logger, events } = capture();
  logger.info({ a: 1 }, 'event');
  expect(events()[0]).toEqual({
    level: 30,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    a: 1,
    msg: 'event',
  });
});
