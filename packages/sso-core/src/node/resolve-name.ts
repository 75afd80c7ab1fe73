/**
 * @module
 * Resolves host names of providers without the operating system's resolver. That one works on a handful of threads
 * which everything in the process shares, so a few names whose servers never answer would hold up every tenant.
 *
 * It asks the name servers of the system directly: the hosts file and search domains have no say.
 */
import { Resolver, TIMEOUT } from 'node:dns/promises';

/** One address of a host name. It is connected to only after it was found to be public. */
export interface ResolvedAddress {
  /** IPv4 or IPv6, as text. */
  readonly address: string;
  /** 4 or 6. */
  readonly family: number;
}

/**
 * All addresses of a host name, at least one; rejects when it has none or nobody answers. The fetch refuses the name if
 * any of them is not public.
 */
export type ResolveName = (hostname: string) => Promise<readonly ResolvedAddress[]>;

export interface NameResolverOptions {
  /** `address` or `address:port` of each name server. Default: the system's, read anew for each look-up. */
  readonly nameServers?: readonly string[];
  /** After which a look-up that has found nothing ends. Default 2,000. */
  readonly timeoutMs?: number;
}

/** Of one question to one name server. The second try has more. */
const TRY_MS = 800;
const TRIES = 2;
/** How long the other family may still take once one has given an address. */
const OTHER_FAMILY_MS = 250;
/** Names that are looked up at the same time in one process. */
const MAX_NAMES = 1_000;

/** A name server did not answer in time. */
export class NameTimeout extends Error {
  readonly code = TIMEOUT;
}

/**
 * A resolver that asks for IPv4 and IPv6 addresses together. Any number of callers with one name cause one look-up;
 * a name whose servers never answer costs its own callers `timeoutMs` and nobody else anything.
 *
 * @returns a function that rejects with {@link NameTimeout} or the error of the name server, e.g. code `ENOTFOUND`.
 */
export function createNameResolver({ nameServers, timeoutMs = 2_000 }: NameResolverOptions = {}): ResolveName {
  const pending = new Map<string, Promise<readonly ResolvedAddress[]>>();
  return async (hostname) => {
    const name = hostname.toLowerCase();
    const known = pending.get(name);
    if (known !== undefined) return known;
    if (pending.size >= MAX_NAMES) throw Object.assign(new Error('Too many names at once.'), { code: 'EBUSY' });
    const lookUp = askBothFamilies(name, nameServers, timeoutMs).finally(() => pending.delete(name));
    pending.set(name, lookUp);
    return lookUp;
  };
}

async function askBothFamilies(
  hostname: string,
  nameServers: readonly string[] | undefined,
  timeoutMs: number,
): Promise<readonly ResolvedAddress[]> {
  // One for each look-up, because cancelling ends everything that a resolver was asked.
  const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES });
  if (nameServers !== undefined) resolver.setServers(nameServers);
  const toAddresses = (family: number) => (addresses: readonly string[]) =>
    addresses.map((address) => ({ address, family }));
  const families = [resolver.resolve4(hostname).then(toAddresses(4)), resolver.resolve6(hostname).then(toAddresses(6))];
  let isCancelled = false;
  const cancel = (): void => {
    isCancelled = true;
    resolver.cancel();
  };
  const deadline = setTimeout(cancel, timeoutMs);
  let patience: NodeJS.Timeout | undefined;
  const waitForOther = (addresses: readonly ResolvedAddress[]): void => {
    if (addresses.length > 0) patience ??= setTimeout(cancel, OTHER_FAMILY_MS);
  };
  for (const family of families) family.then(waitForOther, () => {});
  try {
    const answers = await Promise.allSettled(families);
    const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (addresses.length > 0) return addresses;
    const failure = answers.find((answer) => answer.status === 'rejected')?.reason as unknown;
    if (!(isCancelled || isTimeout(failure))) throw failure;
    throw new NameTimeout('The name servers did not answer in time.', { cause: failure });
  } finally {
    clearTimeout(deadline);
    clearTimeout(patience);
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === TIMEOUT;
}
