import { join } from 'node:path';

/** Longest path that a socket may have everywhere, in bytes. */
const MAX_BYTES = 103;

/** Where the stack of a data folder listens, or why it cannot. */
export function socketPath(dataDirectory: string): { readonly path: string } | { readonly reason: string } {
  if (process.platform === 'win32') {
    return { reason: 'On Windows sso-admin does not work beside a running local stack: stop the stack first.' };
  }
  const path = join(dataDirectory, 'sso-admin.sock');
  if (Buffer.byteLength(path) <= MAX_BYTES) return { path };
  return {
    reason: `sso-admin cannot work beside a running local stack, because the path ${path} is too long for a socket: choose a shorter SSO_DATA_DIR.`,
  };
}
