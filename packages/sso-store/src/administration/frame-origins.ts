/**
 * @module
 * Which CRM pages may show a tenant's CTI Adaptor in a frame.
 */
import type { FrameOriginStore, FrameOriginsChange } from '@ipscape/sso-core';
import type { StoreContext } from '../store-context.js';
import { notFound } from './refusals.js';
import { writeAuditEvent } from './write-audit-event.js';

export function createFrameOriginAdministration({ db }: StoreContext): FrameOriginStore {
  return {
    async findFrameOrigins(tenantId) {
      const tenant = await db
        .selectFrom('tenants')
        .select('frame_origins as origins')
        .where('id', '=', tenantId)
        .executeTakeFirst();
      if (tenant === undefined) throw notFound('tenant');
      return tenant.origins;
    },
    async setFrameOrigins({ tenantId, actor, origins, seen }) {
      return await db.transaction().execute(async (transaction): Promise<FrameOriginsChange> => {
        const tenant = await transaction
          .selectFrom('tenants')
          .select('frame_origins as current')
          .where('id', '=', tenantId)
          .forUpdate()
          .executeTakeFirst();
        if (tenant === undefined) throw notFound('tenant');
        const { current } = tenant;
        // Two people who did the same agree.
        if (isSame(current, origins)) return { outcome: 'unchanged' };
        const event = { tenantId, actor, subject: tenantId };
        if (!isSame(current, seen)) {
          const details = { attempted: 'frame-origins', reason: 'revision-conflict' };
          await writeAuditEvent(transaction, { ...event, action: 'change-refused', details });
          return { outcome: 'conflict', current };
        }
        await transaction
          .updateTable('tenants')
          .set({ frame_origins: [...origins] })
          .where('id', '=', tenantId)
          .execute();
        const details = {
          added: origins.filter((origin) => !current.includes(origin)),
          removed: current.filter((origin) => !origins.includes(origin)),
        };
        await writeAuditEvent(transaction, { ...event, action: 'frame-origins-changed', details });
        return { outcome: 'changed', ...details };
      });
    },
  };
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((origin, index) => origin === other[index]);
}
