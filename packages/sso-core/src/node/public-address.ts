/**
 * @module
 * Which IP addresses an identity provider may have: global unicast ones. No I/O.
 */
import ipaddr from 'ipaddr.js';

/**
 * The one block of IPv6 from which public addresses are given out. ipaddr.js knows the special purposes within it, but
 * counts what lies outside, such as the deprecated `::/96`, as ordinary unicast.
 *
 * @see https://www.iana.org/assignments/ipv6-address-space/
 */
const GLOBAL_UNICAST_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** Whether an address is one that any host on the Internet could have. False for anything that is not an address. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  // IPv4 inside IPv6 is never public: no name server has a reason to answer it.
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || parsed.match(GLOBAL_UNICAST_IPV6);
}
