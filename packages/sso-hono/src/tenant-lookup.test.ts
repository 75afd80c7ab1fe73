import type { TenantSetup } from '@ipscape/sso-core';
import { expect, test } from 'vitest';
import { createTenantLookup } from './tenant-lookup.js';

function scene() {
  const time = { now: 1_000_000 };
  const asked: string[] = [];
  const answers: { value: () => Promise<TenantSetup | null> } = { value: async () => null };
  const store = {
    findTenantSetup(domain: string) {
      asked.push(domain);
      return answers.value();
    },
  };
  return { time, asked, answers, find: createTenantLookup(store, () => time.now) };
}

const setup = (name: string): TenantSetup => ({
  tenant: {
    id: name,
    name,
    domain: `${name}.example`,
    ssoEntitled: true,
    legacyHttpCallbacks: false,
    ssoEnforced: false,
    frameOrigins: [],
  },
  connection: null,
});

test('a burst of requests asks the database once', async () => {
  const { find, asked, answers } = scene();
  answers.value = async () => setup('acme');
  const found = await Promise.all(Array.from({ length: 50 }, () => find('acme.example')));
  expect(new Set(found.map((entry) => entry?.tenant.id))).toEqual(new Set(['acme']));
  expect(asked).toEqual(['acme.example']);
});

test('a change is seen after two and a half seconds', async () => {
  const { find, time, answers } = scene();
  answers.value = async () => setup('before');
  await find('acme.example');
  answers.value = async () => setup('after');
  time.now += 2_499;
  expect((await find('acme.example'))?.tenant.id).toBe('before');
  time.now += 1;
  expect((await find('acme.example'))?.tenant.id).toBe('after');
});

test('the age counts from the question and not from the answer', async () => {
  const { find, time, answers, asked } = scene();
  const late = Promise.withResolvers<TenantSetup | null>();
  answers.value = () => late.promise;
  const first = find('acme.example');
  time.now += 2_500;
  late.resolve(setup('late'));
  await first;
  await find('acme.example');
  expect(asked).toHaveLength(2);
});

test('an unknown domain is remembered, and domains are told apart', async () => {
  const { find, asked } = scene();
  expect(await find('nobody.example')).toBeNull();
  expect(await find('nobody.example')).toBeNull();
  await find('somebody.example');
  expect(asked).toEqual(['nobody.example', 'somebody.example']);
});

test('a failure is not remembered', async () => {
  const { find, answers, asked } = scene();
  answers.value = () => Promise.reject(new Error('down'));
  await expect(find('acme.example')).rejects.toThrow('down');
  answers.value = async () => setup('acme');
  expect((await find('acme.example'))?.tenant.id).toBe('acme');
  expect(asked).toHaveLength(2);
});

test('asked for afresh, it asks the database, and remembers that answer', async () => {
  const { find, answers, asked } = scene();
  answers.value = async () => setup('before');
  await find('acme.example');
  answers.value = async () => setup('after');
  expect((await find.refresh('acme.example'))?.tenant.id).toBe('after');
  expect((await find('acme.example'))?.tenant.id).toBe('after');
  expect(asked).toHaveLength(2);
});

test('an older answer that fails does not forget a newer one', async () => {
  const { find, answers, asked } = scene();
  const late = Promise.withResolvers<TenantSetup | null>();
  answers.value = () => late.promise;
  const first = find('acme.example');
  answers.value = async () => setup('newer');
  await find.refresh('acme.example');
  late.reject(new Error('down'));
  await expect(first).rejects.toThrow('down');
  expect((await find('acme.example'))?.tenant.id).toBe('newer');
  expect(asked).toHaveLength(2);
});
