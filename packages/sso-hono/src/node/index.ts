export type { AdapterEnvironment, EnvironmentDefaults } from './adapter-environment.js';
export { EnvironmentError, readAdapterEnvironment } from './adapter-environment.js';
export type { LoggerOptions } from './create-logger.js';
export { createLogger } from './create-logger.js';
export { readEncryptionKeys } from './read-encryption-keys.js';
export type { RunAdapterOptions } from './run-adapter.js';
export { runAdapter } from './run-adapter.js';
export type { RunningServer, ServeOptions } from './serve-until-stopped.js';
export { serveUntilStopped } from './serve-until-stopped.js';
