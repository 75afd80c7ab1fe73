import { PRODUCTS } from '@ipscape/sso-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { HttpBrowser } from '../support/http-browser.js';
import { SOAK } from '../support/long-run.js';
import { type Rig, sessionCookies, signIn, startRig, walkToCallback } from '../support/rig.js';

/** On each database; `npm run soak` tries a thousand. */
const ROUNDS = Math.min(1_000, Math.ceil((SOAK.signIns * 4) / 15));
const ENDS = ['nothing', 'sign-out here', 'sign-out everywhere', 'disable'] as const;

/** Milliseconds until each of three callbacks and the end begin. */
const round = fc.record({
  end: fc.constantFrom(...ENDS),
  delays: fc.array(fc.nat(12), { minLength: 4, maxLength: 4 }),
});

describe.each(await testStores())('R22 one user at once in three products and two processes, on $name', ({ open }) => {
  let rig: Rig;
  let ports: readonly (number | undefined)[];
  beforeAll(async () => {
    rig = await startRig(await open());
    ports = [undefined, (await rig.startSecondInstance()).port];
  });
  afterAll(() => rig?.stop());

  const user = { tenantId: 'acme', userId: 'acme-agent', actor: 'test' };
  const alive = async (): Promise<number> =>
    (
      await rig.database.query(
        "select 1 from sessions where user_id = 'acme-agent' and ended_at is null and idle_expires_at > now()",
      )
    ).length;
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  test(`${ROUNDS} random interleavings with an end: as if one came after the other, and the end wins`, {
    timeout: 30_000 + ROUNDS * 2_000,
  }, async () => {
    const { origin } = rig.tenants.acme;
    for (const { end, delays } of fc.sample(round, { seed: SOAK.seed, numRuns: ROUNDS })) {
      await rig.database.query('delete from sessions');
      await rig.database.query("update users set signed_out_at = null where id = 'acme-agent'");
      const here = new HttpBrowser();
      await signIn(rig, here);
      const people = PRODUCTS.map((product, index) => {
        const browser = new HttpBrowser();
        browser.connectTo = ({ hostname }) => (hostname === 'acme.localhost' ? ports[index % ports.length] : undefined);
        return { product, browser };
      });
      const callbacks = await Promise.all(
        people.map(({ product, browser }) => walkToCallback(rig, browser, { product })),
      );
      const ends: Readonly<Record<(typeof ENDS)[number], () => Promise<unknown>>> = {
        nothing: async () => {},
        'sign-out here': () => here.post(`${origin}/workspace/logout`),
        'sign-out everywhere': () => rig.store.revokeSessions(user),
        disable: () => rig.store.setUserStatus({ ...user, status: 'disabled' }),
      };
      const [answers] = await Promise.all([
        Promise.all(
          people.map(async ({ browser }, index) => {
            await pause(delays[index] ?? 0);
            return browser.ask(callbacks[index] ?? '');
          }),
        ),
        pause(delays[3] ?? 0).then(ends[end]),
      ]);
      const isOver = end === 'sign-out everywhere' || end === 'disable';
      for (const answer of answers) {
        if (answer.status === 303) expect(sessionCookies(answer)).toHaveLength(1);
        else
          expect([isOver, answer.json().code]).toEqual([
            true,
            expect.toBeOneOf(['user-inactive', 'transaction-expired']),
          ]);
      }
      expect([end, await alive()]).toEqual([end, isOver ? 0 : end === 'nothing' ? 4 : 3]);
      rig.restart();
      if (end === 'disable') await rig.store.setUserStatus({ ...user, status: 'active' });
      for (const { product, browser } of people) {
        browser.connectTo = undefined;
        expect((await browser.ask(`${origin}/${product}/session`)).status).toBe(isOver ? 401 : 200);
      }
    }
  });
});
