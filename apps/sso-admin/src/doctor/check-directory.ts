import { PRODUCT_NAMES, PRODUCTS, type Tenant } from '@ipscape/sso-core';
import type { DirectoryCheck } from '@ipscape/sso-store';
import type { AdminDeps } from '../admin-deps.js';
import { formatCount } from '../format.js';
import type { Finding } from './finding.js';

/** Sign-ins that are looked back at. */
const RECENT = 100;

/** Users whom no sign-in reaches, and what recent sign-ins failed of. */
export async function checkDirectory({ store }: AdminDeps, tenant: Tenant): Promise<readonly Finding[]> {
  const issuer = (await store.findConnection(tenant.id))?.active?.issuer;
  const check = await store.checkDirectory(tenant.id, issuer === undefined ? {} : { issuer });
  const held = new Set((await store.listHeldIdentities(tenant.id)).map(({ userId }) => userId)).size;
  const log = (await store.listSignInLog(tenant.id, { limit: RECENT })).filter(({ purpose }) => purpose === 'sign-in');
  return [
    ...judgeUsers(check, tenant),
    ...judgeAddresses(check),
    ...(held === 0 ? [] : [judgeHeld(held, tenant)]),
    ...(log.length === 0 ? [] : [judgeLog(log.map(({ code }) => code))]),
  ];
}

function judgeUsers({ users, active, disabled, perProduct }: DirectoryCheck, { domain }: Tenant): readonly Finding[] {
  if (active === 0) {
    const message = users === 0 ? 'The tenant has no users.' : 'All users of the tenant are disabled.';
    const advice =
      users === 0
        ? `sso-admin user import FILE.csv --tenant ${domain}`
        : `sso-admin user enable USER --tenant ${domain}`;
    return [{ check: 'users', level: 'problem', message, advice }];
  }
  const message = `${formatCount(active, 'active user')}; ${disabled.toLocaleString('en')} disabled, who cannot sign in.`;
  const counts = PRODUCTS.map((product) => `${PRODUCT_NAMES[product]} ${perProduct[product].toLocaleString('en')}`);
  const unused = PRODUCTS.filter((product) => perProduct[product] === 0).map((product) => PRODUCT_NAMES[product]);
  return [
    { check: 'users', level: 'ok', message, advice: null },
    {
      check: 'products',
      level: unused.length === 0 ? 'ok' : 'note',
      message: `Active users who may use: ${counts.join(', ')}.`,
      advice:
        unused.length === 0
          ? null
          : `Nobody may use ${unused.join(' or ')}; if that is wrong, import the users’ products.`,
    },
  ];
}

function judgeAddresses({ unmatchable, colliding }: DirectoryCheck): readonly Finding[] {
  const findings: Finding[] = [];
  const name = ({ count, examples }: DirectoryCheck['colliding']): string => {
    const more = count > examples.length ? `, and ${(count - examples.length).toLocaleString('en')} more` : '';
    return `${examples.map(({ email, id }) => `${email} (${id})`).join(', ')}${more}`;
  };
  if (unmatchable.count > 0) {
    findings.push({
      check: 'email-unmatchable',
      level: 'problem',
      message: `${formatCount(unmatchable.count, 'active user')} without an e-mail address that can be matched: ${name(unmatchable)}.`,
      advice: 'Give them the address that they have at the provider: import a file with the columns id and email.',
    });
  }
  if (colliding.count > 0) {
    findings.push({
      check: 'email-collides',
      level: 'problem',
      message: `${formatCount(colliding.count, 'active user')} whose e-mail address another user has too: ${name(colliding)}.`,
      advice: 'Give each address to one user only. Another one with it is in the way even when disabled.',
    });
  }
  if (findings.length === 0) {
    const message = 'Every active user has an e-mail address of their own, or is linked already.';
    findings.push({ check: 'email-unmatchable', level: 'ok', message, advice: null });
  }
  return findings;
}

function judgeHeld(held: number, { domain }: Tenant): Finding {
  return {
    check: 'identity-held',
    level: 'problem',
    message: `${formatCount(held, 'user')} whose new identity at the provider waits for a decision.`,
    advice: `sso-admin identity list --held --tenant ${domain}`,
  };
}

function judgeLog(codes: readonly string[]): Finding {
  const failed = codes.filter((code) => code !== 'signed-in');
  const counts = Map.groupBy(failed, (code) => code);
  const list = [...counts]
    .sort((one, other) => other[1].length - one[1].length)
    .map(([code, all]) => `${code} ${all.length}`);
  return {
    check: 'recent-sign-ins',
    level: failed.length === 0 ? 'ok' : 'note',
    message: `${failed.length} of the last ${formatCount(codes.length, 'sign-in')} failed${failed.length === 0 ? '' : `: ${list.join(', ')}`}.`,
    advice:
      failed.length === 0
        ? null
        : 'The tenant’s administrator finds each with its reference in the sign-in log of the settings page.',
  };
}
