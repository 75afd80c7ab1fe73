/**
 * @module
 * A tenant with a connection in force and a user, made through the store's own methods.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { DirectoryUser, NewSession, NewTransaction, Product, Tenant } from '@ipscape/sso-core';
import type { ConnectionRevision } from '../src/administration/connection-administration.js';
import type { SsoStore } from '../src/assemble-store.js';

export interface Scene {
  readonly tenant: Tenant;
  readonly user: DirectoryUser;
  readonly revision: ConnectionRevision;
  readonly secret: string;
  newTransaction(change?: Partial<NewTransaction>): NewTransaction;
  newSession(change?: Partial<NewSession>): NewSession;
  addUser(change?: {
    readonly email?: string;
    readonly id?: string;
    readonly products?: readonly Product[];
  }): Promise<DirectoryUser>;
  /** A further revision in force. */
  activate(change?: { readonly issuer?: string; readonly providerId?: string }): Promise<ConnectionRevision>;
}

export const ACTOR = 'test';
export const ISSUER = 'https://acme.okta.com';

/** A hash as the libraries make it: SHA-256 in base64url. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/** Opens a session whose identity is pinned before, unless it is somebody's already. */
export async function openSession(store: SsoStore, session: NewSession): Promise<void> {
  await store.pinIdentity(session);
  await store.openSession(session);
}

/** Every scene is a tenant of its own, so that tests of one database do not see each other. */
export async function createScene(store: SsoStore): Promise<Scene> {
  const id = randomUUID();
  const domain = `${id}.ipscape.example`;
  await store.addTenant({ id, name: `Tenant ${id}`, domain, actor: ACTOR });
  await store.setSsoEntitlement({ tenantId: id, entitled: true, actor: ACTOR });
  const tenant = await store.findTenant(id);
  if (tenant === null) throw new Error('The tenant was not added.');

  const addUser: Scene['addUser'] = ({
    email = `${randomUUID()}@acme.example`,
    products = ['workspace', 'cti'] satisfies Product[],
    ...rest
  } = {}) => store.addUser({ tenantId: id, email, name: 'Alice', role: 'agent', products, actor: ACTOR, ...rest });
  const secret = `secret-${randomUUID()}`;
  const activate: Scene['activate'] = async ({ issuer = ISSUER, providerId = 'okta' } = {}) => {
    const draft = { tenantId: id, providerId, issuer, clientId: 'client', config: { host: 'acme.okta.com' } };
    const { revisionId } = await store.createDraft({ ...draft, clientSecret: { value: secret }, actor: ACTOR });
    await store.markAuthorised({ tenantId: id, revisionId, actor: ACTOR });
    await store.activateRevision({ tenantId: id, revisionId, actor: ACTOR });
    const revision = await store.findRevision(id, revisionId);
    if (revision === null) throw new Error('The revision was not made.');
    return revision;
  };
  const user = await addUser();
  const revision = await activate();

  return {
    tenant,
    user,
    revision,
    secret,
    addUser,
    activate,
    newTransaction: (change = {}) => ({
      tenantId: id,
      product: 'workspace',
      purpose: 'sign-in',
      connectionId: revision.connectionId,
      revisionId: revision.revisionId,
      issuer: revision.issuer,
      clientId: revision.clientId,
      redirectUri: `https://${domain}/workspace/security/sso-oauth-callback`,
      returnPath: '/workspace/',
      nonce: 'nonce',
      codeVerifier: 'verifier',
      browserHash: hashOf('browser'),
      stateHash: hashOf(randomUUID()),
      ttlSeconds: 600,
      ...change,
    }),
    newSession: (change = {}) => ({
      tenantId: id,
      userId: user.id,
      product: 'workspace',
      connectionId: revision.connectionId,
      transactionId: randomUUID(),
      issuer: ISSUER,
      subject: 'subject',
      handleHash: hashOf(randomUUID()),
      authTimeSeconds: null,
      idleSeconds: 3600,
      absoluteSeconds: 43_200,
      reference: randomUUID().slice(0, 8),
      idToken: null,
      ...change,
    }),
  };
}
