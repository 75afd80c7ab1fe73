/**
 * @module
 * `Idempotency-Key` of the settings' API, as in draft-ietf-httpapi-idempotency-key-header: optional, one for each
 * write, counting for 24 hours.
 */
import { SsoError } from '@ipscape/sso-core';
import type { AdapterEnv } from '@ipscape/sso-hono';
import { createMiddleware } from 'hono/factory';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Workspace } from '../workspace-context.js';
import { once } from './once.js';
import { requireActor } from './require-actor.js';

/** A string of RFC 9651, or the same without its quotation marks, as most clients send it. */
const KEY = /^(?:"([!#-[\]-~]{1,255})"|([!#-[\]-~]{1,255}))$/;
/** Answers that may be others next time although nobody changed the request. */
const PASSING: ReadonlySet<number> = new Set([401, 403, 408, 429]);

interface KeptAnswer {
  readonly status: ContentfulStatusCode;
  readonly contentType: string;
  readonly body: string;
}

/** A request with a key that was answered before gets that answer, with `Idempotent-Replayed: true`. */
export function honourIdempotencyKey(workspace: Workspace) {
  return createMiddleware<AdapterEnv>(async function idempotent(c, next) {
    const header = c.req.header('idempotency-key');
    if (header === undefined) return next();
    const [, quoted, bare] = KEY.exec(header) ?? [];
    const key = quoted ?? bare;
    if (key === undefined) {
      const message = 'A key has 1 to 255 visible ASCII characters.';
      c.set('problem', { errors: [{ path: 'Idempotency-Key', message }] });
      throw new SsoError('request-invalid', { details: { reason: 'idempotency-key' } });
    }
    const { tenant, actor } = await requireActor(c, workspace);
    const request = `${c.req.method} ${c.req.path}\n${await c.req.text()}`;
    const input = { tenantId: tenant.id, actor: actor.userId, key, request };
    const { answer, isReplay } = await once(input, workspace, async () => {
      await next();
      const { status, headers } = c.res;
      const kept: KeptAnswer = {
        status: status as ContentfulStatusCode,
        contentType: headers.get('content-type') ?? '',
        body: await c.res.clone().text(),
      };
      return { answer: JSON.stringify(kept), isFinal: status < 500 && !PASSING.has(status) };
    });
    if (!isReplay) return;
    const { status, contentType, body } = JSON.parse(answer) as KeptAnswer;
    c.header('idempotent-replayed', 'true');
    return c.body(body, status, { 'content-type': contentType });
  });
}
