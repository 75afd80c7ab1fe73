import { describe, expect, test } from 'vitest';
import { decideMatch, type EmailClaim, type MatchInput } from './decide-match.js';
import type { DirectoryUser, MatchCandidate } from './ports.js';
import { PRODUCTS } from './products.js';

const ann: DirectoryUser = {
  id: 'ann',
  tenantId: 'acme',
  email: 'ann@acme.example',
  name: 'Ann',
  role: 'agent',
  products: ['cti'],
  status: 'active',
};
const bob: DirectoryUser = { ...ann, id: 'bob' };
const free = (user: DirectoryUser): MatchCandidate => ({ user, linkedElsewhere: false });
const linked = (user: DirectoryUser): MatchCandidate => ({ user, linkedElsewhere: true });
const disabled = { ...ann, status: 'disabled' } as const;
const otherProduct = { ...ann, products: ['workspace', 'toolbar'] } as const;

const input: MatchInput = {
  product: 'cti',
  match: { pinned: null, candidates: [free(ann)] },
  emailClaim: { email: 'ann@acme.example', emailVerified: undefined },
  policy: { emailVerification: 'not-used' },
};
const pinned = (user: DirectoryUser, ...candidates: MatchCandidate[]) => ({ match: { pinned: user, candidates } });
const found = (...candidates: MatchCandidate[]) => ({ match: { pinned: null, candidates } });
const claim = (email: unknown, emailVerified?: unknown): { emailClaim: EmailClaim } => ({
  emailClaim: { email, emailVerified },
});

describe('E1, E2, E9 decideMatch', () => {
  test.each<[string, Partial<MatchInput>, string, string | null]>([
    ['the pinned user', pinned(ann), 'sign-in', 'ann'],
    [
      'the pinned user, whatever the address says now',
      { ...pinned(ann), ...claim('changed@acme.example') },
      'sign-in',
      'ann',
    ],
    ['the pinned user without an address', { ...pinned(ann), ...claim(undefined) }, 'sign-in', 'ann'],
    [
      'the pinned user with an address that cannot be matched',
      { ...pinned(ann), ...claim(['a', 'b']) },
      'sign-in',
      'ann',
    ],
    [
      'the pinned user with an unverified address',
      { ...pinned(ann), ...claim('ann@acme.example', false), policy: { emailVerification: 'required' } },
      'sign-in',
      'ann',
    ],
    ['the pinned user and not the owner of the address', pinned(ann, free(bob)), 'sign-in', 'ann'],
    ['the only candidate', {}, 'link', 'ann'],
    ['the pinned user when disabled', pinned(disabled), 'user-inactive', 'ann'],
    [
      'the pinned user when disabled, beside an active owner of the address',
      pinned(disabled, free(bob)),
      'user-inactive',
      'ann',
    ],
    ['the pinned user of another product', pinned(otherProduct), 'product-not-permitted', 'ann'],
    ['the pinned user of no product', pinned({ ...ann, products: [] }), 'product-not-permitted', 'ann'],
    ['no candidate', found(), 'user-not-found', null],
    ['two candidates', found(free(ann), free(bob)), 'user-ambiguous', null],
    ['two candidates of which one is disabled', found(free(disabled), free(bob)), 'user-ambiguous', null],
    ['two candidates of which one is linked', found(linked(ann), free(bob)), 'user-ambiguous', null],
    ['a thousand candidates', found(...Array.from({ length: 1000 }, () => free(ann))), 'user-ambiguous', null],
    ['a disabled candidate', found(free(disabled)), 'user-inactive', 'ann'],
    ['a disabled candidate who is linked', found(linked(disabled)), 'user-inactive', 'ann'],
    ['a candidate who is linked to another identity', found(linked(ann)), 'identity-held', 'ann'],
    ['a linked candidate of another product', found(linked(otherProduct)), 'identity-held', 'ann'],
    ['a candidate of another product', found(free(otherProduct)), 'product-not-permitted', 'ann'],
  ])('%s', (_name, changes, outcome, userId) => {
    const decision = decideMatch({ ...input, ...changes });
    const summary =
      decision.action === 'reject'
        ? { outcome: decision.code, userId: decision.userId }
        : { outcome: decision.action, userId: decision.user.id };
    expect(summary).toEqual({ outcome, userId });
  });

  test.each<[unknown, string]>([
    [undefined, 'email-missing'],
    [null, 'email-missing'],
    ['', 'email-missing'],
    [' ', 'email-invalid'],
    ['ann', 'email-invalid'],
    [7, 'email-invalid'],
    [true, 'email-invalid'],
    [{}, 'email-invalid'],
    [[], 'email-invalid'],
    [['ann@acme.example'], 'email-invalid'],
    [['mine@acme.example', 'victim@acme.example'], 'email-invalid'],
    ['ann@acme.example,bob@acme.example', 'email-invalid'],
    ['adm\u0131n@acme.example', 'email-invalid'],
    ['ann@evil.example@acme.example', 'email-invalid'],
  ])('finds nobody by address %j, even if the store offers somebody', (email, code) => {
    expect(decideMatch({ ...input, ...claim(email) })).toEqual({ action: 'reject', code, userId: null });
  });

  const flags = [true, false, undefined, null, 'true', 'false', '', 0, 1, [], {}, [true]];

  test.each(
    flags.flatMap((flag) => [
      // Policy; whether the flag lets the address find a user.
      [flag, { emailVerification: 'not-used' }, true] as const,
      [flag, { emailVerification: 'not-used', refuseExplicitlyUnverified: true }, flag !== false] as const,
      [flag, { emailVerification: 'not-used', refuseExplicitlyUnverified: false }, true] as const,
      [flag, { emailVerification: 'required' }, flag === true] as const,
      [flag, { emailVerification: 'required', refuseExplicitlyUnverified: true }, flag === true] as const,
    ]),
  )('with email_verified %j and the policy %j: finds a user %s', (flag, policy, accepted) => {
    const decision = decideMatch({ ...input, ...claim('ann@acme.example', flag), policy });
    expect(decision).toMatchObject(accepted ? { action: 'link' } : { action: 'reject', code: 'email-unverified' });
  });

  test('does not look at role or name, and permits each product by itself', () => {
    for (const permitted of PRODUCTS) {
      for (const product of PRODUCTS) {
        const user = { ...ann, role: 'administrator', products: [permitted] } as const;
        const { action } = decideMatch({ ...input, ...pinned(user), product });
        expect(action).toBe(permitted === product ? 'sign-in' : 'reject');
      }
    }
  });
});
