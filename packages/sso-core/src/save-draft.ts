/**
 * @module
 * From what was typed to a draft revision, or to what has to be corrected.
 */
import type { DraftInput, DraftResult, FieldDifference } from './connection-settings.js';
import type { StoredRevision } from './connection-store.js';
import { SsoError } from './errors.js';
import { type ConfigRepair, formFields, type OidcProvider } from './provider.js';
import type { SettingsDeps } from './settings-deps.js';
import { toRevisionView } from './settings-view.js';

const SECRET_AGAIN =
  'Type the secret again: it is kept only while the other settings that decide where it is sent stay the same.';
/** Only to find out whether the rest is usable; never stored. A provider must accept some such secret. */
const STAND_IN = 'kept-secret-of-forty-characters-0123456789';

/** Nothing is saved unless everything is usable. */
export async function saveDraft(input: DraftInput, { store, signIn }: SettingsDeps): Promise<DraftResult> {
  const { tenant, actor, seenRevisionId } = input;
  const provider = signIn.providers.find(input.providerId);
  if (provider === null) return { outcome: 'invalid', errors: { providerId: 'Select a provider from the list.' } };
  const typedSecret = input.values.clientSecret;
  const keepsSecret = typedSecret === undefined || (typeof typedSecret === 'string' && typedSecret.trim() === '');
  const values = keepsSecret ? { ...input.values, clientSecret: STAND_IN } : input.values;
  const parsed = provider.parseConfig(values, signIn.context);
  if (!parsed.ok) return { outcome: 'invalid', errors: parsed.errors };

  const { clientId, clientSecret, ...config } = { ...parsed.config };
  const issuer = provider.issuer({ ...parsed.config }, signIn.context);
  const draft = {
    tenantId: tenant.id,
    providerId: provider.id,
    issuer,
    clientId,
    config,
    clientSecret: keepsSecret ? ('keep' as const) : { value: clientSecret },
    repairs: [...tellRepairs(provider, { ...parsed.config }, parsed.repairs), ...(parsed.notices ?? [])],
    actor: actor.userId,
    seenRevisionId,
  };
  try {
    const revision = await store.createDraft(draft);
    return { outcome: 'saved', revision: toRevisionView(revision, actor.email), repairs: revision.repairs };
  } catch (error) {
    if (!SsoError.is(error)) throw error;
    if (error.details.reason === 'client-secret-required') {
      return { outcome: 'invalid', errors: { clientSecret: SECRET_AGAIN } };
    }
    if (error.code !== 'revision-conflict') throw error;
    const connection = await store.findConnection(tenant.id);
    const newest = connection?.pending ?? connection?.active;
    if (newest == null) throw error;
    return {
      outcome: 'conflict',
      newest: toRevisionView(newest),
      differences: findDifferences(provider, { ...config, clientId }, newest),
    };
  }
}

/** What was changed, to what, and why; one text a field. What was taken away is not repeated, and no secret is. */
function tellRepairs(
  provider: OidcProvider,
  config: Readonly<Record<string, unknown>>,
  repairs: readonly ConfigRepair[],
): readonly string[] {
  return formFields(provider).flatMap(({ name, label, secret }) => {
    const why = repairs.filter(({ field }) => field === name).map(({ explanation }) => explanation);
    if (why.length === 0) return [];
    const to = secret ? '' : ` to ${String(config[name])}`;
    return [`We changed the ${label} that you typed${to}. ${why.join(' ')}`];
  });
}

/** By field name, without secrets. */
function findDifferences(
  provider: OidcProvider,
  yours: Readonly<Record<string, string>>,
  newest: StoredRevision,
): readonly FieldDifference[] {
  const theirs: Readonly<Record<string, string>> = { ...newest.config, clientId: newest.clientId };
  return formFields(provider)
    .filter(({ name, secret }) => !secret && yours[name] !== theirs[name])
    .map(({ name }) => ({ field: name, yours: yours[name] ?? '', theirs: theirs[name] ?? '' }));
}
