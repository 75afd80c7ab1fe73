import { providerContract } from '@ipscape/sso-core/testing';
import { describe, expect, test } from 'vitest';
import { okta } from './index.js';

const validInput = {
  clientId: '0oa1a2b3c4d5E6F7g5d7',
  hostName: 'acme.okta.com',
  clientSecret: 's3cr3t_s3cr3t-s3cr3t',
};

describe('Okta keeps the contract of a provider', () => {
  for (const { name, run } of providerContract({ provider: okta, validInput })) test(name, run);
});

describe('the contract finds a provider that', () => {
  const valid = (input: Readonly<Record<string, unknown>>) => okta.parseConfig(input, { environment: 'production' });
  const BROKEN = {
    'is not frozen': {},
    'takes whatever is typed': { parseConfig: () => valid(validInput) },
    throws: {
      parseConfig: (input: Readonly<Record<string, unknown>>) => {
        const result = valid(input);
        if (!result.ok) throw new Error('no');
        return result;
      },
    },
    'repeats what was typed': {
      parseConfig: (input: Readonly<Record<string, unknown>>) => {
        const result = valid(input);
        const errors = { clientId: `${input.clientId} is wrong.`, hostName: 'No.', clientSecret: 'No.' };
        return result.ok ? result : { ok: false as const, errors };
      },
    },
    'names an issuer over http': { issuer: () => 'http://acme.okta.com' },
    'names an issuer with a slash': { issuer: () => 'https://acme.okta.com/' },
    'shows what the provider sent': {
      explainError: ({ errorDescription }: { errorDescription: string | null }) => ({
        code: 'idp-error' as const,
        advice: `${errorDescription}.`,
      }),
    },
    'explains with a code of its own': { explainError: () => ({ code: 'my-error' as never, advice: 'Do it.' }) },
    'forgets a redirect URI': {
      setupGuide: (input: Parameters<typeof okta.setupGuide>[0]) =>
        okta.setupGuide({ ...input, redirectUris: input.redirectUris.slice(1) }),
    },
    'probes elsewhere': { clientIdProbe: () => 'https://evil.example/' },
  };
  test.each(Object.entries(BROKEN))('%s', async (what, change) => {
    const broken = { ...okta, ...change };
    const provider = (what === 'is not frozen' ? broken : Object.freeze(broken)) as typeof okta;
    const results = await Promise.allSettled(providerContract({ provider, validInput }).map(({ run }) => run()));
    expect(results.filter(({ status }) => status === 'rejected')).not.toEqual([]);
  });
});
