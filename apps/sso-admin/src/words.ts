/**
 * @module
 * The words of roles and statuses, as people type them.
 */
import type { UserRole, UserStatus } from '@ipscape/sso-core';

export const ROLES = ['administrator', 'supervisor', 'agent'] as const satisfies readonly UserRole[];
export const STATUSES = ['active', 'disabled'] as const satisfies readonly UserStatus[];
