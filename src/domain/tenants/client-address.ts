/** The groups of an IPv6 address that name a network: its first 64 bits. */
const NETWORK_GROUPS = 4;
const ALL_GROUPS = 8;

/**
 * The addresses that one client may choose from, as one text: an IPv4 address itself, and the /64
 * network of an IPv6 address, which is the least that a provider hands out (RFC 6177).
 */
export function clientNetwork(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.toLowerCase().split("::");
  const [front, back] = [groupsOf(head), groupsOf(tail ?? "")];
  const zeros = Array<string>(Math.max(0, ALL_GROUPS - front.length - back.length)).fill("0");
  return [...front, ...(tail === undefined ? [] : zeros), ...back].slice(0, NETWORK_GROUPS).join(":");
}

function groupsOf(part: string): string[] {
  return part === "" ? [] : part.split(":");
}
