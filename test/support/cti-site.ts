/**
 * @module
 * What a browser meets over https: the adapters and their database, the products' pages of the local stack, and CRMs on
 * sites of their own.
 */
import { Hono } from 'hono';
import { createGateway } from '../../apps/dev-stack/src/gateway.js';
import { openOnPglite, openOnServer } from '../../packages/sso-store/test/test-stores.js';
import { startThrowawayPostgres } from '../../packages/sso-store/test/throwaway-postgres.js';
import { type HttpsFront, startHttpsFront } from './https-front.js';
import { type Rig, startRig } from './rig.js';

export const CRM_ONE = 'crm-one.test';
export const CRM_TWO = 'crm-two.test';

export interface CtiSite {
  readonly rig: Rig;
  readonly front: HttpsFront;
  stop(): Promise<void>;
}

/** Acme lets both CRMs show its CTI Adaptor; globex lets a third. */
export async function startCtiSite(): Promise<CtiSite> {
  const postgres = await startThrowawayPostgres();
  const rig = await startRig(postgres === null ? await openOnPglite() : await openOnServer(postgres), {
    isBehindTls: true,
    trustedProxies: ['127.0.0.1'],
  });
  for (const [tenantId, hosts] of [
    ['acme', [CRM_ONE, CRM_TWO]],
    ['globex', ['crm-three.test']],
  ] as const) {
    const origins = hosts.map((host) => `https://${host}`);
    await rig.store.setFrameOrigins({ tenantId, origins, seen: [], actor: 'test' });
  }
  const adapter = { fetch: (request: Request, env: unknown) => rig.instance.fetch(request, env) };
  const gateway = createGateway({
    adapters: { workspace: adapter, cti: adapter, toolbar: adapter },
    services: { workspace: '', cti: '', toolbar: '' },
    health: new Hono(),
    origins: ({ name }) => rig.tenants[name].origin,
    frameOrigins: async (domain) => (await rig.store.findTenantSetup(domain))?.tenant.frameOrigins ?? [],
  });
  const front = await startHttpsFront((request, env) => gateway.fetch(request, env as object));
  return {
    rig,
    front,
    async stop() {
      await front.stop();
      await rig.stop();
      await postgres?.stop();
    },
  };
}
