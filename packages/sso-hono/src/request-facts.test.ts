import { describe, expect, test } from 'vitest';
import { createRequestFacts, type RequestFacts, toDomain } from './request-facts.js';

const STRANGER = '203.0.113.9';
const PROXY = '10.1.2.3';

function facts(
  headers: Readonly<Record<string, string>>,
  {
    peerAddress = PROXY,
    trusted = ['10.0.0.0/8', 'fd00::/8'],
  }: { peerAddress?: string | null; trusted?: string[] } = {},
): RequestFacts {
  return createRequestFacts(trusted)({ peerAddress, header: (name) => headers[name] });
}

describe('T3 forwarded headers', () => {
  const forged = {
    host: 'acme.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-for': '198.51.100.1',
    'x-forwarded-proto': 'http',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  };

  test.each([
    ['a stranger', STRANGER, ['10.0.0.0/8']],
    ['anybody when no proxy is configured', PROXY, []],
    ['a neighbour of the block', '11.0.0.1', ['10.0.0.0/8']],
    ['an IPv6 stranger', '2001:db8::1', ['10.0.0.0/8', 'fd00::/8']],
    ['an IPv4 stranger written as IPv6', `::ffff:${STRANGER}`, ['10.0.0.0/8']],
    ['a request without a peer', null, ['0.0.0.0/0', '::/0']],
    ['a peer that is no address', 'unknown', ['0.0.0.0/0', '::/0']],
  ])('of %s are text that a stranger wrote', (_name, peerAddress, trusted) => {
    expect(facts(forged, { peerAddress, trusted })).toEqual({
      host: 'acme.example',
      clientAddress: peerAddress,
      protocol: null,
      traceParent: null,
    });
  });

  test.each([
    ['in a block', '10.255.0.1', ['10.0.0.0/8']],
    ['given by its address', PROXY, [PROXY]],
    ['that speaks IPv4 over IPv6', `::ffff:${PROXY}`, ['10.0.0.0/8']],
    ['that speaks IPv4 over IPv6 in hexadecimal', '::ffff:a01:203', ['10.0.0.0/8']],
    ['given as IPv4 in IPv6', PROXY, [`::ffff:${PROXY}`]],
    ['in an IPv6 block', 'fd00:1::2', ['fd00::/8']],
    ['given by its IPv6 address in another spelling', 'fd00::1', ['FD00:0:0::0001']],
  ])('of a proxy %s count', (_name, peerAddress, trusted) => {
    expect(facts(forged, { peerAddress, trusted })).toEqual({
      host: 'evil.example',
      clientAddress: '198.51.100.1',
      protocol: 'http',
      traceParent: forged.traceparent,
    });
  });

  test('only these are read', () => {
    const headers = {
      host: 'acme.example',
      forwarded: 'host=evil.example;proto=http;for=198.51.100.1',
      x_forwarded_host: 'evil.example',
      'x-forwarded_host': 'evil.example',
      'x-forwarded-server': 'evil.example',
      'x-host': 'evil.example',
      'x-original-url': 'https://evil.example/',
      'x-original-host': 'evil.example',
      'x-rewrite-url': '/evil',
      'x-real-ip': '198.51.100.1',
      'x-forwarded-scheme': 'http',
    };
    expect(facts(headers)).toEqual({ host: 'acme.example', clientAddress: PROXY, protocol: null, traceParent: null });
  });

  test('of a list the last entry is the proxy’s', () => {
    expect(facts({ 'x-forwarded-host': 'evil.example, acme.example' }).host).toBe('acme.example');
    expect(facts({ 'x-forwarded-host': 'evil.example,acme.example ' }).host).toBe('acme.example');
    expect(facts({ 'x-forwarded-proto': 'http, https' }).protocol).toBe('https');
    expect(facts({ 'x-forwarded-proto': 'HTTPS' }).protocol).toBe('https');
  });

  test('an empty last entry is none', () => {
    expect(facts({ host: 'acme.example', 'x-forwarded-host': 'evil.example, ' }).host).toBe('acme.example');
    expect(facts({ 'x-forwarded-proto': '' }).protocol).toBeNull();
  });

  test('a protocol that is neither is unknown', () => {
    for (const value of ['wss', 'https\n', 'https;x', 'javascript']) {
      expect(facts({ 'x-forwarded-proto': value }).protocol).toBe(value === 'https\n' ? 'https' : null);
    }
  });

  test.each([
    ['behind one proxy', STRANGER, STRANGER],
    ['behind two proxies', `${STRANGER}, 10.9.9.9`, STRANGER],
    ['who pretends to be somebody else', `198.51.100.1, ${STRANGER}, 10.9.9.9`, STRANGER],
    ['who pretends to be a proxy', `10.0.0.1, ${STRANGER}`, STRANGER],
    ['with an IPv6 address', '2001:db8::7', '2001:db8::7'],
    ['who is hidden: nothing before that counts', '198.51.100.1, unknown', PROXY],
    ['with a port: nothing before that counts', `198.51.100.1, ${STRANGER}:4711`, PROXY],
    ['in a short spelling: nothing before that counts', '198.51.100.1, 127.1', PROXY],
    ['with a line break', `${STRANGER}\n{"level":60}`, PROXY],
    ['nowhere', '', PROXY],
    ['nowhere but in proxies', '10.0.0.1, 10.0.0.2', PROXY],
  ])('the client is the nearest stranger: %s', (_name, value, client) => {
    expect(facts({ 'x-forwarded-for': value }).clientAddress).toBe(client);
  });
});

describe('T3 the host', () => {
  test.each([
    ['acme.example', 'acme.example'],
    ['ACME.Example', 'acme.example'],
    ['acme.example:8443', 'acme.example:8443'],
    ['127.0.0.1:80', '127.0.0.1:80'],
    ['a', 'a'],
  ])('%s is one name', (given, host) => {
    expect(facts({ host: given }).host).toBe(host);
    expect(facts({ 'x-forwarded-host': given }).host).toBe(host);
  });

  test.each([
    ['a trailing dot', 'acme.example.'],
    ['a trailing dot before a port', 'acme.example.:443'],
    ['user information', 'acme.example@evil.example'],
    ['user information with a password', 'acme.example:443@evil.example'],
    ['a path', 'acme.example/evil'],
    ['a fragment', 'acme.example#.evil.example'],
    ['a query', 'acme.example?.evil.example'],
    ['a back-slash', 'acme.example\\.evil.example'],
    ['an empty port', 'acme.example:'],
    ['a port that is no number', 'acme.example:abc'],
    ['a port that is too long', 'acme.example:000443'],
    ['two ports', 'acme.example:80:443'],
    ['a space', 'acme.example evil.example'],
    ['a line break', 'acme.example\r\nx: y'],
    ['NUL', 'acme.example\0.evil.example'],
    ['an underscore', 'acme_example'],
    ['a percent-encoded letter', '%61cme.example'],
    ['a Kelvin sign', 'acme.example\u212a'],
    ['a dotted capital I', 'acme\u0130.example'],
    ['a full-width dot', 'acme\uff0eexample'],
    ['an IPv6 address', '[::1]:443'],
    ['a leading dot', '.acme.example'],
    ['300 characters', `${'a'.repeat(300)}.example`],
    ['nothing', ''],
  ])('%s is not one name', (_name, given) => {
    expect(facts({ host: given }).host).toBeNull();
  });

  test('is null when it is missing', () => {
    expect(facts({}).host).toBeNull();
  });
});

describe('toDomain', () => {
  test.each([
    ['acme.example', null, 443, 'acme.example'],
    ['acme.example:443', null, 443, 'acme.example'],
    ['acme.example:80', null, 443, null],
    ['acme.example:8443', null, 443, null],
    ['acme.localhost:4000', 4000, 80, 'acme.localhost'],
    ['acme.localhost', 4000, 80, null],
    ['acme.localhost:4001', 4000, 80, null],
    ['acme.localhost', 80, 80, 'acme.localhost'],
    ['acme.localhost:0', 4000, 80, null],
  ])('%s on port %s (default %d) is %s', (host, publicPort, defaultPort, domain) => {
    expect(toDomain(host, publicPort, defaultPort)).toBe(domain);
  });
});

describe('createRequestFacts', () => {
  test.each([
    '',
    'proxy.internal',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0/8',
    '10',
    '0x0a.0.0.1',
    'fd00::/129',
    '10.0.0.1:80',
    '*',
  ])('refuses "%s"', (entry) => {
    expect(() => createRequestFacts(['10.0.0.1', entry])).toThrow(TypeError);
  });
});
