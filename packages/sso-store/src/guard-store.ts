import { toStoreError } from './to-store-error.js';

type StoreMethod = (...input: never[]) => Promise<unknown>;

/** The same methods, rejecting with what {@link toStoreError} makes of a failure and with nothing else. */
export function guardStore<T extends { readonly [K in keyof T]: StoreMethod }>(methods: T): T {
  const guarded = Object.entries<StoreMethod>(methods).map(([name, method]) => [
    name,
    async (...input: never[]): Promise<unknown> => {
      try {
        return await method(...input);
      } catch (error) {
        throw toStoreError(error);
      }
    },
  ]);
  return Object.fromEntries(guarded) as T;
}
