import type { AddressProblem } from './split-address.js';

/** Why a typed Host Name cannot be used. Reasons are public API; the sentences in `HOST_NAME_REFUSALS` are not. */
export type HostNameRefusalReason =
  | AddressProblem
  | 'path'
  | 'port'
  | 'label-invalid'
  | 'single-label'
  | 'development-only'
  | 'org-label-missing'
  | 'okta-website'
  | 'doubled-domain'
  | 'not-a-host-name';

const WHERE = 'In the Okta Admin Console it is shown in the user menu at the top right, for example acme.okta.com.';

/**
 * What the administrator reads, per reason. The sentences never repeat what was typed: a secret pasted into the wrong
 * field must not come back in a message.
 */
export const HOST_NAME_REFUSALS: Readonly<Record<HostNameRefusalReason, string>> = {
  empty: `Fill in the Host Name. ${WHERE}`,
  'too-long': 'The Host Name is longer than the 253 characters that a host name can have.',
  placeholder: `This is a placeholder from a guide. Replace it with your own Okta domain. ${WHERE}`,
  whitespace: 'The Host Name contains a space, a tab or a line break. Enter one host name only.',
  'control-character': 'The Host Name contains an invisible character. Type it by hand instead of pasting it.',
  'non-ascii':
    'The Host Name contains a character other than plain letters, digits, hyphens and dots. It may be a look-alike of a plain letter or dot; type the name by hand. For an international domain, enter the form that starts with xn--.',
  backslash: 'The Host Name contains a backslash. Enter only letters, digits, hyphens and dots.',
  percent: 'The Host Name contains a percent sign. Enter only letters, digits, hyphens and dots.',
  userinfo: 'The Host Name contains an @ sign, so it is an e-mail address or an address with a user name in it.',
  query: 'The Host Name contains a question mark and what follows it. Enter only the host name.',
  fragment: 'The Host Name contains a number sign (#) and what follows it. Enter only the host name.',
  scheme: 'The Host Name starts like an address that is incomplete or not a web address. Enter only the host name.',
  'ip-address': `This is a numeric address, not a host name. ${WHERE}`,
  path: 'The Host Name is followed by a path that is not one of Okta’s. Enter only the host name.',
  port: 'The Host Name contains a port number. Okta is always reached on the standard port, so enter only the host name.',
  'label-invalid':
    'This is not a valid host name. Each part between the dots has 1 to 63 letters, digits and hyphens, and neither starts nor ends with a hyphen.',
  'single-label': `The Host Name needs at least two parts with a dot between them. ${WHERE}`,
  'development-only': 'Names that end in .localhost exist only on a developer’s own machine.',
  'org-label-missing': 'The name of your own Okta org is missing in front of this domain, for example acme.okta.com.',
  'okta-website': `This is a web site of the company Okta, not your own Okta org. ${WHERE}`,
  'doubled-domain': 'The ending of the domain is there twice.',
  'not-a-host-name': 'This is not a valid host name. An international part that starts with xn-- may be misspelt.',
};
