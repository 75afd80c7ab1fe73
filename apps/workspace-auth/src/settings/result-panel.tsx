/**
 * @module
 * What the last *Save and authorise* found, and what to do now.
 */
import { type AuthorisationView, PRODUCT_NAMES, type SettingsView } from '@ipscape/sso-core';
import { roundPath, SETTINGS_PATH } from './settings-paths.js';

const STATES = {
  pending: 'not checked yet',
  proved: 'proved',
  missing: 'missing at the provider: add exactly this address there',
} as const;
const TITLES = {
  running: 'Authorisation is under way',
  succeeded: 'Authorised',
  failed: 'Not authorised',
} as const;

export function ResultPanel({ view }: { readonly view: SettingsView }) {
  const { authorisation } = view;
  if (authorisation === null) return null;
  const { status, failure, matchedUser, claims } = authorisation;
  return (
    <section
      class={status === 'failed' ? 'panel bad' : 'panel'}
      id="result"
      aria-labelledby="result-title"
      data-authorisation={status === 'running' ? apiPath(authorisation) : undefined}
    >
      <h2 id="result-title">{TITLES[status]}</h2>
      <p role="status">{summaryOf(view, authorisation)}</p>
      {failure === null ? null : (
        <p>
          <bdi>{failure.advice}</bdi> <span class="soft">({failure.code})</span>
        </p>
      )}
      {matchedUser === null ? null : (
        <p>
          Signed in as <bdi>{matchedUser.name}</bdi> (<bdi>{matchedUser.email}</bdi>).
        </p>
      )}
      {claims.length === 0 ? null : <p>Claims that came: {claims.join(', ')}.</p>}
      <Repairs texts={(view.pending ?? view.active)?.repairs ?? []} />
      <h3>Redirect URIs</h3>
      <ul>
        {authorisation.redirectUris.map(({ route, redirectUri, state }) => (
          <li>
            {route === 'authorise' ? 'Save and authorise' : PRODUCT_NAMES[route]}: <code>{redirectUri}</code>{' '}
            <b>{STATES[state]}</b>
          </li>
        ))}
      </ul>
      {status === 'running' ? (
        <p>
          <a href={roundPath(authorisation.authorisationId)}>Go on with the authorisation</a> or{' '}
          <a href={SETTINGS_PATH}>look again</a>.
        </p>
      ) : null}
    </section>
  );
}

/** Of the very revision that the proof is about: the administrator sees what became of what they typed. */
function Repairs({ texts }: { readonly texts: readonly string[] }) {
  if (texts.length === 0) return null;
  return (
    <>
      <h3>Look at this before you save</h3>
      <ul>
        {texts.map((text) => (
          <li>{text}</li>
        ))}
      </ul>
    </>
  );
}

function apiPath({ authorisationId }: AuthorisationView): string {
  return `/workspace/api/sso/authorisations/${authorisationId}`;
}

function summaryOf({ pending }: SettingsView, { status }: AuthorisationView): string {
  if (status === 'running') return 'The verdict is here within two minutes.';
  if (status === 'failed')
    return 'Nothing has changed for your users. Correct what is said below, then press Save and authorise again.';
  return pending === null
    ? 'These settings are in force.'
    : 'Everything is proved. Press Save to put these settings into force.';
}
