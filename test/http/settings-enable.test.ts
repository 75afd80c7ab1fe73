/**
 * Enable, a box that a browser does not send when it is not ticked: only whoever unticked it disables anything.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { type Rig, startRig } from '../support/rig.js';
import { openSettings, type SettingsClient } from '../support/settings-client.js';

describe.each(await testStores())('Enable on the form, on $name', ({ open }) => {
  let rig: Rig;
  let admin: SettingsClient;

  beforeAll(async () => {
    rig = await startRig(await open());
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    await rig.repair();
    await rig.connect('acme');
    rig.restart();
    admin = await openSettings(rig);
  });

  const isEnabled = async () => (await rig.store.findConnection('acme'))?.enabled;
  const hidden = (page: string, name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? '';
  /** What the form shows now, with the box as it is told. */
  async function fields(page?: string): Promise<Record<string, string>> {
    const { clientSecret: _, ...values } = admin.values();
    const shown = page ?? (await admin.page()).text;
    const seen = hidden(shown, 'seen');
    return { action: 'save', providerId: 'okta', seen, shownEnabled: hidden(shown, 'shownEnabled'), ...values };
  }

  test('unticked where it was ticked, and saved: disabled, with its sessions', async () => {
    const form = await fields();
    expect(form.shownEnabled).toBe('true');
    const answer = await admin.submit(form);
    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('Single sign-on is disabled')]);
    expect(await isEnabled()).toBe(false);
    rig.restart();
    expect((await admin.get('settings')).status).toBe(401);
  });

  test.each<[what: string, change: Readonly<Record<string, string>>]>([
    ['that has no box at all', { shownEnabled: '' }],
    ['that says something else of it', { shownEnabled: 'TRUE' }],
    ['that was opened before it was enabled', { shownEnabled: 'false' }],
  ])('a form %s changes nothing, and says so beside the box, which is ticked', async (_what, change) => {
    const answer = await admin.submit({ ...(await fields()), ...change });
    expect([answer.status, answer.text]).toEqual([409, expect.stringContaining('so nothing was changed')]);
    expect(answer.text).toMatch(/id="enable"[^>]* checked=""[^>]* aria-invalid="true"/);
    expect(await isEnabled()).toBe(true);
  });

  test('a form that names the button and nothing else changes nothing', async () => {
    expect((await admin.submit({ action: 'save' })).status).toBe(409);
    expect(await isEnabled()).toBe(true);
  });

  test('a second window that is out of date disables nothing that it did not see', async () => {
    const form = await fields();
    await rig.connect('acme', { clientId: '0oaanother0000000000' });
    const answer = await admin.submit(form);
    expect([answer.status, answer.text]).toEqual([409, expect.stringContaining('Somebody else changed the settings')]);
    expect(await isEnabled()).toBe(true);
  });

  test('a mistake does not make a revision seen that somebody saved meanwhile', async () => {
    const form: Record<string, string> = { ...(await fields()), action: 'authorise', enable: 'true' };
    const draft = await admin.draft({ clientId: '0oatheirs00000000000' });
    expect(draft.status).toBe(200);
    const refused = await admin.submit({ ...form, hostName: '127.0.0.1' });
    expect([refused.status, hidden(refused.text, 'seen')]).toEqual([400, form.seen]);
    const conflict = await admin.submit({
      ...form,
      clientSecret: admin.values().clientSecret ?? '',
      hostName: admin.values().hostName ?? '',
    });
    expect([conflict.status, conflict.text]).toEqual([409, expect.stringContaining('0oatheirs00000000000')]);
    expect(hidden(conflict.text, 'seen')).not.toBe(form.seen);
  });
});
