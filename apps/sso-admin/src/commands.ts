import type { Command } from './command.js';
import { ADMIN_LINK_COMMANDS } from './commands/admin-link-commands.js';
import { AUDIT_COMMANDS } from './commands/audit-commands.js';
import { CONNECTION_COMMANDS } from './commands/connection-commands.js';
import { DOCTOR_COMMANDS } from './commands/doctor-commands.js';
import { FRAME_ORIGIN_COMMANDS } from './commands/frame-origin-commands.js';
import { IDENTITY_COMMANDS } from './commands/identity-commands.js';
import { KEY_COMMANDS } from './commands/key-commands.js';
import { REVOCATION_COMMANDS } from './commands/revocation-commands.js';
import { SESSION_COMMANDS } from './commands/session-commands.js';
import { TENANT_COMMANDS } from './commands/tenant-commands.js';
import { USER_COMMANDS } from './commands/user-commands.js';
import { USER_IMPORT_COMMANDS } from './commands/user-import-commands.js';

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  ...TENANT_COMMANDS,
  ...FRAME_ORIGIN_COMMANDS,
  ...REVOCATION_COMMANDS,
  ...USER_IMPORT_COMMANDS,
  ...USER_COMMANDS,
  ...IDENTITY_COMMANDS,
  ...CONNECTION_COMMANDS,
  ...ADMIN_LINK_COMMANDS,
  ...KEY_COMMANDS,
  ...SESSION_COMMANDS,
  ...AUDIT_COMMANDS,
  ...DOCTOR_COMMANDS,
];
