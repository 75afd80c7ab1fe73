import { mergeConfig } from 'vitest/config';
import base from '../../vitest.config.js';

/** No tests: what makes the pictures of the documentation anew. */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [] } },
  {
    root: new URL('../..', import.meta.url).pathname,
    test: { include: ['test/screenshots/*.shots.ts'], testTimeout: 300_000 },
  },
);
