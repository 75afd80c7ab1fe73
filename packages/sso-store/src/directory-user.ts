import type { DirectoryUser, Product, UserRole, UserStatus } from '@ipscape/sso-core';

export interface DirectoryUserRow {
  readonly tenant_id: string;
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: UserRole;
  readonly products: Product[];
  readonly status: UserStatus;
}

export function toDirectoryUser(row: DirectoryUserRow): DirectoryUser {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    email: row.email,
    name: row.name,
    role: row.role,
    products: row.products,
    status: row.status,
  };
}
