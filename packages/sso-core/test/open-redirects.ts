/**
 * @module
 * Return paths that lead elsewhere in some browser, proxy or library: what the public lists of open redirects and of
 * split headers are made of, put together in every combination.
 */

const TARGETS = ['evil.example', 'acme.localhost@evil.example', 'evil.example\\@acme.localhost', 'javascript:alert(1)'];
/** The address of a host in every notation, as in `http://3627734734`. */
const ADDRESSES = [
  ...['0xd8.0x3a.0xd6.0xce', '0xd83ad6ce', '3627734734', '472.314.470.462', '0330.072.0326.0316'],
  ...[
    '[::216.58.214.206]',
    '[::ffff:216.58.214.206]',
    '0xd8.072.54990',
    '00330.3856078',
    'XY>.7d8T\\205pZM@0xd83ad6ce',
  ],
];
const LEADS = [
  ...[
    '',
    '/',
    '//',
    '///',
    '////',
    '\\',
    '\\\\',
    '/\\',
    '\\/',
    '\\/\\/',
    '/\\/',
    '//\\',
    '/.//',
    '/..//',
    '/./\\',
    '@',
  ],
  ...[
    '/@',
    '/%09/',
    '//%09/',
    '/%5c',
    '//%5c',
    '/%2f',
    '/%2f%2f',
    '%2f%2f',
    '%5c%5c',
    '/\t/',
    '/\n/',
    '/\r\n/',
    '\t//',
  ],
  ...[
    'https:',
    'https:/',
    'https://',
    'https:///',
    'https://%5c',
    'https://%09/',
    '/https://',
    '//https://',
    '//https:///',
  ],
  ...[
    'http:',
    'HTTPS://',
    'ftp://',
    '<>//',
    '?//',
    '#//',
    '〱',
    '/〱',
    '〵',
    '/ゝ',
    'ー',
    '/ｰ',
    '／／',
    '/／',
    '\u0001//',
    ' //',
  ],
];
const TAILS = [
  '',
  '/',
  '//',
  '/%2f..',
  '/%2f%2e%2e',
  '/%2e%2e%2f',
  '/..',
  '%00',
  '%E3%80%82',
  '#',
  '?',
  ':80#@acme.localhost/',
];
const LINE_ENDS = [
  ...['%0a', '%0d', '%0d%0a', '%23%0a', '%23%0d%0a', '%3f%0d%0a', '%25%30%61', '%25%30a', '%250a', '%25250a', '%%0a0a'],
  ...[
    '%2e%2e%2f%0d%0a',
    '%2f%2e%2e%0d%0a',
    '%2F..%0d%0a',
    '%u000a',
    '%c4%8d%c4%8a',
    '\r\n',
    '\n',
    '\u560d\u560a',
    '%E5%98%8D%E5%98%8A',
  ],
];
const ALONE = [
  ...[
    'java%0d%0ascript%0d%0a:alert(0)',
    'java\nscript:alert(1)',
    '\\x6Aavascript:alert(1)',
    '\\u006Aavascript:alert(1)',
  ],
  ...[
    'javascript://acme.localhost?%a0alert%281%29',
    '";alert(0);//',
    '%68%74%74%70%3a%2f%2fevil.example',
    'data:text/html,x',
  ],
];

/** Each under nothing and under a product's own path. */
export function openRedirects(product: string): readonly string[] {
  const hosts = LEADS.flatMap((lead) => TARGETS.flatMap((target) => TAILS.map((tail) => lead + target + tail)));
  const addresses = ['http://', 'http:', '//'].flatMap((lead) => ADDRESSES.map((address) => lead + address));
  const headers = LINE_ENDS.map((end) => `/${end}Set-Cookie:crlf=injection`);
  const everywhere = [...hosts, ...addresses, ...headers, ...ALONE];
  return [
    ...everywhere,
    ...everywhere.map((text) => `/${product}/..${text}`),
    ...headers.map((text) => `/${product}${text}`),
  ];
}
