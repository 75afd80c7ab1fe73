import type { ClientSecretKey, SigningKeyName, SigningKeyStatus } from '@ipscape/sso-store';
import { ACTOR, type Answer, type Command, type CommandContext, TENANT } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { findTenant } from '../find-tenant.js';
import { formatCount, formatTable, formatTime } from '../format.js';
import { wrongUsage } from '../refusal.js';

export const KEY_COMMANDS: readonly Command[] = [
  {
    words: 'keys rotate',
    summary: 'Encrypts all stored secrets anew with the first key of SSO_ENCRYPTION_KEYS; replaces signing keys.',
    about:
      'First put the new key in front of the old one in SSO_ENCRYPTION_KEYS of every adapter and of this command, and\n' +
      'restart the adapters. Then run this; it may be stopped and run again at any time. When "keys status" says that\n' +
      'the old key is not needed, take it away and restart.\n' +
      'Signing keys of product tokens replace themselves every 30 days. --signing-keys does it before: "planned" goes\n' +
      'unnoticed, as the new key signs a day later; "at-once" is for keys that somebody else may have, and refuses what\n' +
      'they signed within five minutes.',
    options: [
      { name: 'batch', value: 'N', text: 'secrets in one transaction (default 100)' },
      {
        name: 'signing-keys',
        value: 'WHEN',
        text: 'also replace the signing keys of product tokens',
        choices: ['planned', 'at-once'],
      },
      { ...TENANT, text: 'replace the signing keys of this tenant only', required: false },
      ACTOR,
    ],
    example: 'keys rotate',
    run: rotate,
  },
  {
    words: 'keys status',
    summary: 'Shows which encryption keys stored secrets need, and a tenant’s signing keys.',
    options: [{ ...TENANT, text: 'also show the signing keys of this tenant', required: false }],
    example: 'keys status',
    run: showStatus,
  },
];

async function rotate({ deps, io, input, actor }: CommandContext): Promise<Answer> {
  const text = input.optional('batch') ?? '100';
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > 1_000)
    throw wrongUsage(`"${text}" is not a value of --batch.`, 'Choose a number from 1 to 1000.');
  const urgency = input.optional('signing-keys') as 'planned' | 'at-once' | null;
  const named = input.optional('tenant');
  if (named !== null && urgency === null)
    throw wrongUsage('--tenant is only for --signing-keys.', 'Leave it out, or add --signing-keys planned.');
  const tenantId = named === null ? null : (await findTenant(deps, named)).id;
  const unreadable: ClientSecretKey[] = [];
  let reencrypted = 0;
  let after: ClientSecretKey | null = null;
  do {
    io.signal.throwIfAborted();
    const batch = await deps.store.reencryptClientSecrets({ after, limit, actor });
    reencrypted += batch.reencrypted;
    unreadable.push(...batch.unreadable);
    after = batch.next;
  } while (after !== null);
  const signing = await reencryptSigningKeys({ deps, io, actor }, limit);
  reencrypted += signing.reencrypted;
  const replaced = urgency === null ? [] : await replaceSigningKeys({ deps, io, actor }, { tenantId, urgency });
  // A key that was replaced at once is gone, readable or not.
  const unreadableSigningKeys = urgency === 'at-once' ? await stillThere(deps, signing.unreadable) : signing.unreadable;
  const keys = await deps.store.listEncryptionKeys();
  const first = keys.find(({ encrypts }) => encrypts)?.id ?? '';
  const free = keys.filter(({ encrypts, configured, secrets }) => !encrypts && configured && secrets === 0);
  const lines = [
    `Encrypted ${formatCount(reencrypted, 'secret')} anew with the key "${first}".`,
    ...free.map(({ id }) => `The key "${id}" is not needed any more: take it out of SSO_ENCRYPTION_KEYS.`),
    ...unreadable.map(
      ({ tenantId, revisionId, slot }) =>
        `No configured key opens the ${slot} secret of revision ${revisionId}, tenant ${tenantId}: enter it anew on the settings page.`,
    ),
    ...unreadableSigningKeys.map(
      ({ tenantId: id, kid }) =>
        `No configured key opens the signing key ${kid}, tenant ${id}: run "keys rotate --signing-keys at-once --tenant ${id}".`,
    ),
    ...(urgency === null
      ? []
      : [
          `Replaced the signing keys of ${formatCount(replaced.length, 'tenant')}: the new ones sign ${urgency === 'planned' ? 'in 25 hours' : 'now'}.`,
        ]),
  ];
  return {
    json: {
      keyId: first,
      reencrypted,
      unreadable,
      unreadableSigningKeys,
      notNeeded: free.map(({ id }) => id),
      signingKeysReplaced: replaced,
    },
    text: `${lines.join('\n')}\n`,
    exitCode: unreadable.length + unreadableSigningKeys.length > 0 ? EXIT.refused : EXIT.done,
  };
}

type Work = Pick<CommandContext, 'deps' | 'io' | 'actor'>;

async function reencryptSigningKeys({ deps, io, actor }: Work, limit: number) {
  const unreadable: SigningKeyName[] = [];
  let reencrypted = 0;
  let after: SigningKeyName | null = null;
  do {
    io.signal.throwIfAborted();
    const batch = await deps.store.reencryptSigningKeys({ after, limit, actor });
    reencrypted += batch.reencrypted;
    unreadable.push(...batch.unreadable);
    after = batch.next;
  } while (after !== null);
  return { reencrypted, unreadable };
}

/** Of one tenant, or of all that have any. Returns whose were replaced. */
async function replaceSigningKeys(
  { deps, io, actor }: Work,
  input: { readonly tenantId: string | null; readonly urgency: 'planned' | 'at-once' },
): Promise<readonly string[]> {
  const { tenantId, urgency } = input;
  const tenantIds = tenantId === null ? (await deps.store.listTenants()).map(({ id }) => id) : [tenantId];
  const replaced: string[] = [];
  for (const id of tenantIds) {
    io.signal.throwIfAborted();
    if ((await deps.store.listSigningKeys(id)).length === 0) continue;
    await deps.store.rotateSigningKeys({ tenantId: id, urgency, actor });
    replaced.push(id);
  }
  return replaced;
}

async function stillThere(deps: CommandContext['deps'], names: readonly SigningKeyName[]) {
  const there: SigningKeyName[] = [];
  for (const name of names) {
    const known = await deps.store.listSigningKeys(name.tenantId);
    if (known.some(({ kid }) => kid === name.kid)) there.push(name);
  }
  return there;
}

async function showStatus({ deps, input }: CommandContext): Promise<Answer> {
  const named = input.optional('tenant');
  const signingKeys = named === null ? null : await deps.store.listSigningKeys((await findTenant(deps, named)).id);
  const keys = await deps.store.listEncryptionKeys();
  const rows = keys.map((key) => [
    key.id,
    key.encrypts ? 'encrypts' : key.configured ? 'decrypts' : 'not configured',
    String(key.secrets),
    formatTime(key.firstUsedAt),
    key.secrets > 0 && !key.configured ? 'MISSING' : key.encrypts || key.secrets > 0 ? 'yes' : 'no',
  ]);
  const missing = keys.some(({ configured, secrets }) => !configured && secrets > 0);
  return {
    json: signingKeys === null ? { keys } : { keys, signingKeys },
    text:
      formatTable(['KEY', 'USE', 'SECRETS', 'FIRST USED', 'NEEDED'], rows, 'There are no keys.') +
      (signingKeys === null ? '' : `\n${formatSigningKeys(signingKeys)}`),
    exitCode: missing ? EXIT.refused : EXIT.done,
  };
}

function formatSigningKeys(keys: readonly SigningKeyStatus[]): string {
  const rows = keys.map(({ kid, state, signsFrom, signsUntil, keyId }) => [
    kid,
    state,
    formatTime(signsFrom),
    formatTime(signsUntil),
    keyId,
  ]);
  const titles = ['SIGNING KEY', 'STATE', 'SIGNS FROM', 'SIGNS UNTIL', 'ENCRYPTED WITH'];
  return formatTable(titles, rows, 'The tenant has no signing keys yet: the first product token makes one.');
}
