/**
 * @module
 * What is known about a request beneath HTTP: who sent it and under which host name. Forwarded headers count only when
 * the sender is one of the configured proxies; from anybody else they are text that a stranger wrote.
 */
import ipaddr from 'ipaddr.js';

export interface RequestFactsInput {
  /** Address of the TCP peer, or null when there is none (an in-process request). */
  readonly peerAddress: string | null;
  readonly header: (name: string) => string | undefined;
}

/** What may be relied on about a request. From a client that is not a trusted proxy no forwarded header counts. */
export interface RequestFacts {
  /** Lower-case host with its port if it has one, or null when it is missing or not one name. */
  readonly host: string | null;
  /** The nearest address that is not one of our proxies. */
  readonly clientAddress: string | null;
  /** What the browser used, where a proxy of ours said so. */
  readonly protocol: 'https' | 'http' | null;
  /** `traceparent` of W3C Trace Context, where a proxy of ours sent it. */
  readonly traceParent: string | null;
}

export type ReadRequestFacts = (input: RequestFactsInput) => RequestFacts;

/**
 * @param trustedProxies - CIDR blocks or addresses. Empty: forwarded headers are ignored.
 * @throws TypeError for a text that is neither.
 */
export function createRequestFacts(trustedProxies: readonly string[]): ReadRequestFacts {
  const blocks = trustedProxies.map(parseBlock);
  const isTrusted = (address: string | null): boolean => {
    if (address === null || !isAddress(address)) return false;
    const parsed = ipaddr.process(address);
    return blocks.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits));
  };
  return ({ peerAddress, header }) => {
    if (!isTrusted(peerAddress)) return { ...NOT_FORWARDED, host: toHost(header('host')), clientAddress: peerAddress };
    const forwardedProtocol = lastOf(header('x-forwarded-proto'))?.toLowerCase();
    return {
      host: toHost(lastOf(header('x-forwarded-host')) ?? header('host')),
      clientAddress: nearestStranger(header('x-forwarded-for'), isTrusted) ?? peerAddress,
      protocol: forwardedProtocol === 'https' || forwardedProtocol === 'http' ? forwardedProtocol : null,
      traceParent: header('traceparent') ?? null,
    };
  };
}

const NOT_FORWARDED = { protocol: null, traceParent: null } as const;

/** Written in full: "10" and "0x7f.1" are addresses to some readers, and not what anybody meant. */
function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
}

function parseBlock(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  if (ipaddr.IPv4.isValidCIDRFourPartDecimal(text) || ipaddr.IPv6.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  if (!isAddress(text)) throw new TypeError(`"${text}" is neither an address nor a CIDR block.`);
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

/** Of a list the nearest proxy wrote the last entry; the earlier ones came from outside. */
function lastOf(value: string | undefined): string | undefined {
  const last = value?.split(',').at(-1)?.trim();
  return last === '' ? undefined : last;
}

function nearestStranger(value: string | undefined, isTrusted: (address: string) => boolean): string | null {
  const addresses = (value ?? '').split(',').map((entry) => entry.trim());
  const stranger = addresses.findLast((address) => !isTrusted(address));
  // What stands before an entry that cannot be read was written by nobody we know.
  return stranger !== undefined && isAddress(stranger) ? stranger : null;
}

/** Without the flag `u`, the case-insensitive match folds ASCII only. */
const HOST = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::\d{1,5})?$/i;

function toHost(value: string | undefined): string | null {
  // Before it is lower-cased: a Kelvin sign becomes a k by that.
  return value !== undefined && HOST.test(value) ? value.toLowerCase() : null;
}

/**
 * The registered domain that a host stands for, or null: the port must be the one that browsers use, written or left
 * out as the protocol's default.
 */
export function toDomain(host: string, publicPort: number | null, defaultPort: number): string | null {
  const [domain, port] = host.split(':');
  const given = port === undefined ? defaultPort : Number(port);
  return domain !== undefined && given === (publicPort ?? defaultPort) ? domain : null;
}
