/** Why a typed origin may not frame the CTI Adaptor. Reasons are public API; their sentences are not. */
export const FRAME_ORIGIN_REFUSALS = {
  empty: 'Enter the origin of a CRM page, for example https://acme.lightning.force.com.',
  'too-long': 'An origin has at most 253 characters in its host name. This is longer.',
  'too-many': 'There are too many origins. Remove those that are not used any more.',
  'control-character': 'The origin contains a line break or another invisible character. Type it by hand.',
  whitespace: 'The origin contains a space. Enter each origin by itself.',
  separator: 'The origin contains a comma or a semicolon. Enter each origin by itself.',
  wildcard: 'An asterisk would let pages of strangers in. Enter the exact host name of your own CRM.',
  'non-ascii':
    'The origin contains a character other than plain letters, digits, hyphens and dots. It may be a look-alike; type it by hand. For an international domain, enter the form that starts with xn--.',
  backslash: 'The origin contains a backslash. Enter only https:// and the host name.',
  percent: 'The origin contains a percent sign. Enter only https:// and the host name.',
  'scheme-missing': 'The origin has to begin with https://.',
  http: 'The CRM has to be reached over https: whoever can change an http page could take over the CTI Adaptor.',
  scheme: 'The origin has to begin with https://, once.',
  userinfo: 'The origin contains an @ sign. Enter only https:// and the host name.',
  query: 'The origin contains a question mark and what follows it. Leave it out.',
  fragment: 'The origin contains a number sign (#) and what follows it. Leave it out.',
  path: 'The origin ends with the host name. Leave out the slash and what follows it.',
  port: 'The port is not a number from 1 to 65535.',
  'ip-address': 'This is a numeric address. Enter the host name of the CRM.',
  'single-label': 'The host name needs at least two parts with a dot between them.',
  'label-invalid':
    'This is not a valid host name. Each part between the dots has 1 to 63 letters, digits and hyphens, and neither starts nor ends with a hyphen.',
  'not-a-host-name': 'This is not a valid host name. An international part that starts with xn-- may be misspelt.',
  'development-only': 'Names that end in .localhost exist only on a developer’s own machine.',
  'instance-missing': 'The name of your own CRM is missing in front of this domain.',
} as const satisfies Record<string, string>;

/** Public API: the settings API names them, so renaming one is a breaking change. */
export type FrameOriginRefusal = keyof typeof FRAME_ORIGIN_REFUSALS;
