import { canonicaliseEmail } from '@ipscape/sso-core';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.js';
import type { StoreContext } from '../store-context.js';
import { endSessions } from './end-sessions.js';
import { notFound } from './refusals.js';
import type {
  ImportFinding,
  ImportLine,
  ImportProblem,
  UserImport,
  UserImportAdministration,
  UserImportResult,
} from './user-import.js';
import { writeAuditEvent } from './write-audit-event.js';

/** Lines that one statement works on, so that none comes near the server's time limit. */
const CHUNK = 10_000;
/** Findings that are read at a time. */
const PAGE = 1_000;

export function createUserImportAdministration({ db }: StoreContext): UserImportAdministration {
  return {
    async importUsers(input) {
      try {
        return await db.transaction().execute((transaction) => importUsers(transaction, input));
      } catch (error) {
        if (error instanceof Undone) return error.result;
        throw error;
      }
    },
  };
}

/** Rolls the transaction back and carries the result out of it. */
class Undone extends Error {
  readonly result: UserImportResult;

  constructor(result: UserImportResult) {
    super('undone');
    this.result = result;
  }
}

async function importUsers(db: Kysely<Database>, input: UserImport): Promise<UserImportResult> {
  const { tenantId, actor } = input;
  await lockTenant(db, tenantId);
  await createStage(db);
  const { lines, lastLine, refused } = await fillStage(db, input.batches);
  await resolveUsers(db, tenantId, lastLine);
  const problems = await reportProblems(db, input.report);
  const none = { added: 0, updated: 0, unchanged: 0, disabled: 0 };
  if (refused > 0 || problems > 0) throw new Undone({ outcome: 'refused', lines, ...none });

  const counts = { ...none };
  for (const [from, to] of chunksOf(lastLine)) {
    const { updated, disabled } = await updateUsers(db, tenantId, from, to);
    counts.updated += updated;
    counts.disabled += disabled;
    counts.added += await insertUsers(db, tenantId, from, to);
  }
  if (counts.updated > 0) await endSessions(db, { tenantId, unpermitted: true });
  counts.unchanged = lines - counts.added - counts.updated;
  await reportWarnings(db, tenantId, input.report);
  if (input.dryRun === true) throw new Undone({ outcome: 'checked', lines, ...counts });
  const event = {
    tenantId,
    actor,
    action: 'users-imported',
    subject: tenantId,
    details: { lines, ...counts },
  } as const;
  await writeAuditEvent(db, event);
  return { outcome: 'imported', lines, ...counts };
}

/** Not `for update`: sign-ins, which only refer to the tenant, go on meanwhile. */
async function lockTenant(db: Kysely<Database>, tenantId: string): Promise<void> {
  const tenant = await db
    .selectFrom('tenants')
    .select('id')
    .where('id', '=', tenantId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (tenant === undefined) throw notFound('tenant');
}

async function createStage(db: Kysely<Database>): Promise<void> {
  await sql`create temporary table user_import (
    line integer primary key, given_id text, user_id text, email text not null, email_canonical text collate "C",
    name text not null, role text not null, products text[] not null, status text, finding text, other_line integer
  ) on commit drop`.execute(db);
}

async function fillStage(db: Kysely<Database>, batches: AsyncIterable<readonly ImportLine[]>) {
  let [lines, lastLine, refused] = [0, 0, 0];
  for await (const batch of batches) {
    const rows = batch.flatMap(({ line, user }) => (user === null ? [] : [toStageRow(line, user)]));
    lines += batch.length;
    refused += batch.length - rows.length;
    lastLine = batch.at(-1)?.line ?? lastLine;
    if (rows.length === 0) continue;
    // One parameter as JSON: the two drivers disagree about arrays of arrays, and there is a limit of parameters.
    await sql`
      insert into user_import (line, given_id, user_id, email, email_canonical, name, role, products, status)
      select line, id, id, email, canonical, name, role, string_to_array(products, ' '), status
      from json_to_recordset(${JSON.stringify(rows)}::json)
        as r (line integer, id text, email text, canonical text, name text, role text, products text, status text)
    `.execute(db);
  }
  // Without statistics the planner would take a table of 100,000 lines for a small one.
  await sql`analyze user_import`.execute(db);
  return { lines, lastLine, refused };
}

function toStageRow(line: number, user: NonNullable<ImportLine['user']>) {
  return { ...user, line, canonical: canonicaliseEmail(user.email), products: user.products.join(' ') };
}

function* chunksOf(lastLine: number): Generator<readonly [from: number, to: number]> {
  for (let from = 0; from <= lastLine; from += CHUNK) yield [from, from + CHUNK];
}

/** Which user each line is about; null where it adds one. */
async function resolveUsers(db: Kysely<Database>, tenantId: string, lastLine: number): Promise<void> {
  for (const [from, to] of chunksOf(lastLine)) {
    await sql`
      update user_import s
      set user_id = m.id, finding = case when m.users > 1 then 'email-ambiguous' end
      from (
        select s.line, min(u.id) as id, count(*) as users
        from user_import s join users u on u.tenant_id = ${tenantId} and u.email = s.email
        where s.given_id is null and s.line >= ${from}::integer and s.line < ${to}::integer
        group by s.line
      ) m
      where s.line = m.line`.execute(db);
  }
  await sql`
    update user_import s
    set finding = r.finding, other_line = case r.finding when 'email-repeated' then r.email_line else r.user_line end
    from (
      select line, email_line, user_line, case
        when with_email > 1 and with_email > with_id and line > email_line then 'email-repeated'
        when user_id is not null and line > user_line then 'user-repeated'
      end as finding
      from (
        select line, user_id, min(line) over same_email as email_line, min(line) over same_user as user_line,
               count(*) over same_email as with_email, count(given_id) over same_email as with_id
        from user_import
        window same_email as (partition by email), same_user as (partition by user_id)
      ) w
    ) r
    where s.line = r.line and s.finding is null and r.finding is not null`.execute(db);
}

async function reportProblems(db: Kysely<Database>, report: UserImport['report']): Promise<number> {
  let [count, after] = [0, -1];
  for (;;) {
    const { rows } = await sql<{ line: number; finding: ImportProblem; otherLine: number | null }>`
      select line, finding, other_line as "otherLine" from user_import
      where finding is not null and line > ${after}::integer order by line limit ${PAGE}`.execute(db);
    for (const row of rows) await report(row);
    count += rows.length;
    const last = rows.at(-1);
    if (last === undefined) return count;
    after = last.line;
  }
}

async function updateUsers(db: Kysely<Database>, tenantId: string, from: number, to: number) {
  const { rows } = await sql<{ updated: number; disabled: number }>`
    with lines as (
      select * from user_import where user_id is not null and line >= ${from}::integer and line < ${to}::integer
    ), disabled as (
      select u.id from users u join lines s on s.user_id = u.id
      where u.tenant_id = ${tenantId} and u.status = 'active' and s.status = 'disabled'
    ), updated as (
      update users u
      set email = s.email, email_canonical = s.email_canonical, name = s.name, role = s.role, products = s.products,
          status = coalesce(s.status, u.status)
      from lines s
      where u.tenant_id = ${tenantId} and u.id = s.user_id and (
        (u.email, u.name, u.role, u.status) is distinct from (s.email, s.name, s.role, coalesce(s.status, u.status))
        or u.email_canonical is distinct from s.email_canonical
        or not (u.products @> s.products and u.products <@ s.products))
      returning u.id
    )
    select (select count(*)::integer from updated) as updated, (select count(*)::integer from disabled) as disabled
  `.execute(db);
  return rows[0] ?? { updated: 0, disabled: 0 };
}

async function insertUsers(db: Kysely<Database>, tenantId: string, from: number, to: number): Promise<number> {
  const { rows } = await sql<{ added: number }>`
    with added as (
      insert into users (tenant_id, id, email, email_canonical, name, role, products, status)
      select ${tenantId}, coalesce(s.user_id, gen_random_uuid()::text), s.email, s.email_canonical, s.name, s.role,
             s.products, coalesce(s.status, 'active')
      from user_import s
      where s.line >= ${from}::integer and s.line < ${to}::integer
        and not exists (select 1 from users u where u.tenant_id = ${tenantId} and u.id = s.user_id)
      returning 1
    )
    select count(*)::integer as added from added`.execute(db);
  return rows[0]?.added ?? 0;
}

async function reportWarnings(db: Kysely<Database>, tenantId: string, report: UserImport['report']): Promise<void> {
  await sql`
    update user_import s set finding = 'email-collides'
    from (
      select email_canonical from users where tenant_id = ${tenantId} group by email_canonical having count(*) > 1
    ) c
    where s.email_canonical = c.email_canonical`.execute(db);
  await sql`update user_import set finding = 'email-unmatchable' where email_canonical is null`.execute(db);
  let after = -1;
  for (;;) {
    const { rows } = await sql<ImportFinding>`
      select line, finding, null as "otherLine" from user_import
      where finding is not null and line > ${after}::integer order by line limit ${PAGE}`.execute(db);
    for (const row of rows) await report(row);
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.line;
  }
}
