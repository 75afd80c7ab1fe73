/**
 * The settings' API as its document describes it: every answer is held against the published schema, which admits
 * nothing beyond it.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as schemas from '../../apps/workspace-auth/src/settings/settings-api-schemas.js';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { HttpBrowser } from '../support/http-browser.js';
import { type Rig, referenceOf, signIn, startRig } from '../support/rig.js';
import { openSettings, parsed, type SettingsClient } from '../support/settings-client.js';

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly required?: boolean };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

/** References in any part of a document. */
function refsOf(part: unknown): readonly string[] {
  if (Array.isArray(part)) return part.flatMap(refsOf);
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part).flatMap(([name, value]) =>
    name === '$ref' && typeof value === 'string' ? [value] : refsOf(value),
  );
}

/** Objects of any part of a document that do not say what is in them. */
function looseObjects(part: unknown, path = ''): readonly string[] {
  if (typeof part !== 'object' || part === null) return [];
  const { type, properties, additionalProperties } = part as Record<string, unknown>;
  const isLoose = type === 'object' && properties === undefined && additionalProperties === undefined;
  return [
    ...(isLoose ? [path] : []),
    ...Object.entries(part).flatMap(([name, value]) => looseObjects(value, `${path}/${name}`)),
  ];
}

describe.each(await testStores())('the settings API on $name', ({ open }) => {
  let rig: Rig;
  let admin: SettingsClient;

  beforeAll(async () => {
    rig = await startRig(await open());
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    await rig.repair();
    admin = await openSettings(rig);
  });

  const document = async (): Promise<Document> =>
    JSON.parse((await admin.browser.ask(`${admin.origin}/workspace/api/openapi.json`)).text);

  test('every route that exists is in the document, and every route of the document exists', async () => {
    const { createSettingsApi } = await import('../../apps/workspace-auth/src/settings/settings-api.js');
    const api = createSettingsApi({ adapter: { ...rig.instance.deps, product: 'workspace' }, settings: {} } as never);
    // What a middleware was put on has a star.
    const routes = api.routes.filter(({ path }) => !path.includes('*') && path !== '/workspace/api/openapi.json');
    const registered = new Set(
      routes.map(({ method, path }) => `${method.toLowerCase()} ${path.replace(/:(\w+)/g, '{$1}')}`),
    );
    const { paths } = await document();
    const described = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method} ${path}`),
    );
    expect(described.toSorted()).toEqual([...registered].toSorted());
    expect(described.length).toBeGreaterThan(12);
  });

  test('the document resolves, names every operation once, and describes no object loosely', async () => {
    const found = await document();
    expect(found.openapi).toBe('3.1.0');
    for (const ref of refsOf(found)) {
      const [, kind, name = ''] = /^#\/components\/(\w+)\/(\w+)$/.exec(ref) ?? [];
      expect([kind, Object.keys(found.components.schemas).includes(name)]).toEqual(['schemas', true]);
    }
    const operations = Object.values(found.paths).flatMap((item) => Object.entries(item));
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [method, operation] of operations) {
      expect(operation.operationId).toMatch(/^[a-z][A-Za-z]+$/);
      expect(operation.summary).toMatch(/\.$/);
      expect(Object.keys(operation.responses.default?.content ?? {})).toEqual(['application/problem+json']);
      if (method !== 'post') continue;
      expect(operation.requestBody?.required).toBe(true);
      expect(operation.parameters?.map(({ name, in: place }) => [name, place])).toEqual([
        ['idempotency-key', 'header'],
      ]);
    }
    expect(looseObjects(found.paths)).toEqual([]);
    expect(looseObjects(found.components)).toEqual([]);
  });

  test('A16: every answer is exactly what the document says, from the draft to the way back', async () => {
    const before = parsed(await admin.get('settings'), schemas.settings);
    expect(before.active?.values).toEqual({ hostName: rig.tenants.acme.org.host, clientId: rig.tenants.acme.clientId });
    const { revision, repairs } = parsed(
      await admin.draft({ hostName: ` http://${rig.tenants.acme.org.host.toUpperCase()}/ ` }),
      schemas.draftSaved,
    );
    expect(repairs).toEqual(revision.repairs);
    const { revisionId } = revision;
    const { open, authorisation } = parsed(await admin.post('authorise', { revisionId }), schemas.begun);
    await admin.walk(open);
    const proof = parsed(await admin.get(`authorisations/${authorisation.authorisationId}`), schemas.authorisation);
    expect(proof.status).toBe('succeeded');
    parsed(await admin.post('save', { revisionId }), schemas.saved);
    const after = parsed(await admin.get('settings'), schemas.settings);
    expect([after.active?.revisionId, after.restorable?.revisionId]).toEqual([revisionId, before.active?.revisionId]);
    parsed(await admin.post('rollback'), schemas.restored);
    parsed(await admin.post('enable'), schemas.enablement);
    for (const [path, schema] of [
      ['sign-in-log', schemas.logPage],
      ['audit?limit=3', schemas.auditPage],
      ['directory-check', schemas.directoryCheck],
      ['sign-in-status', schemas.statusPage],
      ['held-identities', schemas.heldIdentities],
      ['support-bundle', schemas.supportBundle],
    ] as const) {
      parsed(await admin.get(path), schema);
    }
    expect(parsed(await admin.post('disable'), schemas.enablement)).toEqual({ enabled: false });
  });

  test('a conflict is a problem with what differs', async () => {
    const body = {
      providerId: 'okta',
      values: admin.values({ clientId: '0oaother000000000000' }),
      seenRevisionId: 'gone',
    };
    const problem = parsed(await admin.post('draft', body), schemas.problem, 409);
    expect(problem.code).toBe('revision-conflict');
    expect(problem.differences).toEqual([
      { field: 'clientId', yours: '0oaother000000000000', theirs: rig.tenants.acme.clientId },
    ]);
    expect(JSON.stringify(problem)).not.toContain(rig.tenants.acme.clientSecret);
  });

  const good = { providerId: 'okta', values: {}, seenRevisionId: null };
  test.each([
    ['an unknown field', { ...good, more: 1 }, 'more'],
    ['an unknown setting', { ...good, values: { more: 'x' } }, 'values.more'],
    ['a missing field', { providerId: 'okta', values: {} }, 'seenRevisionId'],
    ['a number for text', { ...good, providerId: 7 }, 'providerId'],
    ['an object for text', { ...good, values: { clientId: { $ne: '' } } }, 'values.clientId'],
    ['a list for an object', { ...good, values: ['x'] }, 'values'],
    ['an overlong value', { ...good, values: { clientId: 'x'.repeat(4097) } }, 'values.clientId'],
    ['another provider', { ...good, providerId: 'other' }, 'providerId'],
    ['a Client ID with spaces', { ...good, values: { clientId: 'a b c d e f' } }, 'values.clientId'],
    ['no object', [], ''],
    ['nothing', null, ''],
  ])('A16: %s is refused with the field', async (_name, body, path) => {
    const problem = parsed(await admin.post('draft', body), schemas.problem, 400);
    expect(problem.code).toBe('request-invalid');
    expect(problem.errors?.map((error) => error.path)).toContain(path);
    for (const { message } of problem.errors ?? []) expect(message).toMatch(/\S/);
    expect(referenceOf(await admin.post('draft', body))).toMatch(/^[2-9A-Z]{4}-[2-9A-Z]{4}$/);
    expect((await rig.store.findConnection('acme'))?.pending ?? null).toBeNull();
  });

  test.each([
    ['__proto__ outside', '{"__proto__":{"x":1},"revisionId":"r"}', '__proto__'],
    ['__proto__ inside', '{"providerId":"okta","values":{"__proto__":"x"},"seenRevisionId":null}', '__proto__'],
    ['constructor', '{"providerId":"okta","values":{"constructor":"x"},"seenRevisionId":null}', 'constructor'],
    ['no JSON', '{', ''],
    ['an empty body', '', ''],
    ['two documents', '{}{}', ''],
  ])('A16: %s is refused', async (_name, rawBody, path) => {
    for (const route of ['draft', 'authorise', 'save']) {
      const problem = parsed(await admin.post(route, undefined, { rawBody }), schemas.problem, 400);
      expect([problem.code, problem.errors?.[0]?.path]).toEqual(['request-invalid', path]);
    }
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', null])(
    'A16: a body of the type %s is refused',
    async (type) => {
      parsed(await admin.post('enable', {}, { headers: { 'content-type': type } }), schemas.problem, 400);
    },
  );

  test.each([
    'sign-in-log?unknown=1',
    'sign-in-log?product=other',
    'sign-in-log?product=cti&product=cti',
    'sign-in-log?reference=0000-0000',
    'sign-in-log?from=yesterday',
    'sign-in-log?to=2026-02-30',
    'sign-in-log?before=x',
    'sign-in-log?before=-1',
    'sign-in-log?before=99999999999999999999',
    'sign-in-log?limit=0',
    'sign-in-log?limit=501',
    'sign-in-log?user=%00',
    'sign-in-status?search=%00',
    'sign-in-status?after=%00',
    'sign-in-status?state=maybe',
    'audit?before=%00',
    'support-bundle?format=xml',
  ])('A16: %s is refused with the field', async (path) => {
    const { code, errors } = parsed(await admin.get(path), schemas.problem, 400);
    expect(code).toBe('request-invalid');
    expect(errors).toHaveLength(1);
  });

  test('is for administrators alone', async () => {
    const agent = await openSettings(rig, { person: 'agent' });
    const stranger = new HttpBrowser();
    for (const path of ['sign-in-log', 'sign-in-status', 'support-bundle', 'directory-check', 'audit']) {
      expect((await agent.get(path)).status).toBe(403);
      expect((await stranger.ask(`${admin.origin}/workspace/api/sso/${path}`)).status).toBe(401);
    }
  });

  describe('the sign-in log', () => {
    test('finds a sign-in by the reference that the person reads out, however it is written', async () => {
      const refused = await signIn(rig, new HttpBrowser(), { person: 'not-in-ipscape', product: 'cti' });
      const reference = referenceOf(refused);
      await signIn(rig, new HttpBrowser(), { person: 'agent' });
      for (const written of [
        reference,
        reference.toLowerCase(),
        reference.replace('-', ''),
        ` ${reference.replace('-', ' ')} `,
      ]) {
        const { lines } = parsed(
          await admin.get(`sign-in-log?${new URLSearchParams({ reference: written })}`),
          schemas.logPage,
        );
        expect(lines).toMatchObject([
          { reference, product: 'cti', stage: 'match', code: 'user-not-found', user: null },
        ]);
        expect(lines[0]?.whatToDo).toContain('e-mail address');
        const page = await admin.page(`?${new URLSearchParams({ reference: written })}`);
        expect(page.text).toContain(reference);
        expect(page.text).toContain('Make the e-mail address');
      }
    });

    test('says so when a reference is no reference, or is not there', async () => {
      expect((await admin.page('?reference=7K3M-9QX0')).text).toContain('Ask for it again');
      expect((await admin.page('?reference=22222222')).text).toContain(
        'No sign-in of your organisation has this reference',
      );
      const { lines } = parsed(await admin.get('sign-in-log?reference=2222-2222'), schemas.logPage);
      expect(lines).toEqual([]);
    });

    test('shows nothing of another tenant, not even by reference', async () => {
      const refused = await signIn(rig, new HttpBrowser(), { tenant: 'globex', person: 'inactive' });
      const { lines } = parsed(await admin.get(`sign-in-log?reference=${referenceOf(refused)}`), schemas.logPage);
      expect(lines).toEqual([]);
      const other = await openSettings(rig, { tenant: 'globex' });
      const own = parsed(await other.get(`sign-in-log?reference=${referenceOf(refused)}`), schemas.logPage);
      expect(own.lines).toMatchObject([{ code: 'user-inactive', user: { userId: 'globex-inactive' } }]);
    });

    test('filters by product, code, result, user and time, and goes back page by page without losing a line', async () => {
      await signIn(rig, new HttpBrowser(), { person: 'toolbar-only', product: 'toolbar' });
      await signIn(rig, new HttpBrowser(), { person: 'toolbar-only', product: 'cti' });
      const find = async (query: Readonly<Record<string, string>>) =>
        parsed(await admin.get(`sign-in-log?${new URLSearchParams(query)}`), schemas.logPage);
      const user = 'TOOLBAR-only@acme.example';
      expect((await find({ user, product: 'cti' })).lines[0]).toMatchObject({ code: 'product-not-permitted' });
      expect((await find({ user, result: 'signed-in' })).lines[0]).toMatchObject({
        product: 'toolbar',
        code: 'signed-in',
      });
      expect((await find({ user, code: 'user-not-found' })).lines).toEqual([]);
      expect((await find({ user: 'nobody@acme.example' })).lines).toEqual([]);
      expect((await find({ result: 'failed' })).lines.every(({ code }) => code !== 'signed-in')).toBe(true);
      const [first] = (await find({})).lines;
      const day = first?.occurredAt.slice(0, 10) ?? '';
      expect((await find({ from: day, to: day })).lines[0]?.id).toBe(first?.id);
      expect((await find({ from: '2090-01-01' })).lines).toEqual([]);
      expect((await find({ to: '2000-01-01' })).lines).toEqual([]);
      const all = (await find({ limit: '500' })).lines.map(({ id }) => id);
      const paged: string[] = [];
      for (let before: string | null = ''; before !== null; ) {
        const page = await find({ limit: '2', ...(before === '' ? {} : { before }) });
        paged.push(...page.lines.map(({ id }) => id));
        before = page.next;
      }
      expect(paged).toEqual(all);
    });
  });

  describe('who has signed in', () => {
    test('names who has and who has not, for each product', async () => {
      await rig.database.query('delete from product_sign_ins');
      await signIn(rig, new HttpBrowser(), { person: 'agent', product: 'cti' });
      const find = async (query: string) =>
        parsed(await admin.get(`sign-in-status?${query}`), schemas.statusPage).users.map(({ name }) => name);
      expect(await find('product=cti&state=signed-in')).toEqual(['Arun Agent']);
      expect(await find('product=cti&state=not-signed-in')).toEqual(['Ada Administrator', 'Umar Unassigned']);
      expect(await find('product=toolbar&state=not-signed-in')).toEqual([
        'Ada Administrator',
        'Arun Agent',
        'Tessa Toolbar',
        'Umar Unassigned',
      ]);
      expect(await find('search=AGENT%20acme')).toEqual(['Arun Agent']);
      expect(await find('search=Ines')).toEqual([]);
      const [agent] = parsed(await admin.get('sign-in-status?search=arun'), schemas.statusPage).users;
      expect(agent?.products.map(({ lastSignedInAt }) => lastSignedInAt !== null)).toEqual([false, true, false]);
      const check = parsed(await admin.get('directory-check'), schemas.directoryCheck);
      expect(check.products.find(({ product }) => product === 'cti')).toMatchObject({ users: 3, signedIn: 1 });
      const page = (await admin.page('?status_product=cti&status_state=not-signed-in')).text;
      expect(page).toContain('Umar Unassigned');
      expect(page).not.toContain('<bdi>Arun Agent</bdi>');
    });
  });

  test('after Save and authorise the page says what was changed, to what, and why', async () => {
    const { host } = rig.tenants.acme.org;
    const form = { action: 'authorise', enable: 'true', providerId: 'okta', seen: (await admin.seen()) ?? '' };
    const typed = {
      ...admin.values(),
      hostName: `http://${host.toUpperCase()}/oauth2/default`,
      clientId: ` ${admin.values().clientId}`,
    };
    const begun = await admin.submit({ ...form, ...typed });
    await admin.walk(new URL(begun.location()).pathname);
    const page = (await admin.page()).text.replaceAll('&quot;', '"').replaceAll('&#39;', "'");
    expect(page).toContain(`We changed the Host Name that you typed to ${host}. `);
    expect(page).toContain('the org authorization server');
    expect(page).toContain(`We changed the Client ID that you typed to ${admin.values().clientId}. Removed the spaces`);
  });
});
