/**
 * @module
 * Whom a limit means by "the same client". One household or office has a whole /64 of IPv6 addresses, and takes a new
 * one as it likes.
 */
import ipaddr from 'ipaddr.js';

const IPV6_PARTS_OF_64 = 4;

/**
 * An IPv4 address, the /64 of an IPv6 address, or `unknown`. Every way of writing an address gives the same text, and
 * an IPv4 address in the form of IPv6 is the IPv4 address. Without white space.
 */
export function toClientNetwork(address: string | null): string {
  if (address === null || !ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return `${(parsed as ipaddr.IPv6).parts
    .slice(0, IPV6_PARTS_OF_64)
    .map((part) => part.toString(16))
    .join(':')}::/64`;
}
