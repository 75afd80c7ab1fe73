/**
 * @module
 * What the contract suites are made of. They are plain data, for any test runner:
 *
 *     for (const { name, run } of providerContract({ … })) test(name, run);
 */

/** One promise. `run` rejects with a sentence when it is not kept. */
export interface ContractCase {
  /** A sentence of behaviour, unique in its suite. */
  readonly name: string;
  /** Rejects with {@link ContractViolation}, or with what the tested code threw. */
  run(): Promise<void>;
}

/** A promise that was not kept. */
export class ContractViolation extends Error {
  override readonly name = 'ContractViolation';
}

export function promise(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new ContractViolation(sentence);
}

/** Compares as JSON does, with the members in any order. */
export function promiseEqual(actual: unknown, expected: unknown, what: string): void {
  const [found, wanted] = [stable(actual), stable(expected)];
  promise(found === wanted, `${what} is ${found} and should be ${wanted}.`);
}

function stable(value: unknown): string {
  return (
    JSON.stringify(value, (_key, member: unknown) =>
      typeof member === 'object' && member !== null && !Array.isArray(member)
        ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
        : member,
    ) ?? 'undefined'
  );
}
