import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { CtiFrame } from '../support/cti-frame.js';
import { HttpBrowser } from '../support/http-browser.js';
import { type Rig, signIn, startRig } from '../support/rig.js';
import { linkedClient, SETTINGS } from '../support/settings-link-client.js';

// The last one is a server where there is one: what is judged here is the same on both.
const database = (await testStores()).at(-1);

/** Browsers disagree on whether `form-action` of the form's page holds for what its answer redirects to. */
describe('O6 no browser’s reading of form-action stops a sign-in:', () => {
  let rig: Rig;
  beforeAll(async () => {
    if (database === undefined) throw new Error('No database.');
    rig = await startRig(await database.open());
  });
  afterAll(() => rig?.stop());
  beforeEach(() => rig.repair());

  const formActionOf = (answer: { readonly headers: Readonly<Record<string, unknown>> }): string | undefined =>
    /form-action [^;]*/.exec(String(answer.headers['content-security-policy']))?.[0];

  test('Save and authorise leads to a page of ours, and that page to Okta', async () => {
    const client = await linkedClient(rig, new HttpBrowser());
    const { origin, org } = client.tenant;
    const page = await client.browser.request(origin + SETTINGS);
    expect(formActionOf(page)).toBe("form-action 'self'");
    const form = { ...client.typed, action: 'authorise', enable: 'true', providerId: 'okta' };
    const seen = (await rig.store.findConnection('acme'))?.active?.revisionId ?? '';
    const answer = await client.submit({ ...form, seen });
    expect([answer.status, new URL(answer.location()).origin]).toEqual([303, origin]);
    const leaving = await client.browser.request(answer.location());
    expect([leaving.status, leaving.headers.location]).toEqual([200, undefined]);
    expect(leaving.text).toContain(`content="0;url=${org.origin}/`);
  });

  test.each(['workspace', 'cti', 'toolbar'] as const)(
    'signing out everywhere from %s is a page that goes on',
    async (product) => {
      const browser = new HttpBrowser();
      await signIn(rig, browser, { product });
      const answer = await browser.post(`${rig.tenants.acme.origin}/${product}/logout?everywhere=true`);
      expect([answer.status, answer.headers.location]).toEqual([200, undefined]);
      expect(answer.text).toContain(`content="0;url=${rig.tenants.acme.org.origin}/`);
    },
  );

  test('the one form whose answer leads to Okta at once, in the CTI Adaptor’s window, is on a page without form-action', async () => {
    const cti = new CtiFrame(rig);
    const handoff = await cti.create();
    const window = await cti.window.request(`${cti.origin}/cti/handoffs/${handoff.id}/window`, {
      headers: { 'sec-fetch-site': 'same-origin' },
    });
    expect([window.status, formActionOf(window)]).toEqual([200, undefined]);
    const answer = await cti.open(handoff);
    expect([answer.status, new URL(answer.location()).origin]).toEqual([303, rig.tenants.acme.org.origin]);
  });
});
