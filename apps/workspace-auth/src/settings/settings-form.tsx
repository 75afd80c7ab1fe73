/**
 * @module
 * The form of *Single sign on*: its fields come from the provider's schema.
 */
import type { FormField, RevisionView, SettingsView } from '@ipscape/sso-core';
import type { Child } from 'hono/jsx';
import { Day } from './day.js';
import { FormKey } from './form-key.js';

export interface FormState {
  readonly isEnabled: boolean;
  readonly providerId: string;
  /** As typed, without the secret. */
  readonly values: Readonly<Record<string, string>>;
  /** The revision in sight of which it was typed, where that may not be the newest; null for the newest. */
  readonly seen: string | null;
  /** By field name; `form` for what belongs to no field. */
  readonly errors: Readonly<Record<string, string>>;
}

export function initialFormState(view: SettingsView, wantedProvider: string | undefined): FormState {
  const shown = view.pending ?? view.active;
  const isKnown = view.providers.some(({ id }) => id === wantedProvider);
  const providerId = (isKnown ? wantedProvider : shown?.providerId) ?? view.providers[0]?.id ?? '';
  const values = shown?.providerId === providerId ? shown.values : {};
  return { isEnabled: isShownEnabled(view), providerId, values, seen: null, errors: {} };
}

/** Whoever is about to connect a provider means to enable it. */
function isShownEnabled({ enabled, pending }: SettingsView): boolean {
  return enabled || pending !== null;
}

export function SettingsForm({ view, state }: { readonly view: SettingsView; readonly state: FormState }) {
  const provider = view.providers.find(({ id }) => id === state.providerId);
  const shown = view.pending ?? view.active;
  const { errors } = state;
  // What is next stands out: once everything is proved that is Save.
  const isProved = view.pending !== null && view.authorisation?.status === 'succeeded';
  return (
    <form method="post" novalidate>
      <FormKey />
      <input type="hidden" name="seen" value={state.seen ?? shown?.revisionId ?? ''} autocomplete="off" />
      <fieldset>
        <legend>
          <h2>Single sign on</h2>
        </legend>
        <div class="check">
          <input
            type="checkbox"
            id="enable"
            name="enable"
            value="true"
            checked={state.isEnabled}
            {...describedBy(errors.enable, 'enable')}
          />
          <label for="enable">Enable</label>
          {/* After the box: a form that is cut off before it does not say that it was unticked. */}
          <input type="hidden" name="shownEnabled" value={String(isShownEnabled(view))} autocomplete="off" />
        </div>
        <FieldError name="enable" text={errors.enable} />
        <div class="field">
          <label for="providerId">Provider</label>
          <select
            id="providerId"
            name="providerId"
            data-several={view.providers.length > 1 ? 'true' : undefined}
            {...describedBy(errors.providerId, 'providerId')}
          >
            {view.providers.map(({ id, name }) => (
              <option value={id} selected={id === state.providerId}>
                {name}
              </option>
            ))}
          </select>
          <FieldError name="providerId" text={errors.providerId} />
        </div>
        {provider?.fields.map((field) => (
          <Field field={field} value={state.values[field.name] ?? ''} error={errors[field.name]} shown={shown} />
        ))}
      </fieldset>
      <p class="soft">
        Save and authorise takes you to {provider?.name ?? 'the provider'} to sign in with your own account. Nothing
        changes for your users until you press Save. If {provider?.name ?? 'the provider'} shows an error and does not
        bring you back, come back with your browser’s Back button: this page then says what is missing.
      </p>
      <div class="actions">
        <button class={isProved ? 'button second' : 'button'} type="submit" name="action" value="authorise">
          Save and authorise
        </button>
        <button class={isProved ? 'button' : 'button second'} type="submit" name="action" value="save">
          Save
        </button>
      </div>
    </form>
  );
}

interface FieldProps {
  readonly field: FormField;
  readonly value: string;
  readonly error: string | undefined;
  readonly shown: RevisionView | null;
}

function Field({ field: { name, label, help, placeholder, secret }, value, error, shown }: FieldProps) {
  const stored = secret && shown?.secret ? shown.secret : null;
  const described = [`${name}-help`, ...(error === undefined ? [] : [`${name}-error`])].join(' ');
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <input
        id={name}
        name={name}
        type={secret ? 'password' : 'text'}
        value={secret ? '' : value}
        placeholder={placeholder}
        autocomplete={secret ? 'new-password' : 'off'}
        autocapitalize="none"
        spellcheck={false}
        aria-describedby={described}
        aria-invalid={error === undefined ? undefined : 'true'}
      />
      <FieldError name={name} text={error} />
      <p class="help" id={`${name}-help`}>
        {stored === null ? null : (
          <>
            Set on <Day date={stored.setAt} />, fingerprint {stored.fingerprint}. Leave empty to keep it.{' '}
          </>
        )}
        {help}
      </p>
    </div>
  );
}

function describedBy(error: string | undefined, name: string) {
  return error === undefined ? {} : { 'aria-invalid': 'true' as const, 'aria-describedby': `${name}-error` };
}

function FieldError({ name, text }: { readonly name: string; readonly text: string | undefined }): Child {
  if (text === undefined) return null;
  return (
    <p class="error" id={`${name}-error`}>
      {text}
    </p>
  );
}
