export type { AdminDeps } from './admin-deps.js';
export type { AdminIo } from './admin-io.js';
export { createAdminDeps } from './create-admin-deps.js';
export type { ExitCode } from './exit-codes.js';
export { runCommand } from './run-command.js';
export type { AdminSocket, AdminSocketOptions } from './socket/serve-admin-socket.js';
export { serveAdminSocket } from './socket/serve-admin-socket.js';
