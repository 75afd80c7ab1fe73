import { mergeConfig } from 'vitest/config';
import base from '../../vitest.config.js';

/** `npm run capacity`: not part of `npm test`, because its figures are worth something on a quiet machine alone. */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [] } },
  {
    root: new URL('../..', import.meta.url).pathname,
    // One after the other, and no second try: a figure that is only sometimes good is none.
    test: { include: ['test/capacity/*.capacity.ts'], hookTimeout: 900_000, maxWorkers: 1, retry: 0 },
  },
);
