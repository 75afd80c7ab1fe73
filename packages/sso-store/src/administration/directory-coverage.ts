import type { DirectoryCoverage } from '@ipscape/sso-core';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.js';
import { notFound } from './refusals.js';

/** Of `directory_checks d`, by the names of {@link DirectoryCoverage}. */
export const COVERAGE_COLUMNS = sql.raw(`d.checked_at as "checkedAt", d.checked_by as "checkedBy", d.users, d.covered,
  d.administrators, d.without_email as "withoutEmail", d.colliding, d.linked_elsewhere as "linkedElsewhere"`);

/**
 * Counts who can sign in with the connection in force by the rules of the sign-in itself, and stores the result: one
 * statement. Who may use no product is in nobody's way. Whoever is linked to an identity of the issuer is found by
 * that, whatever the address.
 *
 * @throws {SsoError} `not-found` for an unknown tenant
 */
export async function checkDirectoryCoverage(
  transaction: Kysely<Database>,
  { tenantId, actor }: { readonly tenantId: string; readonly actor: string },
): Promise<DirectoryCoverage> {
  const { rows } = await sql<DirectoryCoverage>`
    with f as (
      select t.id as tenant_id, r.issuer from tenants t
      left join connections c on c.tenant_id = t.id and c.enabled
      left join connection_revisions r on r.tenant_id = c.tenant_id and r.connection_id = c.id and r.state = 'active'
      where t.id = ${tenantId}
    ), judged as (
      select u.role = 'administrator' and 'workspace' = any(u.products) as administrator,
        case
          when exists (select 1 from identities i
            where i.tenant_id = u.tenant_id and i.user_id = u.id and i.issuer = f.issuer) then 'covered'
          when u.email_canonical is null then 'without-email'
          when exists (select 1 from users o
            where o.tenant_id = u.tenant_id and o.email_canonical = u.email_canonical and o.id <> u.id) then 'colliding'
          when exists (select 1 from identities i
            where i.tenant_id = u.tenant_id and i.user_id = u.id) then 'linked-elsewhere'
          else 'covered'
        end as verdict
      from f join users u on u.tenant_id = f.tenant_id and u.tenant_id = ${tenantId}
      where u.status = 'active' and cardinality(u.products) > 0
    )
    insert into directory_checks as d (tenant_id, checked_by, issuer, users, covered, administrators, without_email,
      colliding, linked_elsewhere)
    select f.tenant_id, ${actor}, f.issuer, count(j.verdict)::integer,
      count(*) filter (where j.verdict = 'covered')::integer,
      count(*) filter (where j.verdict = 'covered' and j.administrator)::integer,
      count(*) filter (where j.verdict = 'without-email')::integer,
      count(*) filter (where j.verdict = 'colliding')::integer,
      count(*) filter (where j.verdict = 'linked-elsewhere')::integer
    from f left join judged j on true group by f.tenant_id, f.issuer
    on conflict (tenant_id) do update set checked_at = now(), checked_by = excluded.checked_by,
      issuer = excluded.issuer, users = excluded.users, covered = excluded.covered,
      administrators = excluded.administrators, without_email = excluded.without_email,
      colliding = excluded.colliding, linked_elsewhere = excluded.linked_elsewhere
    returning ${COVERAGE_COLUMNS}`.execute(transaction);
  const coverage = rows[0];
  if (coverage === undefined) throw notFound('tenant');
  return coverage;
}
