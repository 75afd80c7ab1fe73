/**
 * @module
 * What every store has to keep for sign-ins, sessions and product tokens to be safe. The promises are those of the
 * ports; a store may promise more.
 */
import { SsoError } from '../errors.js';
import { FOREIGN_SESSION_EVENT_SECONDS } from '../limits.js';
import type { NewSession, NewTransaction, SessionStore, SignInStore, SigningKeyStore, TenantSetup } from '../ports.js';
import type { Product } from '../products.js';
import { type ContractCase, promise, promiseEqual } from './contract.js';

/** A user of a tenant in the suite; all are active agents. */
export interface ContractUser {
  readonly id: string;
  /** Unique in its tenant; may contain upper case. */
  readonly email: string;
  readonly products: readonly Product[];
}

/** A tenant with a connection in force, to be added as it stands. */
export interface ContractTenant {
  readonly id: string;
  readonly domain: string;
  readonly users: readonly ContractUser[];
  readonly connection: {
    readonly providerId: string;
    readonly issuer: string;
    readonly clientId: string;
    readonly clientSecret: string;
  };
}

/** The parts of the ports that the suite asks for; a whole store has more. */
export type ContractStore = SignInStore &
  Pick<SessionStore, 'findSession' | 'touchSession' | 'endSession' | 'recordForeignSession'> &
  SigningKeyStore;

/** A store under test, and what no port does. */
export interface StoreHarness {
  readonly store: ContractStore;
  /** Resolves when every method of the store sees it: entitled, with the connection enabled. */
  addTenant(tenant: ContractTenant): Promise<void>;
  /** As if this time had passed for everything stored. */
  passTime(seconds: number): Promise<void>;
  /** Called once, after the case, whether it passed or not. */
  close(): Promise<void>;
}

const ISSUER = 'https://acme.okta.example';
const NOBODY = ['', '%', '*', 'null', "' or true --"];
let sequence = 0;

interface Scene {
  readonly store: ContractStore;
  readonly harness: StoreHarness;
  readonly acme: ContractTenant;
  readonly globex: ContractTenant;
  readonly setup: TenantSetup;
  newTransaction(change?: Partial<NewTransaction>): NewTransaction;
  newSession(change?: Partial<NewSession>): NewSession;
}

/**
 * The promises of the store's ports, one case each. `open` is called for every case, and what it returns is closed
 * after; tenants have new ids and domains each time, so the database may be one.
 */
export function storeContract(open: () => Promise<StoreHarness>): readonly ContractCase[] {
  const contractCase = (name: string, run: (scene: Scene) => Promise<void>): ContractCase => ({
    name,
    async run() {
      const harness = await open();
      try {
        await run(await createScene(harness));
      } finally {
        await harness.close();
      }
    },
  });
  return [...tenantCases(contractCase), ...transactionCases(contractCase), ...identityCases(contractCase)].concat(
    sessionCases(contractCase),
    keyCases(contractCase),
  );
}

type MakeCase = (name: string, run: (scene: Scene) => Promise<void>) => ContractCase;

function tenantCases(contractCase: MakeCase): readonly ContractCase[] {
  return [
    contractCase(
      'finds a tenant by its domain, with its connection and without the secret',
      async ({ acme, setup }) => {
        promiseEqual([setup.tenant.id, setup.tenant.domain], [acme.id, acme.domain], 'The tenant');
        const { providerId, issuer, clientId, clientSecret } = acme.connection;
        const { connection } = setup;
        promiseEqual(
          [connection?.providerId, connection?.issuer, connection?.clientId],
          [providerId, issuer, clientId],
          'The connection',
        );
        promise(!JSON.stringify(setup).includes(clientSecret), 'The set-up tells the client secret.');
      },
    ),
    contractCase('compares the domain exactly', async ({ store, acme }) => {
      for (const domain of [...NOBODY, acme.domain.toUpperCase(), `${acme.domain}.`, `www.${acme.domain}`]) {
        promiseEqual(await store.findTenantSetup(domain), null, `What is found for "${domain}"`);
      }
    }),
  ];
}

function transactionCases(contractCase: MakeCase): readonly ContractCase[] {
  return [
    contractCase(
      'gives a transaction to one of twenty callers, with the secret',
      async ({ store, acme, newTransaction }) => {
        const transaction = newTransaction();
        await store.saveTransaction(transaction);
        const claims = await Promise.all(Array.from({ length: 20 }, () => store.claimTransaction(transaction)));
        const won = claims.filter(({ outcome }) => outcome === 'claimed');
        promiseEqual(won.length, 1, 'The number of winners');
        const [claim] = won;
        promise(claim?.outcome === 'claimed', 'Nobody won.');
        promiseEqual(claim.clientSecret, acme.connection.clientSecret, 'The secret');
        promiseEqual(claim.transaction.nonce, transaction.nonce, 'The nonce');
        promise(
          claims.every(({ outcome }) => outcome === 'claimed' || outcome === 'repeated'),
          'A loser was told something other than "repeated".',
        );
      },
    ),
    contractCase('does not let another tenant claim a transaction or use it up', async (scene) => {
      const { store, globex, newTransaction } = scene;
      const transaction = newTransaction();
      await store.saveTransaction(transaction);
      const { stateHash } = transaction;
      for (const tenantId of [globex.id, ...NOBODY]) {
        promiseEqual((await store.claimTransaction({ tenantId, stateHash })).outcome, 'unknown', 'A foreign claim');
      }
      promiseEqual((await store.claimTransaction(transaction)).outcome, 'claimed', 'The tenant’s own claim');
    }),
    contractCase('knows no state that was not stored', async ({ store, acme }) => {
      for (const stateHash of NOBODY) {
        const claim = await store.claimTransaction({ tenantId: acme.id, stateHash });
        promiseEqual(claim.outcome, 'unknown', `The claim of "${stateHash}"`);
      }
    }),
    contractCase(
      'calls a late claim expired, and spends it all the same',
      async ({ store, harness, newTransaction }) => {
        const transaction = newTransaction({ ttlSeconds: 60 });
        await store.saveTransaction(transaction);
        await harness.passTime(61);
        promiseEqual((await store.claimTransaction(transaction)).outcome, 'expired', 'The first claim');
        promiseEqual((await store.claimTransaction(transaction)).outcome, 'repeated', 'The second claim');
      },
    ),
  ];
}

function identityCases(contractCase: MakeCase): readonly ContractCase[] {
  return [
    contractCase(
      'finds users by their canonical address, in their own tenant only',
      async ({ store, acme, globex }) => {
        const [user] = acme.users;
        const ask = async (tenantId: string, canonicalEmail: string | null) =>
          (await store.findIdentity({ tenantId, issuer: ISSUER, subject: 's', canonicalEmail })).candidates.map(
            (candidate) => candidate.user.id,
          );
        const email = user?.email.toLowerCase() ?? '';
        promiseEqual(await ask(acme.id, email), [user?.id], 'The candidates');
        promiseEqual(await ask(globex.id, email), [], 'The candidates of another tenant');
        promiseEqual(await ask(acme.id, null), [], 'The candidates without an address');
        promiseEqual(await ask(acme.id, `x${email}`), [], 'The candidates of another address');
        for (const tenantId of NOBODY) promiseEqual(await ask(tenantId, email), [], 'The candidates of nobody');
      },
    ),
    contractCase('finds the pinned user, and then nobody by address', async ({ store, acme, globex }) => {
      const [first, second] = acme.users;
      const key = { tenantId: acme.id, issuer: ISSUER, subject: 'Subject' };
      promiseEqual(await store.pinIdentity({ ...key, userId: first?.id ?? '' }), 'pinned', 'The pinning');
      const match = await store.findIdentity({ ...key, canonicalEmail: second?.email.toLowerCase() ?? '' });
      promiseEqual([match.pinned?.id, match.candidates], [first?.id, []], 'The match');
      for (const other of [
        { ...key, subject: 'subject' },
        { ...key, issuer: `${ISSUER}/` },
        { ...key, tenantId: globex.id },
      ]) {
        const { pinned } = await store.findIdentity({ ...other, canonicalEmail: null });
        promiseEqual(pinned, null, 'The user pinned to another identity');
      }
    }),
    contractCase('tells that a candidate is linked to another identity', async ({ store, acme }) => {
      const [user] = acme.users;
      const key = { tenantId: acme.id, issuer: ISSUER };
      await store.pinIdentity({ ...key, subject: 'old', userId: user?.id ?? '' });
      const canonicalEmail = user?.email.toLowerCase() ?? '';
      const { candidates } = await store.findIdentity({ ...key, subject: 'new', canonicalEmail });
      promiseEqual(
        candidates.map(({ linkedElsewhere }) => linkedElsewhere),
        [true],
        'linkedElsewhere',
      );
    }),
    contractCase('pins one of ten identities of an issuer to a user', async ({ store, acme }) => {
      const userId = acme.users[0]?.id ?? '';
      const results = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          store.pinIdentity({ tenantId: acme.id, issuer: ISSUER, subject: `subject-${index}`, userId }),
        ),
      );
      promiseEqual(results.filter((result) => result === 'pinned').length, 1, 'The number of pinned identities');
    }),
    contractCase('pins an identity to one of two users', async ({ store, acme }) => {
      const key = { tenantId: acme.id, issuer: ISSUER, subject: 'contested' };
      const results = await Promise.all(acme.users.map(({ id }) => store.pinIdentity({ ...key, userId: id })));
      promiseEqual([...results].sort(), ['conflict', 'pinned'], 'The results');
    }),
    contractCase('holds an identity any number of times', async ({ store, acme }) => {
      const key = { tenantId: acme.id, issuer: ISSUER, subject: 'held', userId: acme.users[0]?.id ?? '' };
      await store.holdIdentity(key);
      await store.holdIdentity(key);
    }),
  ];
}

/** A session rests on an identity that is its user's. */
async function openPinned(store: ContractStore, session: NewSession): Promise<void> {
  await store.pinIdentity(session);
  await store.openSession(session);
}

function sessionCases(contractCase: MakeCase): readonly ContractCase[] {
  return [
    contractCase('finds a session by its own tenant, product and handle only', async (scene) => {
      const { store, acme, globex, newSession } = scene;
      const session = newSession();
      await openPinned(store, session);
      const view = await store.findSession(session);
      promiseEqual(
        [view?.tenant, view?.product, view?.user.id, view?.transactionId],
        [{ id: acme.id, domain: acme.domain }, session.product, session.userId, session.transactionId],
        'The session',
      );
      for (const change of [
        { tenantId: globex.id },
        { product: 'cti' as const },
        { handleHash: `${session.handleHash}x` },
        ...NOBODY.map((text) => ({ tenantId: text })),
        ...NOBODY.map((text) => ({ handleHash: text })),
      ]) {
        promiseEqual(
          await store.findSession({ ...session, ...change }),
          null,
          `With ${JSON.stringify(change)} what is found`,
        );
      }
    }),
    contractCase('ends a session when nothing happened for its idle time', async ({ store, harness, newSession }) => {
      const session = newSession({ idleSeconds: 100, absoluteSeconds: 1000 });
      await openPinned(store, session);
      await harness.passTime(90);
      promise((await store.findSession(session)) !== null, 'The session ended too early.');
      await harness.passTime(11);
      promiseEqual(await store.findSession(session), null, 'The session after its idle time');
      await store.touchSession(session);
      promiseEqual(await store.findSession(session), null, 'The session that was touched too late');
    }),
    contractCase(
      'keeps a session that is touched, up to its absolute limit',
      async ({ store, harness, newSession }) => {
        const session = newSession({ idleSeconds: 100, absoluteSeconds: 250 });
        await openPinned(store, session);
        for (let time = 0; time < 3; time++) {
          await harness.passTime(80);
          promise((await store.findSession(session)) !== null, 'The session ended although it was in use.');
          await store.touchSession(session);
        }
        await harness.passTime(11);
        promiseEqual(await store.findSession(session), null, 'The session after its absolute limit');
      },
    ),
    contractCase('ends a session once, for good, and for its own tenant only', async (scene) => {
      const { store, globex, newSession } = scene;
      const session = newSession();
      await openPinned(store, session);
      promiseEqual(await store.endSession({ ...session, tenantId: globex.id }), false, 'A foreign end');
      promise((await store.findSession(session)) !== null, 'Another tenant ended the session.');
      promiseEqual(await store.endSession(session), true, 'The end');
      promiseEqual(await store.endSession(session), false, 'The second end');
      await store.touchSession(session);
      promiseEqual(await store.findSession(session), null, 'The session after its end');
    }),
    contractCase('records a session at another tenant once an hour, and leaves it as it is', async (scene) => {
      const { store, harness, globex, newSession } = scene;
      const session = newSession({ idleSeconds: 7_200 });
      await openPinned(store, session);
      const before = await store.findSession(session);
      const elsewhere = { ...session, tenantId: globex.id };
      const first = await Promise.all(Array.from({ length: 10 }, () => store.recordForeignSession(elsewhere)));
      promiseEqual(first.filter(Boolean).length, 1, 'The number of events of ten callers');
      await harness.passTime(FOREIGN_SESSION_EVENT_SECONDS - 60);
      promiseEqual(await store.recordForeignSession({ ...elsewhere, product: 'cti' }), false, 'An event soon after');
      await harness.passTime(61);
      promiseEqual(await store.recordForeignSession({ ...elsewhere, product: 'cti' }), true, 'An event an hour later');
      promiseEqual((await store.findSession(session))?.id, before?.id, 'The session after it');
    }),
    contractCase(
      'records no session but a live one of another tenant',
      async ({ store, harness, globex, newSession }) => {
        const [ended, idle] = [newSession(), newSession({ idleSeconds: 100 })];
        await openPinned(store, ended);
        await openPinned(store, idle);
        promiseEqual(await store.recordForeignSession(idle), false, 'An event of the session at its own tenant');
        for (const change of [
          { tenantId: globex.id, handleHash: `${idle.handleHash}x` },
          ...NOBODY.map((handleHash) => ({ tenantId: globex.id, handleHash })),
          ...NOBODY.map((tenantId) => ({ tenantId })),
        ]) {
          const what = `With ${JSON.stringify(change)} an event`;
          promiseEqual(await store.recordForeignSession({ ...idle, ...change }), false, what);
        }
        await store.endSession(ended);
        await harness.passTime(101);
        for (const session of [ended, idle]) {
          const recorded = await store.recordForeignSession({ ...session, tenantId: globex.id });
          promiseEqual(recorded, false, 'An event of a session that is over');
        }
      },
    ),
    contractCase('opens no session for a user whom the tenant does not have', async ({ store, globex, newSession }) => {
      for (const userId of [globex.users[0]?.id ?? '', 'nobody', '']) {
        const session = newSession({ userId });
        const error = await store.openSession(session).then(
          () => null,
          (refusal: unknown) => refusal,
        );
        promise(error === null || SsoError.is(error), 'The store rejected with something other than an SsoError.');
        promiseEqual(await store.findSession(session), null, 'The session');
      }
    }),
  ];
}

function keyCases(contractCase: MakeCase): readonly ContractCase[] {
  return [
    contractCase('makes a tenant’s signing key once, whoever asks', async ({ store, acme, globex }) => {
      const keys = await Promise.all(Array.from({ length: 10 }, () => store.findSigningKey(acme.id)));
      promiseEqual(new Set(keys.map((key) => key?.kid)).size, 1, 'The number of keys');
      const published = await store.listPublishedKeys(acme.id);
      promiseEqual(
        published.map(({ kid }) => kid),
        [keys[0]?.kid],
        'The published keys',
      );
      promise((await store.findSigningKey(globex.id))?.kid !== keys[0]?.kid, 'Two tenants share a key.');
    }),
    contractCase('publishes no private member', async ({ store, acme }) => {
      const published = await store.listPublishedKeys(acme.id);
      promise(published.length > 0, 'No key is published.');
      for (const key of published) {
        promiseEqual(Object.keys(key).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'], 'The members');
      }
    }),
    contractCase('has no keys for a tenant that there is not', async ({ store }) => {
      for (const tenantId of NOBODY) {
        promiseEqual(await store.findSigningKey(tenantId), null, 'The key');
        promiseEqual(await store.listPublishedKeys(tenantId), [], 'The published keys');
      }
    }),
  ];
}

async function createScene(harness: StoreHarness): Promise<Scene> {
  const [acme, globex] = [newTenant(), newTenant()];
  await harness.addTenant(acme);
  await harness.addTenant(globex);
  const { store } = harness;
  const setup = await store.findTenantSetup(acme.domain);
  promise(setup?.connection != null, 'The tenant that was added is not found, or has no connection.');
  const { connectionId, revisionId, issuer, clientId } = setup.connection;
  return {
    store,
    harness,
    acme,
    globex,
    setup,
    newTransaction: (change = {}) => ({
      tenantId: acme.id,
      product: 'workspace',
      purpose: 'sign-in',
      connectionId,
      revisionId,
      issuer,
      clientId,
      redirectUri: `https://${acme.domain}/workspace/security/sso-oauth-callback`,
      returnPath: '/workspace/',
      nonce: unique('nonce'),
      codeVerifier: unique('verifier'),
      browserHash: unique('browser'),
      stateHash: unique('state'),
      ttlSeconds: 600,
      ...change,
    }),
    newSession: (change = {}) => ({
      tenantId: acme.id,
      userId: acme.users[0]?.id ?? '',
      product: 'workspace',
      connectionId,
      transactionId: unique('transaction'),
      issuer,
      subject: 'subject',
      handleHash: unique('handle'),
      authTimeSeconds: null,
      idleSeconds: 3_600,
      absoluteSeconds: 43_200,
      reference: unique('R').slice(0, 9),
      idToken: null,
      ...change,
    }),
  };
}

function newTenant(): ContractTenant {
  const id = unique('tenant');
  const user = (name: string): ContractUser => ({
    id: unique(name),
    email: `${name}@${id}.example`,
    products: ['workspace', 'cti'],
  });
  return {
    id,
    domain: `${id}.ipscape.example`,
    users: [user('Ann'), user('bob')],
    connection: { providerId: 'okta', issuer: ISSUER, clientId: '0oaContract', clientSecret: unique('secret') },
  };
}

function unique(name: string): string {
  sequence += 1;
  return `${name}-${crypto.randomUUID()}-${sequence}`.toLowerCase();
}
