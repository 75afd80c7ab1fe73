import type { TestProject } from 'vitest/node';
import { offerSharedPostgres } from '../packages/sso-store/test/shared-postgres.js';

/** Runs once before all tests; what it returns runs after them. */
export default function setup(project: TestProject): () => Promise<void> {
  const { folder, stop } = offerSharedPostgres();
  project.provide('sharedPostgres', folder);
  return stop;
}
