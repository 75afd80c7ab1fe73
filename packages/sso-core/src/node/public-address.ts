/**
 * @module
 * Which IP addresses an identity provider may have: global unicast ones. No I/O.
 */
import ipaddr from 'ipaddr.js';

/**
 * Blocks of the IANA special-purpose registries that ipaddr.js counts as ordinary unicast, because they are
 * deprecated, documentation, or translate to an IPv4 address of the sender's choice.
 */
const ALSO_REFUSED = [
  '::/96',
  '64:ff9b:1::/48',
  '2001::/23',
  '3fff::/20',
  '5f00::/16',
  'fec0::/10',
  '192.88.99.0/24',
].map((block) => ipaddr.parseCIDR(block));

/** Whether an address is one that any host on the Internet could have. False for anything that is not an address. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  // IPv4 inside IPv6 is judged as the IPv4 address that the packets go to.
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  return !ALSO_REFUSED.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits));
}
