import type { ProviderContext } from '@ipscape/sso-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isOktaHost } from './is-okta-host.js';
import { repairHostName } from './repair-host-name.js';

const production: ProviderContext = { environment: 'production' };
const development: ProviderContext = { environment: 'development' };
const label63 = 'a'.repeat(63);
const host253 = `${label63}.${label63}.${label63}.${'a'.repeat(57)}.com`;

describe('F1 accepts as typed', () => {
  test.each([
    'acme.okta.com',
    'trial-1234567.okta.com',
    'integrator-1234567.okta.com',
    'dev-1234567.okta.com',
    'acme.oktapreview.com',
    'acme.okta-emea.com',
    'acme.okta-gov.com',
    'acme.okta.mil',
    'a.okta.com',
    '007.okta.com',
    'login.acme.com',
    'sso.acme.co.uk',
    // Custom domains: allowed, and not Okta hosts.
    'acme.okta.com.evil.test',
    'acmeokta.com',
    'xokta.com',
    'acme-okta.com',
    'login-admin.acme.com',
    'www.acme.okta.com',
    'login.xn--bcher-kva.example',
    'xn--kta-emd.com',
    'acme.xn--p1ai',
    '127.0.0.1.nip.io',
    '1e3.example.c0m',
    `${label63}.okta.com`,
  ])('%s', (host) => {
    expect(repairHostName(host, production)).toEqual({ ok: true, hostName: host, repairs: [] });
  });
});

test('accepts a host name of 253 characters', () => {
  expect(repairHostName(host253, production)).toEqual({ ok: true, hostName: host253, repairs: [] });
});

describe('F1 repairs and says what it did', () => {
  const org = 'acme.okta.com';
  test.each<[typed: string, hostName: string, ...told: RegExp[]]>([
    ['https://acme.okta.com', org, /https:\/\//],
    ['HTTPS://acme.okta.com', org, /https:\/\//],
    ['http://acme.okta.com', org, /encrypted/],
    ['acme.okta.com/', org, /slash/],
    ['acme.okta.com//', org, /slash/],
    ['https://acme.okta.com/', org, /https:\/\//, /slash/],
    ['  acme.okta.com ', org, /spaces/],
    ['acme.okta.com\n', org, /spaces/],
    ['\tacme.okta.com\r\n', org, /spaces/],
    ['\u00a0acme.okta.com\u200b', org, /spaces/],
    ['\ufeffacme.okta.com', org, /spaces/],
    ['ACME.Okta.COM', org, /capital/],
    ['acme.okta.com.', org, /dot/],
    ['acme-admin.okta.com', org, /Admin Console/],
    ['acme-admin.oktapreview.com', 'acme.oktapreview.com', /Admin Console/],
    ['acme-admin.okta-emea.com', 'acme.okta-emea.com', /Admin Console/],
    ['acme-admin.okta-gov.com', 'acme.okta-gov.com', /Admin Console/],
    ['acme-admin.okta.mil', 'acme.okta.mil', /Admin Console/],
    ['acme-admin.okta-miltest.com', 'acme.okta-miltest.com', /Admin Console/],
    ['acme-admin.trex-gov.com', 'acme.trex-gov.com', /Admin Console/],
    ['acme-admin.trex-govcloud.com', 'acme.trex-govcloud.com', /Admin Console/],
    ['acme-admin-admin.okta.com', org, /Admin Console/],
    ['https://acme-admin.okta.com/admin/dashboard', org, /https:\/\//, /Admin Console/, /page of Okta/],
    ['acme.okta.com/oauth2/default', org, /org authorization server/],
    ['https://acme.okta.com/oauth2/default', org, /https:\/\//, /org authorization server/],
    ['acme.okta.com/oauth2/aus1a2b3c4d5e6f7g8h9', org, /org authorization server/],
    ['acme.okta.com/oauth2', org, /org authorization server/],
    ['login.acme.com/oauth2/default', 'login.acme.com', /org authorization server/],
    ['acme.okta.com/oauth2/v1/authorize', org, /org authorization server/],
    ['acme.okta.com/app/UserHome', org, /page of Okta/],
    ['login.acme.com/app/UserHome', 'login.acme.com', /page of Okta/],
    ['acme.okta.com/.well-known/openid-configuration', org, /page of Okta/],
    ['acme.okta.com/anything/else', org, /everything after/],
    ['  HTTPS://Acme-Admin.Okta.com./admin/apps/active  ', org, /spaces/, /https/, /capital/, /-admin/, /dot/, /page/],
  ])('%j', (typed, hostName, ...told) => {
    const result = repairHostName(typed, production);
    expect(result).toMatchObject({ ok: true, hostName });
    const repairs = result.ok ? result.repairs : [];
    expect(repairs).toHaveLength(told.length);
    told.forEach((pattern, index) => {
      expect(repairs[index]).toMatch(pattern);
    });
  });
});

describe('F1, F2 refuses', () => {
  test.each<[reason: string, typed: string, suggestion?: string]>([
    ['empty', ''],
    ['empty', '   '],
    ['empty', '\u200b'],
    ['empty', 'https://'],
    ['empty', '.'],
    ['empty', ':443'],
    ['placeholder', '{yourOktaDomain}'],
    ['placeholder', '$\u007byourOktaDomain}'],
    ['placeholder', 'https://{yourOktaDomain}/oauth2/default'],
    ['placeholder', 'yourOktaDomain'],
    ['placeholder', 'your-okta-domain.okta.com'],
    ['placeholder', '<your-org>.okta.com'],
    ['placeholder', 'your-org.okta.com'],
    ['placeholder', 'yourcompany.okta.com'],
    // User information.
    ['userinfo', 'example.okta.com@evil.com'],
    ['userinfo', 'https://admin:pw@acme.okta.com'],
    ['userinfo', 'admin@acme.com'],
    ['userinfo', 'acme.okta.com/@evil.com'],
    // Port.
    ['port', 'acme.okta.com:443', 'acme.okta.com'],
    ['port', 'acme.okta.com:8443', 'acme.okta.com'],
    ['port', 'https://acme-admin.okta.com:443/admin', 'acme.okta.com'],
    ['port', 'acme.okta.com:', 'acme.okta.com'],
    ['port', 'login.acme.com:443'],
    ['port', 'login.acme.com:22'],
    // Query and fragment.
    ['query', 'acme.okta.com?x=1', 'acme.okta.com'],
    ['query', 'https://acme.okta.com/login?fromURI=/app', 'acme.okta.com'],
    ['query', 'evil.com?.okta.com'],
    ['fragment', 'https://acme-admin.okta.com/admin/apps#tab-general', 'acme.okta.com'],
    ['fragment', 'evil.com#.okta.com'],
    ['fragment', 'acme.okta.com#', 'acme.okta.com'],
    ['path', 'evil.com/.okta.com'],
    ['path', 'login.acme.com/somewhere'],
    // Percent, backslash, white space, control characters.
    ['percent', '%2eevil.com'],
    ['percent', 'example.okta.com%2eevil.com'],
    ['percent', 'acme%2Eokta.com'],
    ['percent', '%31%32%37.0.0.1'],
    ['backslash', 'evil.com\\.okta.com'],
    ['backslash', 'https:\\\\acme.okta.com'],
    ['whitespace', 'acme .okta.com'],
    ['whitespace', 'acme\t.okta.com'],
    ['whitespace', 'acme.okta\n.com'],
    ['whitespace', 'acme.okta.com\r\nHost: evil.com'],
    ['whitespace', 'acme.\u00a0okta.com'],
    ['whitespace', 'acme.okta.com login.acme.com'],
    ['control-character', 'acme\u0000.okta.com'],
    ['control-character', '\u0001acme.okta.com'],
    ['control-character', 'acme.okta.com\u007f'],
    // Not ASCII: look-alikes, full-width dots, soft hyphen, lone surrogate.
    ['non-ascii', 'acme.\u043ekta.com'],
    ['non-ascii', '\u0430cme.okta.com'],
    ['non-ascii', 'acme\u3002okta\u3002com'],
    ['non-ascii', 'acme\uff0eokta.com'],
    ['non-ascii', 'ac\u00adme.okta.com'],
    ['non-ascii', 'acme.o\u212ata.com'],
    ['non-ascii', 'ac\u200bme.okta.com'],
    ['non-ascii', 'b\u00fccher.example'],
    ['non-ascii', 'acme.okta.com\u2044evil.com'],
    ['non-ascii', 'acme.okta.com\ud800'],
    ['non-ascii', 'loc\u00adalhost'],
    ['non-ascii', '\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3'],
    // 127.0.0.1 and its relatives, in every notation that URL parsers and resolvers read.
    ['ip-address', '127.0.0.1'],
    ['ip-address', '127.0.0.1.'],
    ['ip-address', 'https://127.0.0.1/'],
    ['ip-address', '127.0.0.1:443'],
    ['ip-address', '127.1'],
    ['ip-address', '127.0.1'],
    ['ip-address', '0x7f.1'],
    ['ip-address', '0X7F.1'],
    ['ip-address', '0x7f000001'],
    ['ip-address', '0x7f.0x0.0x0.0x1'],
    ['ip-address', '0177.0.0.1'],
    ['ip-address', '017700000001'],
    ['ip-address', '2130706433'],
    ['ip-address', '0'],
    ['ip-address', '0x'],
    ['ip-address', '169.254.169.254'],
    ['ip-address', '10.0.0.1'],
    ['ip-address', 'acme.okta.1'],
    ['ip-address', 'acme.1-1'],
    ['ip-address', '[::1]'],
    ['ip-address', '[::1]:443'],
    ['ip-address', '::1'],
    ['ip-address', 'fe80::1'],
    ['ip-address', 'https://[::ffff:127.0.0.1]/'],
    ['ip-address', '[::ffff:7f00:1]'],
    ['non-ascii', '\u2460\u2461\u2466.\u24ea.\u24ea.\u2460'],
    ['non-ascii', '127\u30020\u30020\u30021'],
    ['non-ascii', '\uff11\uff12\uff17.0.0.1'],
    // Not a host name.
    ['single-label', 'acme'],
    ['single-label', 'localhost'],
    ['single-label', 'localhost:4000'],
    ['single-label', 'localhost.'],
    ['label-invalid', '.okta.com'],
    ['label-invalid', 'acme..okta.com'],
    ['label-invalid', 'acme.okta.com..'],
    ['label-invalid', '-acme.okta.com'],
    ['label-invalid', 'acme-.okta.com'],
    ['label-invalid', '-admin.okta.com'],
    ['label-invalid', 'acme--admin.okta.com'],
    ['label-invalid', 'acme_corp.okta.com'],
    ['label-invalid', '*.okta.com'],
    ['label-invalid', 'acme.okta.com,login.acme.com'],
    ['label-invalid', '"acme.okta.com"'],
    ['label-invalid', 'acme.okta.com;'],
    ['label-invalid', `${label63}a.okta.com`],
    ['label-invalid', 'xn--.example'],
    // The org is missing, or the domain is mistyped.
    ['org-label-missing', 'okta.com'],
    ['org-label-missing', 'https://okta.com/'],
    ['org-label-missing', 'OKTA.COM.'],
    ['org-label-missing', 'oktapreview.com'],
    ['org-label-missing', 'okta.mil'],
    ['okta-website', 'www.okta.com'],
    ['okta-website', 'login.okta.com'],
    ['okta-website', 'developer.okta.com/docs'],
    ['okta-website', 'login-admin.okta.com'],
    ['doubled-domain', 'acme.okta.com.com', 'acme.okta.com'],
    ['doubled-domain', 'acme-admin.okta.com.com', 'acme.okta.com'],
    ['doubled-domain', 'https://acme.oktapreview.com.com/', 'acme.oktapreview.com'],
    ['doubled-domain', 'acme.okta.com.okta.com', 'acme.okta.com'],
    ['doubled-domain', 'okta.com.com'],
    // Other schemes and broken ones.
    ['scheme', 'ftp://acme.okta.com'],
    ['scheme', 'javascript://acme.okta.com'],
    ['scheme', 'javascript:alert(1)'],
    ['scheme', 'mailto:acme.okta.com'],
    ['scheme', 'https:acme.okta.com'],
    ['scheme', 'https:/acme.okta.com'],
    ['scheme', 'https:///acme.okta.com'],
    ['scheme', '//acme.okta.com'],
    ['scheme', '/acme.okta.com'],
    ['scheme', 'https://https://acme.okta.com'],
    // A developer's machine.
    ['development-only', 'acme.localhost'],
    ['development-only', 'acme.okta.localhost:4000'],
    ['development-only', 'http://acme.okta.localhost:4000/'],
  ])('%s: %j', (reason, typed, suggestion) => {
    const result = repairHostName(typed, production);
    expect(result).toMatchObject({ ok: false, reason });
    expect(!result.ok && result.suggestion).toBe(suggestion);
    expect(!result.ok && result.message).toMatch(/^[A-Z].*\.$/);
  });
});

test.each([
  ['a host name of 254 characters', `a${host253}`],
  ['an address of more than 2048 characters', `acme.okta.com/${'a'.repeat(2048)}`],
])('refuses %s', (_what, typed) => {
  expect(repairHostName(typed, production)).toMatchObject({ ok: false, reason: 'too-long' });
});

// Engines differ in whether they decode the labels of a name that is ASCII throughout.
test.each(['xn--a.okta.com', 'xn--99999999.example'])(
  'F1, F16 keeps or refuses, but never changes, the misspelt %s',
  (host) => {
    const result = repairHostName(host, production);
    expect(result.ok ? result.hostName : result.reason).toBe(result.ok ? host : 'not-a-host-name');
  },
);

describe('in development', () => {
  test.each([
    ['acme.localhost', 'acme.localhost', 0],
    ['acme.okta.localhost:4000', 'acme.okta.localhost:4000', 0],
    ['http://acme.okta.localhost:4000', 'acme.okta.localhost:4000', 0],
    ['http://acme.okta.localhost:4000/', 'acme.okta.localhost:4000', 1],
    ['https://acme.okta.localhost:4000', 'acme.okta.localhost:4000', 1],
    ['acme-admin.okta.localhost:4000', 'acme.okta.localhost:4000', 1],
    ['acme.okta.localhost:4000/oauth2/default', 'acme.okta.localhost:4000', 1],
    ['ACME.okta.localhost:4000', 'acme.okta.localhost:4000', 1],
    ['acme.okta.localhost:80', 'acme.okta.localhost', 1],
    ['acme.okta.com', 'acme.okta.com', 0],
    ['acme-admin.okta.com', 'acme.okta.com', 1],
  ])('accepts %j', (typed, hostName, repairCount) => {
    const result = repairHostName(typed, development);
    expect(result).toMatchObject({ ok: true, hostName });
    expect(result.ok && result.repairs).toHaveLength(repairCount);
  });

  test.each([
    ['single-label', 'localhost'],
    ['single-label', 'localhost:4000'],
    ['port', 'acme.okta.com:4000'],
    ['port', 'acme.localhost.evil.test:4000'],
    ['port', 'acme.localhost:0'],
    ['port', 'acme.localhost:65536'],
    ['port', 'acme.localhost:04000'],
    ['port', 'acme.localhost:'],
    ['ip-address', '127.0.0.1:4000'],
    ['ip-address', '[::1]:4000'],
    ['ip-address', 'acme.localhost:4000:4000'],
    ['label-invalid', '.localhost:4000'],
    ['label-invalid', '-admin.localhost'],
    ['userinfo', 'a@acme.localhost:4000'],
  ])('refuses, %s: %j', (reason, typed) => {
    expect(repairHostName(typed, development)).toMatchObject({ ok: false, reason });
  });
});

describe('F1 for any text', () => {
  const fragment = fc.constantFrom(
    ...['acme', 'okta', 'com', 'okta.com', '-admin', 'xn--', 'localhost', '.', ':', '/', '@', '#', '?', '\\', '%2e'],
    ...['https://', 'http://', '127', '0x7f', '0', '4000', '[', ']', '\t', ' ', '\u3002', '\u00ad', '-', 'A', 'mil'],
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.array(fragment, { maxLength: 12 }).map((parts) => parts.join('')),
    fc.webUrl(),
    fc.domain(),
    fc.ipV4Extended(),
    fc.ipV6(),
  );

  test.each([production, development])(
    'never throws, and what it accepts is a fixed point ($environment)',
    (context) => {
      fc.assert(
        fc.property(text, (typed) => {
          const result = repairHostName(typed, context);
          if (!result.ok) {
            if (result.suggestion !== undefined) {
              expect(isOktaHost(result.suggestion)).toBe(true);
              expect(repairHostName(result.suggestion, production)).toMatchObject({ ok: true, repairs: [] });
            }
            return;
          }
          expect(repairHostName(result.hostName, context)).toEqual({
            ok: true,
            hostName: result.hostName,
            repairs: [],
          });
          expect(new URL(`http://${result.hostName}`).host).toBe(result.hostName);
          expect(result.hostName).toMatch(/^[a-z0-9.-]+(?::\d+)?$/);
          if (context === production) expect(new URL(`https://${result.hostName}`).host).toBe(result.hostName);
        }),
        { numRuns: 5000 },
      );
    },
  );

  test('a URL parser that accepts the text as a host finds the accepted host or its un-admin form in it', () => {
    fc.assert(
      fc.property(text, (typed) => {
        const result = repairHostName(typed, production);
        if (!result.ok) return;
        const bare = typed.replace(/^[\s\u200b-\u200f\u2060\ufeff]+/u, '').replace(/^https?:\/\//i, '');
        const parsed = new URL(`https://${bare}`).hostname.replace(/\.$/, '');
        expect(parsed.replace(/(?:-admin)+(?=\.okta)/, '')).toBe(result.hostName);
      }),
      { numRuns: 5000 },
    );
  });

  test('takes linear time on long hostile text', () => {
    for (const hostile of [
      ' '.repeat(500_000),
      `a${' '.repeat(500_000)}a`,
      '-admin'.repeat(100_000),
      'a.'.repeat(500_000),
    ]) {
      const start = performance.now();
      repairHostName(hostile, production);
      isOktaHost(hostile);
      expect(performance.now() - start).toBeLessThan(2000);
    }
  });

  test('a refusal never repeats what was typed', () => {
    fc.assert(
      fc.property(text, (prefix) => {
        const result = repairHostName(`${prefix}canary7f3a`, production);
        expect(!result.ok && result.message.includes('canary7f3a')).toBe(false);
      }),
    );
  });
});
