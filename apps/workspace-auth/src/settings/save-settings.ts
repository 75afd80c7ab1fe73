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
const OWN_FIELDS: ReadonlySet<string> = new Set(['seen', 'enable', 'providerId', 'action']);

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
    state: { ...state, errors },
  });

  if (action === 'save') return save(act, { view, state, typed, seen: form.seen ?? '', refuse, settings });
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

interface SaveInput {
  readonly view: SettingsView;
  readonly state: FormState;
  readonly typed: Form;
  /** The revision that the form showed. */
  readonly seen: string;
  readonly refuse: (errors: Form, status?: 400 | 409) => SavedSettings;
  readonly settings: Workspace['settings'];
}

async function save(act: Act, { view, state, typed, seen, refuse, settings }: SaveInput): Promise<SavedSettings> {
  const { active, pending, enabled } = view;
  if (!state.isEnabled) {
    if (!enabled) return refuse({ enable: 'Tick Enable to connect a provider.' });
    await settings.setEnabled({ ...act, enabled: false });
    return { outcome: 'done', notice: 'Single sign-on is disabled, and its sessions have ended.' };
  }
  const shown = pending ?? active;
  if (shown === null) return refuse({ form: 'Press Save and authorise first: nothing has been authorised yet.' }, 409);
  if (shown.revisionId !== seen) {
    return refuse({ form: 'Somebody else changed the settings after you opened them. Look at them again below.' }, 409);
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
  return { isEnabled: form.enable === 'true', providerId, values: Object.fromEntries(visible), errors: {} };
}
