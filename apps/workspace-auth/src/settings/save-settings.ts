/**
 * @module
 * The form's two buttons. *Save and authorise* stores what was typed as a draft and begins its proof; *Save* puts into
 * force what was proved, and refuses when the form says something else by now.
 */
import type { SettingsView } from '@ipscape/sso-core';
import type { Workspace } from '../workspace-context.js';
import type { ShownConflict } from './conflict.js';
import type { Act } from './require-actor.js';
import type { FormState } from './settings-form.js';

export type SavedSettings =
  | { readonly outcome: 'authorise'; readonly authorisationId: string }
  | { readonly outcome: 'done'; readonly notice: string }
  | {
      readonly outcome: 'refused';
      readonly status: 400 | 409;
      readonly state: FormState;
      readonly conflict?: ShownConflict;
    };

type Form = Readonly<Record<string, string>>;
/** Of the form itself; everything else belongs to the provider. */
const OWN_FIELDS: ReadonlySet<string> = new Set(['seen', 'shownEnabled', 'enable', 'providerId', 'action']);

export async function saveSettings(
  act: Act,
  form: Form,
  action: 'authorise' | 'save',
  { settings }: Workspace,
): Promise<SavedSettings> {
  const view = await settings.view(act.tenant);
  const typed = Object.fromEntries(Object.entries(form).filter(([name]) => !OWN_FIELDS.has(name)));
  const state = toState(view, form, typed);
  const refuse = (errors: Form, status: 400 | 409 = 400): SavedSettings => ({
    outcome: 'refused',
    status,
    // A mistake does not make a revision seen that somebody saved meanwhile; a conflict that is told does.
    state: { ...state, seen: status === 400 ? (form.seen ?? null) : null, errors },
  });

  if (action === 'save') return save(act, { view, state, typed, form, refuse, settings });
  if (!state.isEnabled) return refuse({ enable: 'Tick Enable to connect a provider.' });
  const seenRevisionId = form.seen === undefined || form.seen === '' ? null : form.seen;
  const draft = await settings.saveDraft({ ...act, providerId: state.providerId, values: typed, seenRevisionId });
  if (draft.outcome === 'invalid') return refuse(draft.errors);
  if (draft.outcome === 'conflict') {
    const { newest, differences } = draft;
    return { outcome: 'refused', status: 409, state, conflict: { number: newest.number, differences } };
  }
  const { authorisationId } = await settings.beginAuthorisation({ ...act, revisionId: draft.revision.revisionId });
  return { outcome: 'authorise', authorisationId };
}

const STALE = 'Somebody else changed the settings after you opened them. Look at them again below.';
const NOT_UNTICKED =
  'Single sign-on is enabled, and Enable was not ticked when you opened this page, so nothing was changed. To disable it, untick Enable now and press Save.';

interface SaveInput {
  readonly view: SettingsView;
  readonly state: FormState;
  readonly typed: Form;
  /** As it was sent: beside the fields it says which revision it showed, and whether Enable was ticked then. */
  readonly form: Form;
  readonly refuse: (errors: Form, status?: 400 | 409) => SavedSettings;
  readonly settings: Workspace['settings'];
}

async function save(act: Act, { view, state, typed, form, refuse, settings }: SaveInput): Promise<SavedSettings> {
  const { active, pending, enabled } = view;
  const { seen = '', shownEnabled } = form;
  const shown = pending ?? active;
  if (!state.isEnabled) {
    if (!enabled) return refuse({ enable: 'Tick Enable to connect a provider.' });
    // A box that nobody unticked says nothing: a form without one, or one that was opened before it was enabled.
    if (shownEnabled !== 'true') {
      return {
        outcome: 'refused',
        status: 409,
        state: { ...state, isEnabled: true, errors: { enable: NOT_UNTICKED } },
      };
    }
    if (shown?.revisionId !== seen) return refuse({ form: STALE }, 409);
    await settings.setEnabled({ ...act, enabled: false });
    return { outcome: 'done', notice: 'Single sign-on is disabled, and its sessions have ended.' };
  }
  if (shown === null) return refuse({ form: 'Press Save and authorise first: nothing has been authorised yet.' }, 409);
  if (shown.revisionId !== seen) {
    return refuse({ form: STALE }, 409);
  }
  const isChanged =
    state.providerId !== shown.providerId ||
    Object.entries(typed).some(([name, value]) => value.trim() !== (shown.values[name] ?? ''));
  if (isChanged) {
    return refuse(
      { form: 'You changed the settings after they were authorised. Press Save and authorise again.' },
      409,
    );
  }
  if (pending !== null) {
    await settings.activate({ ...act, revisionId: pending.revisionId });
    return { outcome: 'done', notice: 'Saved: the settings are in force, and your users sign in with them.' };
  }
  if (!enabled) await settings.setEnabled({ ...act, enabled: true });
  return { outcome: 'done', notice: 'The settings are in force.' };
}

/** As typed, without any secret. */
function toState(view: SettingsView, form: Form, typed: Form): FormState {
  const providerId = form.providerId ?? '';
  const fields = view.providers.find(({ id }) => id === providerId)?.fields ?? [];
  const visible = fields.filter(({ secret }) => !secret).map(({ name }) => [name, typed[name] ?? ''] as const);
  return { isEnabled: form.enable === 'true', providerId, values: Object.fromEntries(visible), seen: null, errors: {} };
}
