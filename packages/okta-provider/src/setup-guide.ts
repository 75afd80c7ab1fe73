import {
  CALLBACK_PATHS,
  PRODUCT_NAMES,
  PRODUCTS,
  type SetupGuideInput,
  type SetupGuideStep,
  SIGNED_OUT_PATHS,
  START_PATHS,
  UNIVERSAL_LOGOUT_PATH,
} from '@ipscape/sso-core';

/** What each redirect URI is for, by the path it ends in. */
const REDIRECT_URI_USES: readonly (readonly [string, string])[] = [
  [CALLBACK_PATHS.workspace, `${PRODUCT_NAMES.workspace} sign-in`],
  [CALLBACK_PATHS.authorise, `${PRODUCT_NAMES.workspace} authorisation`],
  [CALLBACK_PATHS.cti, `${PRODUCT_NAMES.cti} sign-in`],
  [CALLBACK_PATHS.toolbar, `${PRODUCT_NAMES.toolbar} sign-in`],
];

/**
 * The steps in the Okta Admin Console, in order, for an administrator who has not done this before. Every redirect
 * URI appears character for character as a value to copy.
 */
export function setupGuide(input: SetupGuideInput): readonly SetupGuideStep[] {
  return [
    {
      title: 'Check the e-mail addresses',
      text: 'ipSCAPE finds people by their e-mail address. The e-mail address of each agent and user must be the same in ipSCAPE and in Okta.',
    },
    {
      title: 'Start a new app integration',
      text: 'Sign in to the Okta Admin Console as an administrator. Go to Applications > Applications and click Create App Integration. For Sign-in method select "OIDC - OpenID Connect", for Application type select "Web Application", then click Next.',
    },
    {
      title: 'Name the app',
      text: 'Under General Settings, fill in App integration name. People see this name in Okta. Okta does not accept emoji in it.',
      copy: [{ label: 'App integration name', value: appName(input.tenantName) }],
    },
    {
      title: 'Choose the grant type',
      text: 'Under Grant type, leave "Authorization Code" ticked and everything else unticked. If there is a tick box "Require Demonstrating Proof of Possession (DPoP) header in token requests", leave it unticked.',
    },
    {
      title: 'Add the sign-in redirect URIs',
      text: 'Under Sign-in redirect URIs, remove what Okta filled in and add these addresses, one per line; click "+ Add URI" for each further one. Copy them exactly: Okta compares them character for character. Leave "Allow wildcard * in sign-in URI redirect" unticked.',
      copy: input.redirectUris.map((value, index) => ({ label: redirectUriLabel(value, index), value })),
    },
    {
      title: 'Assign people and save',
      text: 'Under Assignments, select "Limit access to selected groups" and enter the groups whose members use ipSCAPE, then click Save. Later you add people on the Assignments tab of the app, with Assign > Assign to People or Assign > Assign to Groups. Only assigned people can sign in.',
    },
    {
      title: 'Note the Client ID and Client Secret',
      text: 'On the General tab of the app, under Client Credentials, make sure that Client authentication is "Client secret". Copy the Client ID, and copy the secret under Client Secrets with the copy button beside it.',
    },
    {
      title: 'Note the Host Name',
      text: 'Click your name at the top right of the Okta Admin Console. The menu shows your Okta domain below your e-mail address, for example acme.okta.com. That is the Host Name: without "https://", without "-admin", and without a path such as "/oauth2/default", because ipSCAPE uses the org authorization server.',
    },
    {
      title: 'Only if your Okta has a custom domain',
      text: 'On the Sign On tab of the app, under OpenID Connect ID Token, click Edit and look at Issuer. Select the address that you use as Host Name, not "Dynamic", and click Save. The Issuer and the Host Name must be the same.',
    },
    {
      title: 'Connect ipSCAPE',
      text: 'In the Workspace, go to Administration > Organisation settings and open the tab Login and security. Under Single sign on tick Enable, select Okta, and fill in Client ID, Host Name and Client Secret. Click "Save and authorise" and sign in at Okta; when it has succeeded, click Save.',
    },
    ...optionalSteps(input.origin),
  ];
}

/** What works without, and may be done on another day. */
function optionalSteps(origin: string): readonly SetupGuideStep[] {
  return [
    {
      title: 'If people should open ipSCAPE from their Okta dashboard',
      text: 'On the General tab of the app, under General Settings, click Edit. Set Login initiated by to "Either Okta or App", tick "Display application icon to users", leave Login flow at "Redirect to app to initiate login (OIDC Compliant)", enter this address as Initiate login URI and click Save. The tile opens the product that the person used last.',
      copy: [{ label: 'Initiate login URI', value: origin + START_PATHS.workspace }],
    },
    {
      title: 'If people should come back to ipSCAPE after signing out everywhere',
      text: 'Under Sign-out redirect URIs on the General tab of the app, add these three addresses and click Save. Then ask the ipSCAPE Service Desk to switch the way back on. Without it people stay on a page of Okta, signed out all the same.',
      copy: PRODUCTS.map((product) => ({
        label: `Sign-out redirect URI of ${PRODUCT_NAMES[product]}`,
        value: origin + SIGNED_OUT_PATHS[product],
      })),
    },
    {
      title: 'If your Okta has Universal Logout',
      text: 'It ends a person’s ipSCAPE sessions when Okta sees a risk or you clear the person’s sessions there. In the Logout section of the app, enter this address as endpoint and select the subject format "Issuer and Subject Identifier".',
      copy: [{ label: 'Universal Logout endpoint', value: origin + UNIVERSAL_LOGOUT_PATH }],
    },
  ];
}

/** The app's name in Okta. Okta accepts characters of at most three UTF-8 bytes in a name, which are those of the Basic Multilingual Plane. */
export function appName(tenantName: string): string {
  const accepted = tenantName.replace(/[\u{10000}-\u{10ffff}\p{Cc}\p{Cs}]/gu, '').trim();
  return accepted === '' ? 'ipSCAPE' : `ipSCAPE (${accepted})`;
}

/** Never the name of a button of the settings page: people and programs look for that by its name. */
function redirectUriLabel(uri: string, index: number): string {
  const use = REDIRECT_URI_USES.find(([path]) => uri.endsWith(path))?.[1];
  return use === undefined ? `redirect URI ${index + 1}` : `redirect URI ${index + 1}, ${use}`;
}
