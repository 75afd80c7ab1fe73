/**
 * @module
 * Proofs of settings: which rounds a browser was sent on, which came back, and how it ended.
 */
import { randomUUID } from 'node:crypto';
import {
  type AuthorisationKey,
  type ConnectionStore,
  type RedirectUriProofStore,
  SsoError,
  type SsoErrorCode,
  type StoredAuthorisation,
  type StoredRound,
} from '@ipscape/sso-core';
import { type RawBuilder, sql } from 'kysely';
import type { StoreContext } from '../store-context.js';
import { notFound, refused } from './refusals.js';
import { writeAuditEvent } from './write-audit-event.js';

/** Long enough for a person with a second factor, short enough to tell that nobody will come back. */
const SIGN_IN_SECONDS = 120;
/** A probe needs no person: the provider answers at once or shows a page of its own. */
const PROBE_SECONDS = 20;
const WINDOW_MINUTES = 10;
/** Of one administrator, so that nobody takes the tenant's whole number, and of the tenant. */
const MAX_AUTHORISATIONS = { administrator: 10, tenant: 30 };

interface AuthorisationRow {
  readonly id: string;
  readonly revision_id: string;
  readonly actor: string;
  readonly session_id: string;
  readonly status: StoredAuthorisation['status'];
  readonly failure_code: SsoErrorCode | null;
  readonly failure_advice: string | null;
  readonly claims: string[];
  readonly matched_user_id: string | null;
  readonly matched_email: string | null;
  readonly matched_name: string | null;
  readonly started_at: Date;
  readonly expired: boolean;
}

interface RoundRow {
  readonly route: StoredRound['route'];
  readonly redirect_uri: string;
  readonly started_at: Date | null;
  readonly answered: boolean;
  readonly overdue: boolean;
}

type AuthorisationStore = RedirectUriProofStore &
  Pick<
    ConnectionStore,
    | 'createAuthorisation'
    | 'findAuthorisation'
    | 'findLatestAuthorisation'
    | 'startRound'
    | 'recordVerifiedSignIn'
    | 'failAuthorisation'
    | 'succeedAuthorisation'
  >;

export function createAuthorisationAdministration({ db }: StoreContext): AuthorisationStore {
  async function find(tenantId: string, condition: RawBuilder<unknown>): Promise<StoredAuthorisation | null> {
    const { rows } = await sql<AuthorisationRow>`
      select a.id, a.revision_id, a.actor, a.session_id, a.status, a.failure_code, a.failure_advice, a.claims,
             u.id as matched_user_id, u.email as matched_email, u.name as matched_name, a.started_at,
             a.started_at < now() - make_interval(mins => ${WINDOW_MINUTES}::integer) as expired
      from authorisations a
      left join users u on u.tenant_id = a.tenant_id and u.id = a.matched_user_id
      where a.tenant_id = ${tenantId} and ${condition}
      order by a.started_at desc limit 1`.execute(db);
    const row = rows[0];
    if (row === undefined) return null;
    const rounds = await sql<RoundRow>`
      select route, redirect_uri, started_at, answered_at is not null as answered,
             answered_at is null and coalesce(started_at < now() - make_interval(secs =>
               case route when 'authorise' then ${SIGN_IN_SECONDS}::integer else ${PROBE_SECONDS}::integer end), false)
               as overdue
      from authorisation_rounds where tenant_id = ${tenantId} and authorisation_id = ${row.id}
      order by position`.execute(db);
    return toAuthorisation(row, rounds.rows);
  }

  return {
    async createAuthorisation({ tenantId, revisionId, actor, rounds }) {
      const id = randomUUID();
      await db.transaction().execute(async (transaction) => {
        const revision = await transaction
          .selectFrom('connection_revisions')
          .select(['connection_id', 'state'])
          .where('tenant_id', '=', tenantId)
          .where('id', '=', revisionId)
          .forUpdate()
          .executeTakeFirst();
        if (revision === undefined) throw notFound('revision');
        if (revision.state !== 'draft' && revision.state !== 'authorised') throw refused(`revision-${revision.state}`);
        const { rows } = await sql<{ tenant: number; own: number }>`
          select count(*)::integer as tenant, count(*) filter (where actor = ${actor.userId})::integer as own
          from authorisations where tenant_id = ${tenantId}
            and started_at > now() - make_interval(mins => ${WINDOW_MINUTES}::integer)`.execute(transaction);
        const [recent] = rows;
        const isTooMuch =
          recent !== undefined &&
          (recent.own >= MAX_AUTHORISATIONS.administrator || recent.tenant >= MAX_AUTHORISATIONS.tenant);
        if (isTooMuch) throw new SsoError('too-many-requests');
        await sql`
          update authorisations set status = 'failed', failure_code = 'connection-changed',
            failure_advice = 'Another authorisation was started.', ended_at = now()
          where tenant_id = ${tenantId} and status = 'running'`.execute(transaction);
        await sql`
          insert into authorisations (tenant_id, id, connection_id, revision_id, actor, session_id)
          values (${tenantId}, ${id}, ${revision.connection_id}, ${revisionId}, ${actor.userId}, ${actor.sessionId})
          `.execute(transaction);
        for (const [position, { route, redirectUri }] of rounds.entries()) {
          await sql`
            insert into authorisation_rounds (tenant_id, authorisation_id, position, route, redirect_uri)
            values (${tenantId}, ${id}, ${position}, ${route}, ${redirectUri})`.execute(transaction);
        }
        const event = { tenantId, actor: actor.userId, subject: revisionId };
        await writeAuditEvent(transaction, { ...event, action: 'authorisation-started' });
      });
      const created = await find(tenantId, sql`a.id = ${id}`);
      if (created === null) throw notFound('authorisation');
      return created;
    },
    findAuthorisation: ({ tenantId, authorisationId }) => find(tenantId, sql`a.id = ${authorisationId}`),
    findLatestAuthorisation: (tenantId, revisionId) => find(tenantId, sql`a.revision_id = ${revisionId}`),
    async startRound({ tenantId, authorisationId, route }) {
      await sql`
        update authorisation_rounds set started_at = now()
        where tenant_id = ${tenantId} and authorisation_id = ${authorisationId} and route = ${route}
          and answered_at is null`.execute(db);
    },
    async recordVerifiedSignIn({ tenantId, authorisationId, claims, matchedUserId }) {
      await sql`
        with signed_in as (
          update authorisations set claims = ${[...claims]}::text[], matched_user_id = ${matchedUserId}
          where tenant_id = ${tenantId} and id = ${authorisationId} and status = 'running'
          returning tenant_id, id
        )
        update authorisation_rounds r set answered_at = coalesce(r.answered_at, now()) from signed_in s
        where r.tenant_id = s.tenant_id and r.authorisation_id = s.id and r.route = 'authorise'`.execute(db);
    },
    async proveRedirectUri({ tenantId, authorisationId, product }) {
      await sql`
        update authorisation_rounds set answered_at = coalesce(answered_at, now())
        where tenant_id = ${tenantId} and authorisation_id = ${authorisationId} and route = ${product}`.execute(db);
    },
    async failAuthorisation({ tenantId, authorisationId, actor, code, advice }) {
      await db.transaction().execute(async (transaction) => {
        const { rows } = await sql<{ revision_id: string }>`
          update authorisations set status = 'failed', failure_code = ${code}, failure_advice = ${advice},
            ended_at = now()
          where tenant_id = ${tenantId} and id = ${authorisationId} and status = 'running'
          returning revision_id`.execute(transaction);
        const subject = rows[0]?.revision_id;
        if (subject === undefined) return;
        const event = { tenantId, actor, subject, details: { code } };
        await writeAuditEvent(transaction, { ...event, action: 'authorisation-failed' });
      });
    },
    async succeedAuthorisation({ tenantId, authorisationId }: AuthorisationKey) {
      await sql`
        update authorisations set status = 'succeeded', ended_at = now()
        where tenant_id = ${tenantId} and id = ${authorisationId} and status = 'running'`.execute(db);
    },
  };
}

function toAuthorisation(row: AuthorisationRow, rounds: readonly RoundRow[]): StoredAuthorisation {
  const { matched_user_id: id, matched_email: email, matched_name: name } = row;
  const { failure_code: code, failure_advice: advice } = row;
  return {
    authorisationId: row.id,
    revisionId: row.revision_id,
    actor: row.actor,
    sessionId: row.session_id,
    status: row.status,
    failure: code === null ? null : { code, advice: advice ?? '' },
    claims: row.claims,
    matchedUser: id === null || email === null || name === null ? null : { id, email, name },
    startedAt: row.started_at,
    isExpired: row.expired,
    rounds: rounds.map((round) => ({
      route: round.route,
      redirectUri: round.redirect_uri,
      startedAt: round.started_at,
      isAnswered: round.answered,
      isOverdue: round.overdue,
    })),
  };
}
