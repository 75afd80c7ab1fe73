import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideFrameOrigin, decideFrameOrigins, MAX_FRAME_ORIGINS } from './frame-origin.js';
import type { FrameOriginRefusal } from './frame-origin-refusals.js';
import type { ProviderContext } from './provider.js';

const production: ProviderContext = { environment: 'production' };
const development: ProviderContext = { environment: 'development' };
const label63 = 'a'.repeat(63);

describe('I9 accepts exactly an origin', () => {
  test.each([
    ['https://acme.lightning.force.com', 'https://acme.lightning.force.com'],
    ['https://acme--uat.sandbox.my.salesforce.com', 'https://acme--uat.sandbox.my.salesforce.com'],
    ['https://crm.acme.example:8443', 'https://crm.acme.example:8443'],
    ['https://crm.acme.example:65535', 'https://crm.acme.example:65535'],
    ['https://xn--bcher-kva.example', 'https://xn--bcher-kva.example'],
    [`https://${label63}.example`, `https://${label63}.example`],
    // The same origin by RFC 6454, in the form in which a browser compares it.
    ['HTTPS://CRM.Acme.Example', 'https://crm.acme.example'],
    ['https://crm.acme.example:443', 'https://crm.acme.example'],
  ])('%s', (typed, origin) => {
    expect(decideFrameOrigin(typed, production)).toEqual({ ok: true, origin });
    expect(decideFrameOrigin(origin, production)).toEqual({ ok: true, origin });
  });

  test.each([
    ['http://crm.localhost:3010', 'http://crm.localhost:3010'],
    ['https://crm.localhost', 'https://crm.localhost'],
    ['http://crm.localhost:80', 'http://crm.localhost'],
  ])('%s in development only', (typed, origin) => {
    expect(decideFrameOrigin(typed, development)).toEqual({ ok: true, origin });
    expect(decideFrameOrigin(typed, production)).toMatchObject({ ok: false, reason: 'development-only' });
  });
});

describe('I9 refuses with a reason', () => {
  test.each<[string, FrameOriginRefusal, suggestion?: string]>([
    ['', 'empty'],
    ['https://', 'empty'],
    ['https://:443', 'empty'],
    ['https://?', 'empty'],
    [`https://${'a.'.repeat(127)}example`, 'too-long'],
    [`https://crm.acme.example/${'a'.repeat(100_000)}`, 'too-long'],
    ['https://crm.acme.example\r\nset-cookie: a=b', 'control-character'],
    ['https://crm.acme.example\n', 'control-character'],
    ['https://crm.acme.example\u0000', 'control-character'],
    ['https://crm.\tacme.example', 'control-character'],
    ['https://crm.\u00adacme.example', 'control-character'],
    ['https://crm.acme.example\u200b', 'control-character'],
    ['\u202ehttps://crm.acme.example', 'control-character'],
    ['https://crm.acme.example\u2028', 'control-character'],
    [' https://crm.acme.example', 'whitespace'],
    ['https://crm.acme.example ', 'whitespace'],
    ['https://crm.acme.example https://evil.test', 'whitespace'],
    ['https://crm.acme.example\u00a0', 'whitespace'],
    ['https://crm.acme.example\u3000', 'whitespace'],
    ["https://crm.acme.example;script-src'unsafe-inline'", 'separator'],
    ['https://crm.acme.example;', 'separator'],
    ['https://crm.acme.example,https://evil.test', 'separator'],
    ['*', 'wildcard'],
    ['https://*', 'wildcard'],
    ['https://*.lightning.force.com', 'wildcard'],
    ['https://crm.acme.example:*', 'wildcard'],
    ['https://crm.аcme.example', 'non-ascii'],
    ['https://bücher.example', 'non-ascii'],
    ['https://crm。acme。example', 'non-ascii'],
    ['https://crm.acme.example／evil.test', 'non-ascii'],
    ['ｈttps://crm.acme.example', 'non-ascii'],
    ['https://①②.example', 'non-ascii'],
    ['https:\\\\crm.acme.example', 'backslash'],
    ['https://crm.acme.example\\@evil.test', 'backslash'],
    ['https://crm.acme.example%2eevil.test', 'percent'],
    ['crm.acme.example', 'scheme-missing', 'https://crm.acme.example'],
    ['crm.acme.example/page', 'scheme-missing', 'https://crm.acme.example'],
    ['//crm.acme.example', 'scheme-missing'],
    ['https:/crm.acme.example', 'scheme-missing'],
    ['https:crm.acme.example', 'scheme-missing'],
    ["'self'", 'scheme-missing'],
    ["'none'", 'scheme-missing'],
    ['https:', 'scheme-missing'],
    ['data:text/html', 'scheme-missing'],
    ['null', 'scheme-missing'],
    ['http://crm.acme.example', 'http', 'https://crm.acme.example'],
    ['http://crm.acme.example:8080', 'http'],
    ['http://crm.acme.example:443', 'http'],
    ['HTTP://crm.acme.example', 'http', 'https://crm.acme.example'],
    ['ftp://crm.acme.example', 'scheme'],
    ['wss://crm.acme.example', 'scheme'],
    ['javascript://crm.acme.example', 'scheme'],
    ['https://https://crm.acme.example', 'scheme'],
    ['https://user@crm.acme.example', 'userinfo'],
    ['https://user:password@crm.acme.example', 'userinfo'],
    ['https://crm.acme.example@evil.test', 'userinfo'],
    ['https://crm.acme.example?', 'query', 'https://crm.acme.example'],
    ['https://crm.acme.example?a=b', 'query', 'https://crm.acme.example'],
    ['https://crm.acme.example#', 'fragment', 'https://crm.acme.example'],
    ['https://crm.acme.example/', 'path', 'https://crm.acme.example'],
    ['https://crm.acme.example:8443/a?b#c', 'path', 'https://crm.acme.example:8443'],
    ['https://acme.lightning.force.com/lightning/page/home', 'path', 'https://acme.lightning.force.com'],
    ['https://crm.acme.example:', 'port'],
    ['https://crm.acme.example:0', 'port'],
    ['https://crm.acme.example:0443', 'port'],
    ['https://crm.acme.example:65536', 'port'],
    ['https://crm.acme.example:8443:1', 'port'],
    ['https://crm.acme.example:+1', 'port'],
    ['https://crm.acme.example:1e3', 'port'],
    ['https://127.0.0.1', 'ip-address'],
    ['https://127.1', 'ip-address'],
    ['https://2130706433', 'ip-address'],
    ['https://0x7f.1', 'ip-address'],
    ['https://[::1]', 'ip-address'],
    ['https://[::1]:8443', 'ip-address'],
    ['https://crm', 'single-label'],
    ['https://localhost', 'single-label'],
    ['https://crm.acme.example.', 'label-invalid'],
    ['https://.crm.acme.example', 'label-invalid'],
    ['https://crm..example', 'label-invalid'],
    ['https://-crm.acme.example', 'label-invalid'],
    ['https://crm-.acme.example', 'label-invalid'],
    ['https://crm_1.acme.example', 'label-invalid'],
    ["https://crm'.acme.example", 'label-invalid'],
    ['https://"crm".acme.example', 'label-invalid'],
    ['https://<script>.example', 'label-invalid'],
    [`https://a${label63}.example`, 'label-invalid'],
    ['https://xn--.example', 'label-invalid'],
    ['https://force.com', 'instance-missing'],
    ['https://lightning.force.com', 'instance-missing'],
    ['https://my.salesforce.com', 'instance-missing'],
    ['https://service-now.com', 'instance-missing'],
    ['https://zendesk.com', 'instance-missing'],
    ['https://dynamics.com', 'instance-missing'],
  ])('%j: %s', (typed, reason, suggestion) => {
    const refusal = { ok: false, reason, message: expect.any(String) };
    expect(decideFrameOrigin(typed, production)).toEqual(
      suggestion === undefined ? refusal : { ...refusal, suggestion },
    );
  });

  test.each(['http://crm.acme.example', 'http://localhost:3000', 'http://crm.localhost.evil.test', 'http://127.0.0.1'])(
    '%s in development too',
    (typed) => {
      expect(decideFrameOrigin(typed, development).ok).toBe(false);
    },
  );
});

test('I9 whatever is accepted is one token of a header, and the origin that a browser finds in it', () => {
  const part = fc.oneof(
    fc.constantFrom(
      'https://',
      'crm.',
      'xn--',
      'acme',
      '.example',
      ':8443',
      '/',
      '@',
      ';',
      ',',
      ' ',
      '*',
      '\r\n',
      "'",
      '%2e',
    ),
    fc.string({ unit: 'binary', maxLength: 4 }),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      for (const context of [production, development]) {
        const result = decideFrameOrigin(parts.join(''), context);
        if (!result.ok) continue;
        expect(result.origin).toMatch(/^https?:\/\/[a-z0-9.-]+(?::\d+)?$/);
        expect(new URL(result.origin).origin).toBe(result.origin);
      }
    }),
    { numRuns: 500 },
  );
});

describe('I9 a list', () => {
  const origins = (count: number) => Array.from({ length: count }, (_, index) => `https://crm${index}.acme.example`);

  test('keeps the order, each origin once, and may be empty', () => {
    const typed = ['https://b.example', 'https://a.example', 'https://B.example:443'];
    expect(decideFrameOrigins(typed, production)).toEqual({
      ok: true,
      origins: ['https://b.example', 'https://a.example'],
    });
    expect(decideFrameOrigins([], production)).toEqual({ ok: true, origins: [] });
  });

  test('refuses by position, and the whole of it', () => {
    const result = decideFrameOrigins(['https://a.example', 'https://*.example', 'https://b.example/'], production);
    if (result.ok) throw new Error('It was accepted.');
    expect([...result.refusals].map(([index, { reason }]) => [index, reason])).toEqual([
      [1, 'wildcard'],
      [2, 'path'],
    ]);
  });

  test('has a bounded number', () => {
    expect(decideFrameOrigins(origins(MAX_FRAME_ORIGINS), production).ok).toBe(true);
    const result = decideFrameOrigins(origins(MAX_FRAME_ORIGINS + 1), production);
    expect(result).toMatchObject({ ok: false });
    if (!result.ok) expect(result.refusals.get(MAX_FRAME_ORIGINS)?.reason).toBe('too-many');
  });

  test('has a bounded length', () => {
    const long = Array.from({ length: 10 }, (_, index) => `https://${index}${'.aaaaaaaaa'.repeat(20)}.example`);
    expect(decideFrameOrigins(long, production)).toMatchObject({ ok: false });
  });

  test('gives up on a list of nothing but mistakes', () => {
    const result = decideFrameOrigins(Array<string>(100_000).fill('*'), production);
    expect(result.ok ? 0 : result.refusals.size).toBeLessThan(30);
  });
});
