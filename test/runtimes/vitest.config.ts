import { mergeConfig } from 'vitest/config';
import base from '../../vitest.config.js';

/** `npm run runtimes`: not part of `npm test`, because it installs half a gigabyte of runtimes the first time. */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [] } },
  {
    root: new URL('../..', import.meta.url).pathname,
    test: { include: ['test/runtimes/*.runtime.ts'], hookTimeout: 120_000 },
  },
);
