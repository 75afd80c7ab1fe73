/**
 * @module
 * *Save and authorise*: a real sign-in with a pending revision, then one round for each other redirect URI in which
 * the provider is asked to show nothing. Coming back from one proves that the address is registered; what comes back
 * is not looked at. The order of the rounds is the server's.
 */
import { beginSignIn, providerOf } from './begin-sign-in.js';
import { checkSettings } from './check-settings.js';
import { type CallbackInput, claimCallback, verifyClaimedCallback } from './complete-sign-in.js';
import type { AuthorisationView, SettingsActor } from './connection-settings.js';
import type { AuthorisationRoute, StoredAuthorisation, StoredRevision } from './connection-store.js';
import { decideAuthorisingUser } from './decide-authorising-user.js';
import type { EmailClaim } from './decide-match.js';
import { canonicaliseEmail } from './email.js';
import { SsoError } from './errors.js';
import { explainFailure } from './explain-failure.js';
import type { VerifiedClaims } from './id-token.js';
import { judgeAuthorisation, toAuthorisationView } from './judge-authorisation.js';
import { AUTHORISATION_MAX_AUTH_AGE_SECONDS, CLOCK_SKEW_SECONDS, UNREACHABLE_ANSWER_MS } from './limits.js';
import type { Tenant } from './ports.js';
import { PRODUCTS, redirectUri, tenantOrigin } from './products.js';
import type { AuthorisationRound, SettingsDeps } from './settings-deps.js';

interface Act {
  readonly tenant: Tenant;
  readonly actor: SettingsActor;
}

export interface Authorisations {
  begin(input: Act & { readonly revisionId: string }): Promise<AuthorisationView>;
  nextRound(input: Act & { readonly authorisationId: string }): Promise<AuthorisationRound>;
  completeSignIn(callback: CallbackInput, actor: SettingsActor): Promise<string>;
  find(tenant: Tenant, authorisationId: string): Promise<AuthorisationView | null>;
  findLatest(tenant: Tenant, revisionId: string): Promise<AuthorisationView | null>;
}

/** The one that needs a person first: without it there would be nothing to probe with. */
const ROUTES: readonly AuthorisationRoute[] = ['authorise', ...PRODUCTS];

export function createAuthorisations(deps: SettingsDeps): Authorisations {
  const { store, signIn } = deps;

  const uriOf = (tenant: Tenant, route: AuthorisationRoute): string => {
    const origin = tenantOrigin(tenant.domain, deps.scheme);
    return route === 'authorise'
      ? redirectUri(origin, 'workspace', 'authorise', tenant)
      : redirectUri(origin, route, 'probe', tenant);
  };

  async function judged(tenant: Tenant, authorisation: StoredAuthorisation): Promise<AuthorisationView> {
    const revision = await store.findRevision(tenant.id, authorisation.revisionId);
    const provider = revision === null ? null : signIn.providers.find(revision.providerId);
    const verdict = judgeAuthorisation(authorisation, provider);
    if (verdict === null) return toAuthorisationView(authorisation);
    await fail(tenant, authorisation, verdict);
    return toAuthorisationView({ ...authorisation, status: 'failed', failure: verdict });
  }

  async function fail(
    tenant: Tenant,
    { authorisationId, actor }: StoredAuthorisation,
    failure: { readonly code: SsoError['code']; readonly advice: string },
  ): Promise<void> {
    await store.failAuthorisation({ tenantId: tenant.id, authorisationId, actor, ...failure });
  }

  /** A9: an authorisation is finished by the very session that began it, or by nobody. */
  async function findOwn({ tenant, actor }: Act, authorisationId: string): Promise<StoredAuthorisation> {
    const authorisation = await store.findAuthorisation({ tenantId: tenant.id, authorisationId });
    if (authorisation === null || authorisation.sessionId !== actor.sessionId) {
      throw new SsoError('not-found', { details: { what: 'authorisation' } });
    }
    return authorisation;
  }

  async function findPending(tenant: Tenant, revisionId: string): Promise<StoredRevision> {
    const revision = await store.findRevision(tenant.id, revisionId);
    if (revision === null) throw new SsoError('not-found', { details: { what: 'revision' } });
    return revision;
  }

  async function succeed({ tenant, actor }: Act, authorisation: StoredAuthorisation): Promise<AuthorisationView> {
    const { authorisationId, revisionId } = authorisation;
    // Refused when a newer draft took its place in the meantime.
    await store.markAuthorised({ tenantId: tenant.id, revisionId, actor: actor.userId });
    await store.succeedAuthorisation({ tenantId: tenant.id, authorisationId });
    return toAuthorisationView({ ...authorisation, status: 'succeeded' });
  }

  return {
    async begin({ tenant, actor, revisionId }) {
      const revision = await findPending(tenant, revisionId);
      const provider = providerOf(revision, signIn.providers);
      const rounds = ROUTES.map((route) => ({ route, redirectUri: uriOf(tenant, route) }));
      const authorisation = await store.createAuthorisation({ tenantId: tenant.id, revisionId, actor, rounds });
      const startedAt = performance.now();
      try {
        await checkSettings(revision, { tenant, provider, deps: signIn });
        return toAuthorisationView(authorisation);
      } catch (error) {
        if (!SsoError.is(error)) throw error;
        const failure = explainFailure(error, provider);
        if (failure.code === 'idp-unreachable') await waitUntil(startedAt + UNREACHABLE_ANSWER_MS);
        await fail(tenant, authorisation, failure);
        return toAuthorisationView({ ...authorisation, status: 'failed', failure });
      }
    },

    async nextRound({ tenant, actor, authorisationId }) {
      const authorisation = await findOwn({ tenant, actor }, authorisationId);
      const view = await judged(tenant, authorisation);
      if (view.status !== 'running') return { outcome: 'ended', authorisation: view };
      const revision = await findPending(tenant, authorisation.revisionId);
      const round = authorisation.rounds.find(({ isAnswered }) => !isAnswered);
      if (revision.state === 'superseded' || revision.state === 'active') {
        const failure = explainFailure(new SsoError('connection-changed'), providerOf(revision, signIn.providers));
        await fail(tenant, authorisation, failure);
        return {
          outcome: 'ended',
          authorisation: toAuthorisationView({ ...authorisation, status: 'failed', failure }),
        };
      }
      if (round === undefined) {
        return { outcome: 'ended', authorisation: await succeed({ tenant, actor }, authorisation) };
      }
      const { route } = round;
      const isInteractive = route === 'authorise';
      const begun = await beginSignIn(
        {
          setup: { tenant, connection: revision },
          product: isInteractive ? 'workspace' : route,
          purpose: isInteractive ? 'authorise' : 'probe',
          redirectUri: round.redirectUri,
          returnPath: deps.roundPath(authorisationId),
          // Changing the way in asks for a fresh sign-in, and lets the administrator choose the account.
          prompt: isInteractive ? 'login' : 'none',
          ...(isInteractive ? { maxAgeSeconds: AUTHORISATION_MAX_AUTH_AGE_SECONDS } : {}),
          authorisationId,
        },
        signIn,
      );
      await store.startRound({ tenantId: tenant.id, authorisationId, route });
      return { outcome: 'go', begun, isInteractive };
    },

    async completeSignIn(callback, actor) {
      const { tenant } = callback;
      const claimed = await claimCallback(callback, signIn);
      const authorisation = await findOwn({ tenant, actor }, claimed.transaction.authorisationId ?? '');
      const { authorisationId } = authorisation;
      try {
        const { claims, emailClaim, provider } = await verifyClaimedCallback(claimed, callback.parameters, signIn);
        requireFreshSignIn(claims, authorisation.startedAt);
        const match = await signIn.store.findIdentity({
          tenantId: tenant.id,
          issuer: claimed.transaction.issuer,
          subject: claims.subject,
          canonicalEmail: canonicaliseEmail(emailClaim.email),
        });
        const { user, refusal } = decideAuthorisingUser({ match, emailClaim, provider, actor });
        await store.recordVerifiedSignIn({
          tenantId: tenant.id,
          authorisationId,
          claims: namesOf(claims, emailClaim),
          matchedUserId: user?.id ?? null,
        });
        if (refusal !== null) throw new SsoError(refusal, { stage: 'match' });
      } catch (error) {
        if (!SsoError.is(error) || error.code === 'store-unavailable') throw error;
        await fail(tenant, authorisation, explainFailure(error, providerOf(claimed.connection, signIn.providers)));
      }
      return authorisationId;
    },

    async find(tenant, authorisationId) {
      const authorisation = await store.findAuthorisation({ tenantId: tenant.id, authorisationId });
      return authorisation === null ? null : judged(tenant, authorisation);
    },
    async findLatest(tenant, revisionId) {
      const authorisation = await store.findLatestAuthorisation(tenant.id, revisionId);
      return authorisation === null ? null : judged(tenant, authorisation);
    },
  };
}

/**
 * The provider was asked for a fresh sign-in by way of the browser, whose user can leave that out: whoever finds an
 * administrator's desk unattended must not change the way in.
 */
function requireFreshSignIn({ authTimeSeconds }: VerifiedClaims, startedAt: Date): void {
  if (authTimeSeconds !== null && authTimeSeconds >= startedAt.getTime() / 1000 - CLOCK_SKEW_SECONDS) return;
  throw new SsoError('interaction-required', { stage: 'id-token', details: { reason: 'auth_time' } });
}

/**
 * A name that leads into our network is refused at once, one that does not exist as soon as its name server says so:
 * the same answer at the same time tells nobody which of them it was.
 */
async function waitUntil(momentMs: number): Promise<void> {
  const leftMs = momentMs - performance.now();
  if (leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs));
}

/** Names only: what they say is nobody's business but the provider's. */
function namesOf(claims: VerifiedClaims, emailClaim: EmailClaim): readonly string[] {
  return [
    'sub',
    ...(claims.authTimeSeconds === null ? [] : ['auth_time']),
    ...(emailClaim.email === undefined || emailClaim.email === null ? [] : ['email']),
    ...(emailClaim.emailVerified === undefined || emailClaim.emailVerified === null ? [] : ['email_verified']),
  ];
}
