/**
 * @module
 * Who acts on the settings: a signed-in administrator, or whoever came by a link of the Service Desk.
 */
import { type SettingsActor, SsoError, type Tenant } from '@ipscape/sso-core';
import { type AdapterRequest, findSession, readSettingsHandle } from '@ipscape/sso-hono';
import type { Workspace } from '../workspace-context.js';

export interface Act {
  readonly tenant: Tenant;
  readonly actor: SettingsActor;
}

/** @throws SsoError `session-required`, or `administrator-required` for somebody who is signed in and is none */
export async function requireActor(c: AdapterRequest, { adapter }: Workspace): Promise<Act> {
  const tenant = c.get('tenant');
  if (tenant === null) throw new SsoError('tenant-unknown');
  const session = await findSession(c, adapter);
  if (session?.user.role === 'administrator') {
    const { id: userId, email } = session.user;
    return { tenant, actor: { userId, email, sessionId: session.id } };
  }
  const handle = readSettingsHandle(c.req.header('cookie'));
  if (handle !== null) {
    const handleHash = await adapter.signIn.crypto.sha256(handle);
    const found = await adapter.store.findSettingsSession({ tenantId: tenant.id, handleHash });
    if (found !== null) {
      const { actor: userId, sessionId } = found;
      return { tenant, actor: { userId, email: 'the link of the Service Desk', sessionId } };
    }
  }
  throw new SsoError(session === null ? 'session-required' : 'administrator-required');
}
