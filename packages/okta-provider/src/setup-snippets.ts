/**
 * @module
 * The app of the guide as code. Pure: texts from texts.
 */
import type { SetupGuideInput, SetupSnippet } from '@ipscape/sso-core';
import { appName } from './setup-guide.js';

/** A Terraform resource of the provider `okta/okta`, and a body for Okta's Apps API; both create the same app. */
export function setupSnippets(input: SetupGuideInput): readonly SetupSnippet[] {
  return [
    {
      title: 'Terraform',
      text: 'A resource of the provider okta/okta. Assign your groups with okta_app_group_assignments.',
      code: terraform(input),
    },
    {
      title: 'Okta API',
      text: 'The body of POST /api/v1/apps, for an API token that may manage apps. The answer holds the Client ID and Client Secret.',
      code: JSON.stringify(appsApiBody(input), null, 2),
    },
  ];
}

function terraform({ tenantName, redirectUris }: SetupGuideInput): string {
  return [
    'resource "okta_app_oauth" "ipscape" {',
    `  label                      = ${quote(appName(tenantName))}`,
    '  type                       = "web"',
    '  grant_types                = ["authorization_code"]',
    '  response_types             = ["code"]',
    '  token_endpoint_auth_method = "client_secret_basic"',
    '  pkce_required              = true',
    '  issuer_mode                = "ORG_URL"',
    '  redirect_uris = [',
    ...redirectUris.map((uri) => `    ${quote(uri)},`),
    '  ]',
    '}',
  ].join('\n');
}

/** A string of HCL: JSON's escapes, and no interpolation. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll(/[$%](?=\{)/g, (sign) => sign + sign);
}

function appsApiBody({ tenantName, redirectUris }: SetupGuideInput) {
  return {
    name: 'oidc_client',
    label: appName(tenantName),
    signOnMode: 'OPENID_CONNECT',
    credentials: { oauthClient: { token_endpoint_auth_method: 'client_secret_basic', pkce_required: true } },
    settings: {
      oauthClient: {
        application_type: 'web',
        grant_types: ['authorization_code'],
        response_types: ['code'],
        redirect_uris: redirectUris,
        issuer_mode: 'ORG_URL',
      },
    },
  };
}
