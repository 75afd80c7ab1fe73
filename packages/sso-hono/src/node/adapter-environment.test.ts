import { expect, test } from 'vitest';
import { EnvironmentError, readAdapterEnvironment } from './adapter-environment.js';

const KEY = `k1:${'A'.repeat(43)}`;
const PROXY = { SSO_TRUSTED_PROXIES: '10.0.0.1' };
const PRODUCTION = { DATABASE_URL: 'postgresql://sso@database/sso', SSO_ENCRYPTION_KEYS: KEY, ...PROXY };
const DEVELOPMENT = { SSO_ENV: 'development' };

type Variables = Readonly<Record<string, string | undefined>>;

function read(variables: Variables) {
  return readAdapterEnvironment(variables, { port: 3001 });
}

function problemsOf(variables: Variables): readonly string[] {
  try {
    read(variables);
    return [];
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    for (const problem of error.problems) expect(error.message).toContain(problem);
    return error.problems;
  }
}

/** Names of the variables with a problem; every problem begins with the name of its variable. */
function refusedBy(variables: Variables): readonly string[] {
  return problemsOf(variables).map((problem) => /^[A-Z_]+(?= must| is for development)/.exec(problem)?.[0] ?? problem);
}

test('R15 production needs a database, keys and the address of the proxy in front, and nothing else', () => {
  expect(read(PRODUCTION)).toEqual({
    mode: 'production',
    host: '0.0.0.0',
    port: 3001,
    database: { databaseUrl: PRODUCTION.DATABASE_URL },
    dataDirectory: '.data',
    encryptionKeys: KEY,
    trustedProxies: ['10.0.0.1'],
    publicPort: null,
    logLevel: 'info',
    tracing: null,
  });
});

test('development needs nothing', () => {
  expect(read(DEVELOPMENT)).toEqual({
    mode: 'development',
    host: '127.0.0.1',
    port: 3001,
    database: { dataDirectory: '.data' },
    dataDirectory: '.data',
    encryptionKeys: null,
    trustedProxies: [],
    publicPort: 3001,
    logLevel: 'info',
    tracing: null,
  });
});

test('every value is taken over', () => {
  const common = {
    PORT: '8080',
    SSO_DATA_DIR: '/data',
    SSO_TRUSTED_PROXIES: ' 10.0.0.0/8 , ::1,',
    LOG_LEVEL: 'debug',
    SSO_ENCRYPTION_KEYS: `${KEY},old_key-2:${'b'.repeat(43)}`,
  };
  expect(read({ ...common, ...DEVELOPMENT, HOST: '::1', SSO_DEV_PUBLIC_PORT: '4000' })).toMatchObject({
    host: '::1',
    port: 8080,
    publicPort: 4000,
    database: { dataDirectory: '/data' },
    trustedProxies: ['10.0.0.0/8', '::1'],
    logLevel: 'debug',
    encryptionKeys: common.SSO_ENCRYPTION_KEYS,
  });
  expect(read({ ...common, SSO_EMBEDDED_DATABASE: 'allow', HOST: '10.0.0.7' })).toMatchObject({
    mode: 'production',
    host: '10.0.0.7',
    database: { dataDirectory: '/data' },
    publicPort: null,
  });
});

test('an empty text counts as not set, and variables of others are not looked at', () => {
  expect(read({ ...PRODUCTION, PORT: '', HOST: '', LOG_LEVEL: '', SSO_ENV: '', SSO_DEV_PUBLIC_PORT: '' })).toEqual(
    read(PRODUCTION),
  );
  expect(read({ ...PRODUCTION, PATH: '/bin', NODE_ENV: 'development', port: 'x' })).toEqual(read(PRODUCTION));
});

test.each<[string, Variables, readonly string[]]>([
  ['production without anything', {}, ['DATABASE_URL', 'SSO_ENCRYPTION_KEYS', 'SSO_TRUSTED_PROXIES']],
  ['production without keys', { ...PROXY, DATABASE_URL: PRODUCTION.DATABASE_URL }, ['SSO_ENCRYPTION_KEYS']],
  ['production without a database', { ...PROXY, SSO_ENCRYPTION_KEYS: KEY }, ['DATABASE_URL']],
  ['P37 production without a proxy', { ...PRODUCTION, SSO_TRUSTED_PROXIES: '' }, ['SSO_TRUSTED_PROXIES']],
  ['production with a setting of development', { ...PRODUCTION, SSO_DEV_PUBLIC_PORT: '4000' }, ['SSO_DEV_PUBLIC_PORT']],
  ['production with an unknown one of them', { ...PRODUCTION, SSO_DEV_TRUST_ALL: '1' }, ['SSO_DEV_TRUST_ALL']],
  [
    'production without verified certificates',
    { ...PRODUCTION, NODE_TLS_REJECT_UNAUTHORIZED: '0' },
    ['NODE_TLS_REJECT_UNAUTHORIZED'],
  ],
  ['development for the network', { ...DEVELOPMENT, HOST: '0.0.0.0' }, ['HOST']],
  ['development for the network over IPv6', { ...DEVELOPMENT, HOST: '::' }, ['HOST']],
  ['development on an address of this machine', { ...DEVELOPMENT, HOST: '192.168.1.5' }, ['HOST']],
  ['development on a name that only begins so', { ...DEVELOPMENT, HOST: '127.0.0.1.evil.example' }, ['HOST']],
  ['development on a name', { ...DEVELOPMENT, HOST: 'localhost.evil.example' }, ['HOST']],
  ['a mode that is neither', { SSO_ENV: 'staging', ...PRODUCTION }, ['SSO_ENV']],
  ['a mode in capitals', { SSO_ENV: 'Development', ...PRODUCTION }, ['SSO_ENV']],
  ['a database of another kind', { ...PRODUCTION, DATABASE_URL: 'mysql://x' }, ['DATABASE_URL']],
  ['a half-allowed embedded database', { ...PRODUCTION, SSO_EMBEDDED_DATABASE: 'true' }, ['SSO_EMBEDDED_DATABASE']],
  ['a key that is too short', { ...PRODUCTION, SSO_ENCRYPTION_KEYS: 'k1:abc' }, ['SSO_ENCRYPTION_KEYS']],
  ['a key without an id', { ...PRODUCTION, SSO_ENCRYPTION_KEYS: 'A'.repeat(43) }, ['SSO_ENCRYPTION_KEYS']],
  ['keys with a comma too many', { ...PRODUCTION, SSO_ENCRYPTION_KEYS: `${KEY},` }, ['SSO_ENCRYPTION_KEYS']],
  ['an unknown log level', { ...PRODUCTION, LOG_LEVEL: 'verbose' }, ['LOG_LEVEL']],
  ['a proxy by its name', { ...PRODUCTION, SSO_TRUSTED_PROXIES: 'proxy.internal' }, ['SSO_TRUSTED_PROXIES']],
  [
    'two proxies that are none',
    { ...PRODUCTION, SSO_TRUSTED_PROXIES: '10.0.0.0/8,10.0.0.0/33,nginx' },
    ['SSO_TRUSTED_PROXIES', 'SSO_TRUSTED_PROXIES'],
  ],
])('P36, P37, R15 refuses %s', (_name, variables, names) => {
  expect(refusedBy(variables)).toEqual(names);
});

test.each(['abc', '-1', '65536', '80.5', '1e9', 'Infinity', 'NaN', '3001 3002'])(
  'refuses the port "%s" by its name',
  (port) => {
    const problem = (name: string) => `${name} must be a port number from 0 to 65535.`;
    expect(problemsOf({ ...PRODUCTION, PORT: port })).toEqual([problem('PORT')]);
    expect(problemsOf({ ...DEVELOPMENT, SSO_DEV_PUBLIC_PORT: port })).toEqual([problem('SSO_DEV_PUBLIC_PORT')]);
  },
);

test('names every problem at once, whatever its kind', () => {
  expect(
    refusedBy({
      PORT: 'abc',
      LOG_LEVEL: 'loud',
      SSO_TRUSTED_PROXIES: 'nginx',
      SSO_DEV_PUBLIC_PORT: '4000',
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
    }).toSorted(),
  ).toEqual(
    [
      'PORT',
      'LOG_LEVEL',
      'SSO_TRUSTED_PROXIES',
      'DATABASE_URL',
      'SSO_ENCRYPTION_KEYS',
      'SSO_DEV_PUBLIC_PORT',
      'NODE_TLS_REJECT_UNAUTHORIZED',
    ].toSorted(),
  );
  expect(refusedBy({ ...DEVELOPMENT, HOST: '0.0.0.0', PORT: 'abc' }).toSorted()).toEqual(['HOST', 'PORT']);
});

const TRACED = { ...PRODUCTION, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

test.each<[string, Variables, unknown]>([
  ['an endpoint', {}, { sampler: 'parentbased_always_on', ratio: 1 }],
  [
    'an endpoint of traces alone',
    { OTEL_EXPORTER_OTLP_ENDPOINT: '', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector/v1/traces' },
    { sampler: 'parentbased_always_on', ratio: 1 },
  ],
  [
    'a sampler',
    { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' },
    { sampler: 'traceidratio', ratio: 0.25 },
  ],
])('traces with %s', (_name, variables, tracing) => {
  expect(read({ ...TRACED, ...variables }).tracing).toEqual(tracing);
});

test.each<[string, Variables]>([
  ['no endpoint', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
  ['the SDK switched off', { OTEL_SDK_DISABLED: 'true' }],
  ['no exporter of traces', { OTEL_TRACES_EXPORTER: 'none' }],
])('does not trace with %s', (_name, variables) => {
  expect(read({ ...TRACED, ...variables }).tracing).toBeNull();
});

test.each<[string, Variables, readonly string[]]>([
  ['an endpoint without a protocol', { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' }, ['OTEL_EXPORTER_OTLP_ENDPOINT']],
  ['one for gRPC', { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, ['OTEL_EXPORTER_OTLP_PROTOCOL']],
  ['another exporter', { OTEL_TRACES_EXPORTER: 'zipkin' }, ['OTEL_TRACES_EXPORTER']],
  ['an unknown sampler', { OTEL_TRACES_SAMPLER: 'jaeger_remote' }, ['OTEL_TRACES_SAMPLER']],
  ['a share above one', { OTEL_TRACES_SAMPLER_ARG: '2' }, ['OTEL_TRACES_SAMPLER_ARG']],
])('refuses to trace with %s', (_name, variables, names) => {
  expect(refusedBy({ ...TRACED, ...variables })).toEqual(names);
});

test('O8 never repeats a secret', () => {
  const canary = 'CANARY-secret';
  const variables = { ...PROXY, SSO_ENCRYPTION_KEYS: canary, DATABASE_URL: `mysql://user:${canary}@host/db` };
  expect(problemsOf(variables)).toHaveLength(2);
  expect(problemsOf(variables).join('\n')).not.toContain(canary);
});
