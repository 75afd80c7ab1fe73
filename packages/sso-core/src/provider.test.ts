import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { exampleProvider, field } from '../test/fake-provider.js';
import { createProviderRegistry, defineOidcProvider, formFields, type OidcProvider } from './provider.js';

const schema = (shape: z.ZodRawShape) => ({ configSchema: z.strictObject(shape) });
const clientId = field('Client ID');
const clientSecret = field('Client Secret', true);

describe('defineOidcProvider refuses', () => {
  test.each<[string, Readonly<Record<string, unknown>>]>([
    ['an empty id', { id: '' }],
    ['upper case in the id', { id: 'Okta' }],
    ['an id that begins with a digit', { id: '1okta' }],
    ['an id that begins with a hyphen', { id: '-okta' }],
    ['a slash in the id', { id: 'okta/x' }],
    ['a line feed in the id', { id: 'okta\n' }],
    ['an id of 33 characters', { id: 'x'.repeat(33) }],
    ['no scopes', { scopes: [] }],
    ['scopes without openid', { scopes: ['profile', 'email'] }],
    ['openid in another case', { scopes: ['OpenID'] }],
    ['no algorithm', { idTokenAlgorithms: [] }],
    ['algorithm none', { idTokenAlgorithms: ['none'] }],
    ['a symmetric algorithm', { idTokenAlgorithms: ['HS256'] }],
    ['a symmetric algorithm beside a good one', { idTokenAlgorithms: ['RS256', 'HS256'] }],
    ['an algorithm in lower case', { idTokenAlgorithms: ['rs256'] }],
    ['RS1', { idTokenAlgorithms: ['RS1'] }],
    ['no Client ID', schema({ clientSecret })],
    ['no Client Secret', schema({ clientId })],
    ['a Client Secret that would be shown', schema({ clientId, clientSecret: field('Client Secret') })],
    ['a field without label and help', schema({ clientId, clientSecret, hostName: z.string() })],
    ['a field without help', schema({ clientId, clientSecret, hostName: z.string().meta({ label: 'Host Name' }) })],
    ['a field without label', schema({ clientId, clientSecret, hostName: z.string().meta({ help: 'x' }) })],
    ['a label that is no text', schema({ clientId, clientSecret, hostName: z.string().meta({ label: 7, help: 'x' }) })],
  ])('%s', (_name, changes) => {
    expect(() => defineOidcProvider({ ...exampleProvider, ...changes } as OidcProvider)).toThrow(TypeError);
  });
});

describe('defineOidcProvider', () => {
  test.each([['okta'], ['o'], ['okta-2'], ['x'.repeat(32)]])('accepts the id %s', (id) => {
    expect(defineOidcProvider({ ...exampleProvider, id }).id).toBe(id);
  });

  test('freezes what it checked, and leaves what it was given as it is', () => {
    const given = { ...exampleProvider, scopes: ['openid'], idTokenAlgorithms: ['RS256' as const] };
    const provider = defineOidcProvider(given);
    given.scopes.length = 0;
    expect(provider.scopes).toEqual(['openid']);
    expect(() => (provider.idTokenAlgorithms as string[]).push('none')).toThrow(TypeError);
    expect(() => (provider.scopes as string[]).pop()).toThrow(TypeError);
    expect(() => Object.assign(provider, { emailVerification: 'not-used' })).toThrow(TypeError);
  });
});

test('formFields lists the schema’s fields in order, with what a form needs', () => {
  const hostName = z.string().meta({ label: 'Host Name', help: 'Your domain.', placeholder: 'acme.okta.com' });
  expect(formFields({ id: 'okta', ...schema({ clientId, hostName, clientSecret }) })).toEqual([
    { name: 'clientId', label: 'Client ID', help: 'The Client ID.', secret: false },
    { name: 'hostName', label: 'Host Name', help: 'Your domain.', placeholder: 'acme.okta.com', secret: false },
    { name: 'clientSecret', label: 'Client Secret', help: 'The Client Secret.', secret: true },
  ]);
});

describe('createProviderRegistry', () => {
  test('finds providers by id', () => {
    const second = defineOidcProvider({ ...exampleProvider, id: 'second' });
    const registry = createProviderRegistry([exampleProvider, second]);
    expect(registry.all).toEqual([exampleProvider, second]);
    expect(registry.find('second')).toBe(second);
    expect(registry.find('third')).toBeNull();
    expect(registry.find('__proto__')).toBeNull();
  });

  test('refuses two providers with one id', () => {
    expect(() => createProviderRegistry([exampleProvider, { ...exampleProvider }])).toThrow(TypeError);
  });
});
