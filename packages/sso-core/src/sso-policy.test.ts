import { describe, expect, test } from 'vitest';
import type { SsoFetch } from './ports.js';
import { createSsoPolicyLookup } from './sso-policy.js';

const ORIGIN = 'https://acme.example';
const POLICY = { enabled: true, enforced: false, provider: 'Okta', signInPath: '/workspace/security/sso-login' };

function createWorld(answer: () => Response | Promise<Response> = () => Response.json(POLICY)) {
  const world = { nowMs: 1_800_000_000_000, answer, asked: [] as string[] };
  const fetch: SsoFetch = async (url) => {
    world.asked.push(url);
    return world.answer();
  };
  return { world, lookup: createSsoPolicyLookup({ fetch, now: () => world.nowMs }) };
}

describe('the policy of single sign-on for a product’s other ways in', () => {
  test('is asked of the tenant’s own host, and remembered for two seconds', async () => {
    const { world, lookup } = createWorld();
    expect(await lookup.find(ORIGIN)).toEqual(POLICY);
    expect(await lookup.allowsOtherSignIns(ORIGIN)).toBe(true);
    expect(world.asked).toEqual([`${ORIGIN}/workspace/api/sso/policy`]);
    world.nowMs += 2_000;
    world.answer = () => Response.json({ ...POLICY, enforced: true, later: 'more' });
    expect(await lookup.allowsOtherSignIns(ORIGIN)).toBe(false);
    expect(world.asked).toHaveLength(2);
  });

  test('tenants do not share it', async () => {
    const { world, lookup } = createWorld();
    expect(await lookup.allowsOtherSignIns(ORIGIN)).toBe(true);
    world.answer = () => Response.json({ ...POLICY, enforced: true });
    expect(await lookup.allowsOtherSignIns('https://globex.example')).toBe(false);
  });

  test.each<[what: string, answer: () => Response | Promise<Response>]>([
    ['no answer', () => Promise.reject(new TypeError('fetch failed'))],
    ['an error', () => Response.json(POLICY, { status: 503 })],
    ['an unknown host', () => Response.json({ code: 'tenant-unknown' }, { status: 404 })],
    ['a redirect', () => new Response(null, { status: 302, headers: { location: '/' } })],
    ['a page', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
    ['a text in place of the fact', () => Response.json({ ...POLICY, enforced: 'false' })],
    ['no fact', () => Response.json({ enabled: true })],
    ['null', () => Response.json(null)],
  ])('T10: with %s no other way in is open, and the next question is asked afresh', async (_what, answer) => {
    const { world, lookup } = createWorld(answer);
    expect(await lookup.allowsOtherSignIns(ORIGIN)).toBe(false);
    await expect(lookup.find(ORIGIN)).rejects.toThrow();
    world.answer = () => Response.json(POLICY);
    expect(await lookup.allowsOtherSignIns(ORIGIN)).toBe(true);
  });
});
