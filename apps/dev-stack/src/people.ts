/**
 * @module
 * The two tenants of the local stack and the people in them: one for each thing that can happen at a sign-in.
 */
import type { Product, UserRole } from '@ipscape/sso-core';

export interface Person {
  readonly role: string;
  readonly name: string;
  /** What happens when this person signs in, for the printed list. */
  readonly story: string;
  readonly ipscape: {
    readonly role: UserRole;
    readonly products: readonly Product[];
    readonly disabled?: boolean;
  } | null;
  readonly okta: 'assigned' | 'unassigned';
}

const ALL: readonly Product[] = ['workspace', 'cti', 'toolbar'];

export const PEOPLE: readonly Person[] = [
  {
    role: 'admin',
    name: 'Ada Administrator',
    story: 'administrator, all products',
    ipscape: { role: 'administrator', products: ALL },
    okta: 'assigned',
  },
  {
    role: 'agent',
    name: 'Arun Agent',
    story: 'agent, all products',
    ipscape: { role: 'agent', products: ALL },
    okta: 'assigned',
  },
  {
    role: 'toolbar-only',
    name: 'Tessa Toolbar',
    story: 'refused by Workspace and CTI Adaptor',
    ipscape: { role: 'agent', products: ['toolbar'] },
    okta: 'assigned',
  },
  {
    role: 'inactive',
    name: 'Ines Inactive',
    story: 'refused: disabled in ipSCAPE',
    ipscape: { role: 'agent', products: ALL, disabled: true },
    okta: 'assigned',
  },
  { role: 'not-in-ipscape', name: 'Noor Newcomer', story: 'refused: in Okta only', ipscape: null, okta: 'assigned' },
  {
    role: 'unassigned',
    name: 'Umar Unassigned',
    story: 'refused by Okta: not assigned to the app',
    ipscape: { role: 'agent', products: ALL },
    okta: 'unassigned',
  },
];

export interface DevTenant {
  readonly name: 'acme' | 'globex';
  readonly title: string;
  /** Whether its Okta org is connected from the start. */
  readonly connected: boolean;
}

export const TENANTS: readonly DevTenant[] = [
  { name: 'acme', title: 'Acme', connected: true },
  { name: 'globex', title: 'Globex', connected: false },
];

export function emailOf(person: Pick<Person, 'role'>, tenant: Pick<DevTenant, 'name'>): string {
  return `${person.role}@${tenant.name}.example`;
}

export function domainOf(tenant: Pick<DevTenant, 'name'>): string {
  return `${tenant.name}.localhost`;
}
