/**
 * @module
 * Who acts on the settings: a signed-in administrator, or whoever came by a link of the Service Desk.
 */
import { isRecentSignIn, type SettingsActor, SsoError, type Tenant } from '@ipscape/sso-core';
import { type AdapterRequest, findSession, readSettingsHandle } from '@ipscape/sso-hono';
import type { Workspace } from '../workspace-context.js';

export interface Act {
  readonly tenant: Tenant;
  readonly actor: SettingsActor;
}

/**
 * A link takes the place of an administrator's sign-in that is too old to change anything: the provider may be down, and
 * the link is the way in then.
 *
 * @throws SsoError `session-required`, or `administrator-required` for somebody who is signed in and is none
 */
export async function requireActor(c: AdapterRequest, workspace: Workspace): Promise<Act> {
  const tenant = c.get('tenant');
  if (tenant === null) throw new SsoError('tenant-unknown');
  const session = await findSession(c, workspace.adapter);
  if (session?.user.role === 'administrator') {
    const { id: userId, email } = session.user;
    const actor = { userId, email, sessionId: session.id };
    const isRecent = isRecentSignIn(session.authTime, session.life.readAt);
    return { tenant, actor: isRecent ? actor : ((await findLinkedActor(c, tenant, workspace)) ?? actor) };
  }
  const actor = await findLinkedActor(c, tenant, workspace);
  if (actor !== null) return { tenant, actor };
  throw new SsoError(session === null ? 'session-required' : 'administrator-required');
}

async function findLinkedActor(
  c: AdapterRequest,
  tenant: Tenant,
  { adapter }: Workspace,
): Promise<SettingsActor | null> {
  const handle = readSettingsHandle(c.req.header('cookie'));
  if (handle === null) return null;
  const handleHash = await adapter.signIn.crypto.sha256(handle);
  const found = await adapter.store.findSettingsSession({ tenantId: tenant.id, handleHash });
  if (found === null) return null;
  return { userId: found.actor, email: 'the link of the Service Desk', sessionId: found.sessionId };
}
