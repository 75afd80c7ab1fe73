import type { ClientSecretKey } from '@ipscape/sso-store';
import { ACTOR, type Answer, type Command, type CommandContext } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { formatCount, formatTable, formatTime } from '../format.js';
import { wrongUsage } from '../refusal.js';

export const KEY_COMMANDS: readonly Command[] = [
  {
    words: 'keys rotate',
    summary: 'Encrypts all stored secrets anew with the first key of SSO_ENCRYPTION_KEYS.',
    about:
      'First put the new key in front of the old one in SSO_ENCRYPTION_KEYS of every adapter and of this command, and\n' +
      'restart the adapters. Then run this; it may be stopped and run again at any time. When "keys status" says that\n' +
      'the old key is not needed, take it away and restart.',
    options: [{ name: 'batch', value: 'N', text: 'secrets in one transaction (default 100)' }, ACTOR],
    example: 'keys rotate',
    run: rotate,
  },
  {
    words: 'keys status',
    summary: 'Shows which encryption keys stored secrets need.',
    options: [],
    example: 'keys status',
    run: showStatus,
  },
];

async function rotate({ deps, io, input, actor }: CommandContext): Promise<Answer> {
  const text = input.optional('batch') ?? '100';
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > 1_000)
    throw wrongUsage(`"${text}" is not a value of --batch.`, 'Choose a number from 1 to 1000.');
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
  ];
  return {
    json: { keyId: first, reencrypted, unreadable, notNeeded: free.map(({ id }) => id) },
    text: `${lines.join('\n')}\n`,
    exitCode: unreadable.length > 0 ? EXIT.refused : EXIT.done,
  };
}

async function showStatus({ deps }: CommandContext): Promise<Answer> {
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
    json: { keys },
    text: formatTable(['KEY', 'USE', 'SECRETS', 'FIRST USED', 'NEEDED'], rows, 'There are no keys.'),
    exitCode: missing ? EXIT.refused : EXIT.done,
  };
}
