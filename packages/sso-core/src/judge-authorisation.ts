/**
 * @module
 * How an authorisation stands, from what the database knows of its rounds. Pure.
 */
import type { AuthorisationView } from './connection-settings.js';
import type { StoredAuthorisation } from './connection-store.js';
import { SsoError } from './errors.js';
import { explainFailure } from './explain-failure.js';
import type { OidcProvider } from './provider.js';

const REDIRECT_URI_REFUSED = "The 'redirect_uri' parameter must be a Login redirect URI in the client app settings.";

/** Why a running authorisation has failed by the passing of time, or null while it has not. */
export function judgeAuthorisation(
  authorisation: StoredAuthorisation,
  provider: OidcProvider | null,
): NonNullable<AuthorisationView['failure']> | null {
  if (authorisation.status !== 'running') return null;
  const overdue = authorisation.rounds.find(({ isOverdue }) => isOverdue);
  if (overdue === undefined) {
    if (!authorisation.isExpired || provider === null) return null;
    return explainFailure(new SsoError('transaction-expired'), provider);
  }
  // A provider that does not know the address shows a page of its own, and we never hear of it.
  const explanation = provider?.explainError({
    stage: 'authorization',
    error: 'invalid_request',
    errorDescription: REDIRECT_URI_REFUSED,
    status: 400,
  });
  const name = provider?.name ?? 'The provider';
  const told =
    overdue.route === 'authorise'
      ? `${name} did not come back. If it showed an error, the redirect URI ${overdue.redirectUri} or the Client ID is probably not known there.`
      : `${name} did not come back to ${overdue.redirectUri}: this redirect URI is missing there.`;
  const advice = explanation == null ? told : `${told} ${explanation.advice}`;
  return { code: 'request-rejected', advice };
}

export function toAuthorisationView(authorisation: StoredAuthorisation): AuthorisationView {
  const { authorisationId, revisionId, status, failure, rounds, claims, matchedUser, startedAt } = authorisation;
  return {
    authorisationId,
    revisionId,
    status,
    failure,
    redirectUris: rounds.map(({ route, redirectUri, isAnswered, isOverdue }) => ({
      route,
      redirectUri,
      state: isAnswered ? 'proved' : isOverdue ? 'missing' : 'pending',
    })),
    claims,
    matchedUser,
    startedAt,
  };
}
