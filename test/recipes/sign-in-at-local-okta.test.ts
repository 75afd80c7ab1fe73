import { signInAtOkta, startOktaDevOrg } from '@ipscape/okta-devorg';
import { okta } from '@ipscape/okta-provider';
import { beginSignIn, completeSignIn, createProviderRegistry, createSignInDeps } from '@ipscape/sso-core';
import { createGuardedFetch } from '@ipscape/sso-core/node';
import { createInMemoryStore } from '@ipscape/sso-core/testing';
import { expect, test } from 'vitest';

const redirectUri = 'http://acme.localhost:3002/cti/login';

async function setUp() {
  const org = await startOktaDevOrg({ apps: [{ label: 'CTI', redirectUris: [redirectUri], assigned: 'everyone' }] });
  const [{ clientId = '', clientSecrets = [] } = {}] = org.clients;
  const store = createInMemoryStore(Date.now);
  const tenant = {
    id: 'acme',
    name: 'Acme',
    domain: 'acme.localhost',
    ssoEntitled: true,
    legacyHttpCallbacks: false,
    ssoEnforced: false,
    frameOrigins: [],
  };
  const connection = {
    connectionId: 'c',
    revisionId: 'r',
    providerId: 'okta',
    issuer: org.origin,
    clientId,
    config: {},
  };
  const agent = { role: 'agent', products: ['cti'], status: 'active' } as const;
  store.tenants.set('acme', {
    setup: { tenant, connection },
    clientSecret: clientSecrets[0]?.value ?? null,
    users: [{ id: 'user-1', tenantId: 'acme', email: 'ada.agent@acme.example', name: 'Ada Agent', ...agent }],
  });
  const deps = createSignInDeps({
    store,
    providers: createProviderRegistry([okta]),
    fetch: createGuardedFetch({ allowLocalhost: true }),
    context: { environment: 'development' },
  });
  const route = { product: 'cti', purpose: 'sign-in', redirectUri } as const;
  const signIn = async (email: string) => {
    const begun = await beginSignIn({ setup: { tenant, connection }, ...route, returnPath: '/cti/' }, deps);
    const { searchParams } = new URL(await signInAtOkta(begun.authorizationUrl, { email }));
    const browser = { parameters: searchParams, browserSecret: () => begun.browserSecret, hasCookies: true };
    return completeSignIn({ tenant, ...route, ...browser }, 'REFERENCE', deps);
  };
  return { org, store, signIn };
}

test('a user of the org signs in', async () => {
  const { org, store, signIn } = await setUp();
  try {
    expect((await signIn('ada.agent@acme.example')).returnPath).toBe('/cti/');
    expect(store.sessions.map(({ userId }) => userId)).toEqual(['user-1']);
  } finally {
    await org.stop();
  }
});

test.each([
  ['cancelled', 'idp-denied', () => 'cancel'],
  [
    'a user who is not assigned',
    'user-not-assigned',
    (org: Awaited<ReturnType<typeof setUp>>['org']) => {
      org.unassign(org.clients[0]?.clientId ?? '', 'ada.agent@acme.example');
      return 'ada.agent@acme.example';
    },
  ],
  [
    'a broken signature',
    'token-invalid',
    (org: Awaited<ReturnType<typeof setUp>>['org']) => {
      org.faults.idToken = { breakSignature: true };
      return 'ada.agent@acme.example';
    },
  ],
])('%s is refused with %s', async (_what, code, prepare) => {
  const { org, store, signIn } = await setUp();
  try {
    await expect(signIn(prepare(org))).rejects.toMatchObject({ code });
    expect(store.sessions).toEqual([]);
  } finally {
    await org.stop();
  }
});

test('an authorization request that Okta refuses with a page is an error', async () => {
  const { org } = await setUp();
  try {
    const url = `${org.origin}/oauth2/v1/authorize?client_id=nobody&redirect_uri=x&response_type=code&scope=openid`;
    await expect(signInAtOkta(url, { email: 'ada.agent@acme.example' })).rejects.toThrow(/^Okta answered 400/);
  } finally {
    await org.stop();
  }
});
