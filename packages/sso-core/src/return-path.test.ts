import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openRedirects } from '../test/open-redirects.js';
import { HOME_PATHS, PRODUCTS } from './products.js';
import { toReturnPath } from './return-path.js';

const ORIGIN = 'https://acme.example';

const HOSTILE: readonly string[] = [
  '',
  '/',
  '//evil.example',
  '///evil.example',
  '////evil.example',
  '/\\evil.example',
  '\\/evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '/\r/evil.example',
  '\t//evil.example',
  ' //evil.example',
  '\u0001//evil.example',
  '\u00a0//evil.example',
  '/ /evil.example',
  '/.//evil.example',
  '/./\\evil.example',
  '/..//evil.example',
  '/%2e//evil.example',
  '/%2e%2e//evil.example',
  'http:evil.example',
  'https:evil.example',
  'https:/evil.example',
  'https://evil.example',
  'https://evil.example/',
  'HTTPS://evil.example',
  'https:\\\\evil.example',
  'https:///evil.example',
  '//evil%E3%80%82example',
  '//evil\u3002example',
  '/\uff0fevil.example',
  '/\uff0f\uff0fevil.example',
  'javascript:alert(1)',
  'java\nscript:alert(1)',
  'data:text/html,x',
  'blob:https://acme.example/x',
  'evil.example',
  '@evil.example',
  '.evil.example',
  ':443',
  '?x=1',
  '#x',
  '%2f%2fevil.example',
  '/%2f%2fevil.example',
  '/%2fevil.example',
  '/%5cevil.example',
  '%5c%5cevil.example',
  '/%09/evil.example',
  '/%0d%0aLocation:https://evil.example',
  '/%0aSet-Cookie:x=y',
  '/%c0%af%c0%afevil.example',
  '/%00',
  '/admin',
  '/admin/../workspace/',
  '/.well-known/x',
  '/\u0000',
];

const underPrefix = (prefix: string): readonly string[] => [
  `${prefix}x`,
  `${prefix}-evil/`,
  `${prefix}.evil.example/`,
  `${prefix.toUpperCase()}/`,
  `${prefix}//evil.example`,
  `${prefix}/..\\..\\/evil.example`,
  `${prefix}/../`,
  `${prefix}/..//evil.example`,
  `${prefix}/../..//evil.example`,
  `${prefix}/./x`,
  `${prefix}/.`,
  `${prefix}/..`,
  `${prefix}/%2e%2e/x`,
  `${prefix}/.%2e/x`,
  `${prefix}/..;/x`,
  `${prefix}/..;a=b/x`,
  `${prefix}/.;/x`,
  `${prefix}/;x/..;`,
  `${prefix}/%2e%2e;/x`,
  `${prefix}/%2e.%3b/x`,
  `${prefix}/..%3b/x`,
  `${prefix}/..%3Ba/x`,
  `${prefix}/%252e%252e/x`,
  `${prefix}/%252e%252e%252f`,
  `${prefix}/%25252e%25252e/x`,
  `${prefix}/%252fevil.example`,
  `${prefix}/%255c%255cevil.example`,
  `${prefix}/%250d%250aLocation:%20https://evil.example`,
  `${prefix}/%c0%ae%c0%ae/x`,
  `${prefix}/%c0%afevil.example`,
  `${prefix}/%e0%80%af`,
  `${prefix}/%E0%A4%A`,
  `${prefix}/%`,
  `${prefix}/%2`,
  `${prefix}/%u002e%u002e/x`,
  `${prefix}/%c2%85x`,
  `${prefix}/%25%32%65%25%32%65/x`,
  `${prefix}/%2E./x`,
  `${prefix}/x\\y`,
  `${prefix}/x y`,
  `${prefix}/ `,
  ` ${prefix}/`,
  `${prefix}/\t`,
  `${prefix}/\r\nLocation: https://evil.example`,
  `${prefix}/%0d%0aLocation:%20https://evil.example`,
  `${prefix}/%00`,
  `${prefix}/%1f`,
  `${prefix}/%7f`,
  `${prefix}/%2fevil.example`,
  `${prefix}/%2F%2Fevil.example`,
  `${prefix}/%5c%5cevil.example`,
  `${prefix}/\u00e4`,
  `${prefix}/\u2028`,
  `${prefix}/\ud800`,
  `${prefix}/?q=\u00e4`,
  `${prefix}/?q= `,
  `${prefix}/?q=\\`,
  `${prefix}/#\t`,
  `/.${prefix}/`,
  `/x/..${prefix}/`,
  `/%2e${prefix}/`,
  `/${prefix}/`,
  `\\${prefix}/`,
  `${ORIGIN}${prefix}/`,
  `//acme.example${prefix}/`,
  `${prefix}/${'x'.repeat(2048)}`,
  // Grows beyond the limit when the parser encodes it.
  `${prefix}/${'"'.repeat(1000)}`,
];

const SIGN_IN = [
  '/workspace/login',
  '/workspace/login?return_to=/workspace/',
  '/workspace/security/sso-login',
  '/workspace/security/sso-oauth-callback?code=x&state=y',
  '/workspace/authorize-sso',
  '/workspace/%6cogin',
  '/workspace/security%2dx/../login',
  '/cti/login',
  '/cti/login?error=x',
  '/cti/login#x',
  '/cti/log%69n',
  '/toolbar/login',
  '/toolbar/%6C%6F%67%69%6E',
];

describe.each(PRODUCTS)('O1, O3 toReturnPath of %s', (product) => {
  const home = HOME_PATHS[product];
  const prefix = `/${product}`;

  test.each([
    ...HOSTILE,
    ...underPrefix(prefix),
    ...PRODUCTS.filter((other) => other !== product).map((other) => `/${other}/`),
    ...SIGN_IN,
  ])('takes %j home', (input) => {
    expect(toReturnPath(input, product)).toBe(home);
  });

  test.each([null, undefined, 7 as never, {} as never, [`${prefix}/x`] as never])('takes %j home', (input) => {
    expect(toReturnPath(input, product)).toBe(home);
  });

  test.each([
    prefix,
    `${prefix}/`,
    `${prefix}?integration=salesforce`,
    `${prefix}/agents/42`,
    `${prefix}/agents/42/?tab=skills&sort=-name#row-7`,
    `${prefix}/?integration=zendesk&host=https://acme.zendesk.example/a?b=c`,
    `${prefix}/?next=//evil.example&x=..%2f..`,
    `${prefix}/#//evil.example`,
    `${prefix}/#/route/..//x`,
    `${prefix}/a.b/..c/d..`,
    `${prefix}/%E4%BD%A0?q=%20+%2B`,
    `${prefix}/100%25`,
    `${prefix}/100%25%20x`,
    `${prefix}/..a/b..;c`,
    `${prefix}/a;b=1,c@d:e!$&'()*+~_-`,
    `${prefix}/logins`,
    `${prefix}/${'x'.repeat(2048 - prefix.length - 1)}`,
  ])('keeps %j as it is', (input) => {
    expect(toReturnPath(input, product)).toBe(input);
  });

  test('takes what the public lists of open redirects are made of home, or leaves it on the origin', () => {
    const inputs = openRedirects(product);
    expect(inputs.length).toBeGreaterThan(5_000);
    for (const input of inputs) {
      const result = toReturnPath(input, product);
      if (!input.startsWith(`${prefix}/`)) expect([input, result]).toEqual([input, home]);
      const { origin, pathname } = new URL(result, ORIGIN);
      expect([input, origin, pathname.startsWith(`${prefix}/`)]).toEqual([input, ORIGIN, true]);
      // Nor after it was decoded once more, by a proxy or by us.
      expect(decodeURIComponent(result)).not.toMatch(/[\r\n\\]|\/\/|\/\.\.?\//);
    }
  });

  test('stays on the origin and under the prefix, and is a fixed point, for any text', () => {
    const piece = fc.oneof(
      fc.constantFrom('/', '\\', '.', '..', '%2e', '%2f', '%5c', '\t', '\n', ' ', '@', ':', '?', '#', 'evil.example'),
      fc.constantFrom(prefix, 'https:', 'javascript:', '"', '<', '{', '\u3002', '\uff0f', '%00', '%', 'x'),
      fc.string({ unit: 'binary', maxLength: 4 }),
    );
    const path = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    const underProduct = path.map((text) => `${prefix}/${text}`);
    fc.assert(
      fc.property(fc.oneof(path, underProduct, fc.webUrl(), fc.string({ unit: 'binary' })), (input) => {
        const result = toReturnPath(input, product);
        const parsed = new URL(result, ORIGIN);
        expect(parsed.origin).toBe(ORIGIN);
        expect(parsed.pathname.startsWith(prefix)).toBe(true);
        expect(parsed.pathname + parsed.search + parsed.hash).toBe(result);
        expect(result).toMatch(/^\/[a-z]+(?:[/?#][\x21-\x7e]*)?$/);
        expect(result.length).toBeLessThanOrEqual(2048);
        expect(toReturnPath(result, product)).toBe(result);
      }),
      { numRuns: 5_000 },
    );
  });
});
