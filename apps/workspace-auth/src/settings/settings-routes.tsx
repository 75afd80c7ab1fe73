/**
 * @module
 * The settings page over HTTP. Every button is a POST of a form to the page's own address.
 */
import { SsoError } from '@ipscape/sso-core';
import {
  type AdapterEnv,
  type AdapterRequest,
  ERROR_PAGES,
  limitBody,
  Page,
  renderPage,
  requireSameOrigin,
  wantsPage,
  writeTransaction,
} from '@ipscape/sso-hono';
import { Hono } from 'hono';
import type { Workspace } from '../workspace-context.js';
import type { ShownConflict } from './conflict.js';
import { type FrameOriginsState, initialFrameOrigins, saveFrameOrigins } from './frame-origins-form.js';
import { loadSettingsData, readSettingsQuery } from './load-settings-data.js';
import { once } from './once.js';
import { RecentSignInPage } from './recent-sign-in-page.js';
import { type Act, requireActor } from './require-actor.js';
import { saveSettings } from './save-settings.js';
import { SETTINGS_ACTIONS } from './settings-actions.js';
import { type FormState, initialFormState } from './settings-form.js';
import { SettingsPage } from './settings-page.js';
import { roundPath, SETTINGS_PATH, SETTINGS_SCRIPT_PATH } from './settings-paths.js';
import { SETTINGS_SCRIPT } from './settings-script.js';

const MAX_BODY_BYTES = 16 * 1024;

/** What came of a form, as it is kept for a second click: without any secret. */
interface Shown {
  readonly state?: FormState;
  readonly conflict?: ShownConflict;
  readonly notice?: string;
  readonly frameOrigins?: FrameOriginsState;
  readonly status?: 200 | 400 | 409 | 422 | 429;
}

type FormOutcome = Shown | { readonly goTo: string };
type Form = Readonly<Record<string, string>>;

export function createSettingsRoutes(workspace: Workspace): Hono<AdapterEnv> {
  const { adapter, settings } = workspace;
  const routes = new Hono<AdapterEnv>();

  async function show(c: AdapterRequest, act: Act, shown: Shown = {}): Promise<Response> {
    const data = await loadSettingsData(
      act,
      readSettingsQuery((name) => c.req.query(name)),
      workspace,
    );
    const state = shown.state ?? initialFormState(data.view, c.req.query('provider'));
    const { conflict = null, notice = null, frameOrigins = initialFrameOrigins(data.frameOrigins) } = shown;
    const props = { data, state, frameOrigins, conflict, notice };
    const page = <SettingsPage {...props} />;
    return renderPage(c, page, shown.status ?? 200, { script: true, postsForms: true, standsAlone: true });
  }

  /** Whoever is not signed in is taken to sign in, and back; whoever is not any more recently enough is asked to. */
  async function withActor(c: AdapterRequest, step: (act: Act) => Promise<Response>): Promise<Response> {
    try {
      return await step(await requireActor(c, workspace));
    } catch (error) {
      if (!SsoError.is(error) || !wantsPage(c)) throw error;
      if (error.code === 'session-required') {
        return c.redirect(`/workspace/login?${new URLSearchParams({ return_to: SETTINGS_PATH })}`, 303);
      }
      if (error.code !== 'recent-sign-in-required') throw error;
      c.set('errorCode', error.code);
      const page = <RecentSignInPage signedInAt={new Date(String(error.details.signedInAt))} />;
      return renderPage(c, page, ERROR_PAGES[error.code].status, { standsAlone: true });
    }
  }

  async function act(c: AdapterRequest, actor: Act): Promise<Response> {
    const { idempotencyKey: key = '', ...form } = await readForm(c);
    let outcome: FormOutcome;
    try {
      outcome = key === '' ? await carryOut(actor, form) : await carryOutOnce(c, actor, form, key);
    } catch (error) {
      outcome = await explain(c, actor, error);
    }
    return 'goTo' in outcome ? c.redirect(outcome.goTo, 303) : show(c, actor, outcome);
  }

  /** A double click, or the reload of an answer: the same answer again, and nothing is written a second time. */
  async function carryOutOnce(c: AdapterRequest, actor: Act, form: Form, key: string): Promise<FormOutcome> {
    const request = `form\n${JSON.stringify(Object.entries(form).toSorted())}`;
    const input = { tenantId: actor.tenant.id, actor: actor.actor.userId, key, request };
    const { answer } = await once(input, workspace, async () => {
      const outcome = await carryOut(actor, form).catch((error: unknown) => explain(c, actor, error));
      return { answer: JSON.stringify(outcome), isFinal: !('status' in outcome && outcome.status === 429) };
    });
    return JSON.parse(answer) as FormOutcome;
  }

  async function carryOut(actor: Act, form: Form): Promise<FormOutcome> {
    const action = form.action ?? '';
    if (action === 'authorise' || action === 'save') {
      const saved = await saveSettings(actor, form, action, workspace);
      switch (saved.outcome) {
        case 'authorise':
          return { goTo: roundPath(saved.authorisationId) };
        case 'done':
          return { notice: saved.notice };
        case 'refused':
          return saved;
      }
    }
    if (action === 'set-frame-origins') return saveFrameOrigins(actor, form, workspace);
    const run = Object.hasOwn(SETTINGS_ACTIONS, action) ? SETTINGS_ACTIONS[action] : undefined;
    if (run === undefined) throw new SsoError('request-invalid', { details: { reason: 'action' } });
    return { notice: await run(actor, form, workspace) };
  }

  /** A refusal that the administrator can do something about is told on the page, and not in its place. */
  async function explain(c: AdapterRequest, { tenant }: Act, error: unknown): Promise<Shown> {
    if (!SsoError.is(error) || !EXPLAINED.has(error.code)) throw error;
    c.set('errorCode', error.code);
    const { text, advice, status } = ERROR_PAGES[error.code];
    const told = error.advice ?? `${text} ${advice}`;
    const state = { ...initialFormState(await settings.view(tenant), undefined), errors: { form: told } };
    return { state, status: status === 429 || status === 409 || status === 422 ? status : 400 };
  }

  routes.get(SETTINGS_PATH, (c) => withActor(c, (actor) => show(c, actor)));
  routes.post(SETTINGS_PATH, requireSameOrigin(adapter), limitBody(MAX_BODY_BYTES), (c) =>
    withActor(c, (actor) => act(c, actor)),
  );
  routes.get(`${SETTINGS_PATH}/authorise/:id`, (c) =>
    withActor(c, async (actor) => {
      if (c.req.raw.method === 'HEAD') throw new SsoError('request-invalid');
      const round = await settings.nextRound({ ...actor, authorisationId: c.req.param('id') });
      if (round.outcome === 'ended') return c.redirect(`${SETTINGS_PATH}#result`, 303);
      writeTransaction(c, adapter, round.begun);
      if (!round.isInteractive) return c.redirect(round.begun.authorizationUrl, 302);
      return renderPage(c, <LeavingPage url={round.begun.authorizationUrl} />);
    }),
  );
  routes.get(SETTINGS_SCRIPT_PATH, (c) =>
    c.body(SETTINGS_SCRIPT, 200, { 'content-type': 'text/javascript; charset=utf-8' }),
  );
  return routes;
}

const EXPLAINED: ReadonlySet<string> = new Set([
  'idempotency-key-in-use',
  'idempotency-key-reused',
  'not-found',
  'request-invalid',
  'revision-conflict',
  'revision-not-authorised',
  'sso-not-enabled',
  'too-many-requests',
  'enforcement-not-ready',
  'sso-enforced',
]);

/** A page of ours in between: browsers let no redirect of a form's answer leave the origin. */
function LeavingPage({ url }: { readonly url: string }) {
  return (
    <Page title="Sign in to authorise" about="Workspace" forwardTo={url}>
      <h1>Sign in to authorise</h1>
      <p>You are taken to your sign-in service. Sign in with your own account.</p>
      <a class="button" href={url}>
        Continue
      </a>
    </Page>
  );
}

async function readForm(c: AdapterRequest): Promise<Readonly<Record<string, string>>> {
  if (!/^application\/x-www-form-urlencoded\b/i.test(c.req.header('content-type') ?? '')) {
    throw new SsoError('request-invalid', { details: { reason: 'content-type' } });
  }
  const form = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(await c.req.text())) {
    if (form.has(name)) throw new SsoError('request-invalid', { details: { reason: 'repeated' } });
    form.set(name, value);
  }
  return Object.fromEntries(form);
}
