import { startOktaDevOrg } from '@ipscape/okta-devorg';
import { redirectUris } from '@ipscape/sso-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { HttpBrowser } from '../support/http-browser.js';
import {
  chooseUser,
  type PersonKey,
  type Rig,
  sessionCookies,
  signIn,
  startRig,
  startUrl,
  walkToCallback,
} from '../support/rig.js';
import { linkedClient, type SettingsClient } from '../support/settings-link-client.js';

const stores = await testStores();

describe.each(stores)('settings that change under a sign-in, on $name', ({ open }) => {
  let rig: Rig;
  let administrator: SettingsClient;
  let browser: HttpBrowser;
  beforeAll(async () => {
    rig = await startRig(await open());
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    await rig.repair();
    await rig.database.query('delete from authorisation_rounds');
    await rig.database.query('delete from authorisations');
    administrator = await linkedClient(rig, new HttpBrowser());
    browser = new HttpBrowser();
  });

  const done = async (answer: ReturnType<SettingsClient['post']>) => expect((await answer).status).toBe(200);
  const tokenRequests = () => rig.requestsTo('acme').filter((endpoint) => endpoint === 'token');

  describe('T9 while the browser waits at Okta', () => {
    const CHANGES: Readonly<Record<string, () => Promise<unknown>>> = {
      'the settings are changed': () => administrator.connect(),
      'single sign-on is disabled': () => done(administrator.post('disable', {})),
      'the revision before is restored': () => done(administrator.post('rollback', {})),
      'the entitlement is taken away': () =>
        rig.store.setSsoEntitlement({ tenantId: 'acme', entitled: false, actor: 'test' }),
      // Nothing of the product deletes one; whoever does it in the database leaves no more than this.
      'the connection is deleted': async () => {
        await rig.database.query("delete from connection_secrets where tenant_id = 'acme'");
        await rig.database.query("update connection_revisions set state = 'superseded' where tenant_id = 'acme'");
        await rig.database.query("update connections set enabled = false where tenant_id = 'acme'");
      },
    };

    test.each(Object.keys(CHANGES))('%s: the sign-in is refused with a code of its own', async (name) => {
      await administrator.connect();
      const callback = await walkToCallback(rig, browser);
      rig.tenants.acme.org.clearRequests();
      await CHANGES[name]?.();
      const before = await rig.snapshot();
      const tokensBefore = tokenRequests().length;
      const answer = await browser.ask(callback);
      expect(answer.json()).toMatchObject({ code: 'connection-changed' });
      expect(sessionCookies(answer)).toEqual([]);
      expect((await rig.snapshot()).sessions).toBe(before.sessions);
      expect(tokenRequests()).toHaveLength(tokensBefore);
      const [line] = await rig.store.listSignInLog('acme', { limit: 1 });
      expect(line).toMatchObject({ code: 'connection-changed', stage: 'callback' });
    });

    test('disabled and enabled again: it goes on', async () => {
      const callback = await walkToCallback(rig, browser);
      await done(administrator.post('disable', {}));
      await done(administrator.post('enable', {}));
      expect((await browser.request(callback)).status).toBe(303);
    });

    test('only the secret is rotated: it goes on with the current one', async () => {
      // A tenant of its own: how often a secret may be opened is limited, and the limit is not what this is about.
      const client = await linkedClient(rig, new HttpBrowser(), 'globex');
      const { org, clientId, clientSecret } = client.tenant;
      const callback = await walkToCallback(rig, browser, { tenant: 'globex' });
      const next = org.addClientSecret(clientId);
      try {
        expect((await client.submit({ action: 'set-next-secret', nextSecret: next })).status).toBe(200);
        expect((await client.submit({ action: 'promote-secret' })).status).toBe(200);
        org.deactivateClientSecret(clientId, clientSecret);
        rig.outgoing.length = 0;
        expect((await browser.request(callback)).status).toBe(303);
        const exchange = rig.outgoing.filter(({ url }) => url.endsWith('/token'));
        expect(exchange).toHaveLength(1);
        const sent = JSON.stringify(exchange.map(({ headers, body }) => [headers, body]));
        expect(sent).toContain(Buffer.from(`${clientId}:${next}`).toString('base64'));
        expect(sent).not.toContain(Buffer.from(`${clientId}:${clientSecret}`).toString('base64'));
      } finally {
        await rig.connect('globex', { clientSecret: next });
      }
    });
  });

  describe('T6 at another Okta', () => {
    /** The tenant's Host Name leads to an org of somebody else's, where somebody claims any address. */
    async function withOtherOkta(work: (chosen: (person: PersonKey) => Promise<string>) => Promise<void>) {
      const { origin } = administrator.tenant;
      const people = (['admin', 'agent'] as const).map((key) => ({ email: `${key}@acme.example`, name: `Not ${key}` }));
      const apps = [{ label: 'ipSCAPE', redirectUris: redirectUris(origin), assigned: 'everyone' as const }];
      const other = await startOktaDevOrg({ name: 'other', users: people, apps });
      try {
        const [client] = other.clients;
        await administrator.connect({
          hostName: other.host,
          clientId: client?.clientId ?? '',
          clientSecret: client?.clientSecrets[0]?.value ?? '',
        });
        await work(async (person) => {
          const start = await browser.request(startUrl(rig));
          expect(new URL(start.location()).origin).toBe(other.origin);
          return chooseUser(browser, start.location(), `${person}@acme.example`);
        });
      } finally {
        await other.stop();
      }
    }

    const linkedAgent = async () =>
      (await rig.store.listIdentities('acme')).filter(({ userId }) => userId === 'acme-agent');

    test('whoever asserts a known address is held for approval, and not signed in', async () => {
      await signIn(rig, new HttpBrowser());
      const pinned = await linkedAgent();
      await withOtherOkta(async (chosen) => {
        const before = await rig.snapshot();
        const callback = await chosen('agent');
        const answer = await browser.ask(callback);
        expect(answer.json()).toMatchObject({ code: 'identity-held' });
        expect(sessionCookies(answer)).toEqual([]);
        expect((await rig.snapshot()).sessions).toBe(before.sessions);
        const { identities } = (await administrator.get('held-identities')).json() as {
          identities: { userId: string; issuer: string; subject: string }[];
        };
        expect(identities).toMatchObject([{ userId: 'acme-agent' }]);
        expect(await linkedAgent()).toEqual(pinned);

        // Approved by the administrator, they are signed in; the identity of the old Okta is nobody's any more.
        const { issuer, subject, userId } = identities[0] ?? {};
        await done(administrator.post('held-identities/approve', { issuer, subject, userId }));
        expect((await browser.request(await chosen('agent'))).status).toBe(303);
      });
    });

    test('a refused one stays outside', async () => {
      await signIn(rig, new HttpBrowser());
      await withOtherOkta(async (chosen) => {
        await browser.ask(await chosen('agent'));
        const { identities } = (await administrator.get('held-identities')).json() as {
          identities: { userId: string; issuer: string; subject: string }[];
        };
        const { issuer, subject, userId } = identities[0] ?? {};
        await done(administrator.post('held-identities/refuse', { issuer, subject, userId }));
        const answer = await browser.ask(await chosen('agent'));
        expect(answer.json()).toMatchObject({ code: 'identity-held' });
        expect(sessionCookies(answer)).toEqual([]);
      });
    });

    test('a user who was never linked signs in by their address, once', async () => {
      await withOtherOkta(async (chosen) => {
        expect((await browser.request(await chosen('agent'))).status).toBe(303);
      });
    });
  });
});
