/**
 * @module
 * What a person reads after the start: what to open, who can sign in, and what to type to connect globex.
 */
import { PRODUCT_NAMES, PRODUCTS } from '@ipscape/sso-core';
import type { StackEnvironment } from './environment.js';
import { connectionDetails } from './local-okta.js';
import { emailOf, PEOPLE } from './people.js';
import type { Stack } from './stack.js';

export function describeStart(stack: Stack, environment: StackEnvironment): string {
  const acme = { name: 'acme' } as const;
  const globex = { name: 'globex' } as const;
  const width = Math.max(...PEOPLE.map((person) => emailOf(person, acme).length));
  const details = connectionDetails(stack.okta, globex);
  const lines = [
    '',
    'Ready. Open one of these and sign in with Okta as one of the people below:',
    '',
    ...PRODUCTS.map((product) => `  ${PRODUCT_NAMES[product].padEnd(14)} ${stack.origin(acme)}/${product}/`),
    `  ${'A CRM'.padEnd(14)} ${stack.crmOrigin}/ with the CTI Adaptor in a frame`,
    '',
    ...PEOPLE.map((person) => `  ${emailOf(person, acme).padEnd(width)}  ${person.story}`),
    '',
    `The same people exist at ${stack.origin(globex)} under @globex.example. Globex is entitled to single`,
    'sign-on and not yet connected. What its administrator would type into the settings:',
    '',
    `  Client ID      ${details.clientId}`,
    `  Host Name      ${details.hostName}`,
    `  Client Secret  ${details.clientSecret}`,
    '',
    `Local Okta orgs  ${stack.okta.org('acme').origin}  ${stack.okta.org('globex').origin}`,
    `Kept in          ${environment.databaseUrl === null ? environment.dataDirectory : 'the PostgreSQL server of DATABASE_URL'}`,
    '',
    'Service Desk     npx sso-admin --help (in another terminal, while this runs)',
    '',
    'Ctrl-C stops everything; the next start goes on from there. "npm start -- --fresh" begins anew.',
  ];
  return lines.join('\n');
}
