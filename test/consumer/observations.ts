/**
 * @module
 * What the portable service of `project/` is asked, and what it has to answer on every runtime alike.
 */
import type { ConsumerProject } from './consumer-project.js';

const CALLER = [200, { tenant: 'acme', calls: 'of user-1' }];

export const EXPECTED = {
  good: [CALLER, CALLER, CALLER, CALLER, CALLER],
  keyRequests: 1,
  none: [401, 'session-required'],
  expired: [401, 'product-token-expired'],
  otherProduct: [401, 'product-token-invalid'],
  brokenSignature: [401, 'product-token-invalid'],
  rotated: CALLER,
  signedIn: [200, { returnPath: '/cti/', users: ['user-1'] }],
  repeated: [400, 'transaction-repeated'],
  otherBrowser: [400, 'browser-mismatch'],
  cancelled: [400, 'idp-denied'],
  forgedIdToken: [400, 'token-invalid'],
};

export interface RuntimeCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly workerd?: string;
}

/** Starts the service in the runtime and drives it from Node; what it answered, or all that was printed. */
export function observe(project: ConsumerProject, runtime: RuntimeCommand): unknown {
  const { status, output } = project.run(process.execPath, ['drive.ts', JSON.stringify(runtime)]);
  return status === 0 ? JSON.parse(output) : output;
}
