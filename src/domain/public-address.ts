/**
 * IPv4 blocks that are not the public internet, as first address and length of the prefix: IANA's
 * special-purpose registry (iana.org/assignments/iana-ipv4-special-registry), multicast and
 * reserved space, and the metadata service of one cloud that has a public address.
 */
const SPECIAL_IPV4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["168.63.129.16", 32],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
];

/**
 * Blocks within 2000::/3, the global unicast space, that are not the public internet: protocol
 * assignments with Teredo, documentation, 6to4. Everything outside of that space is refused, and
 * with it loopback, unique local and link-local addresses, multicast, IPv4-mapped ones and NAT64.
 */
const SPECIAL_IPV6: readonly (readonly [string, number])[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];
const GLOBAL_IPV6 = ["2000::", 3] as const;

/** Whether a text is an IP address, and one of the public internet. */
export function isPublicAddress(text: string): boolean {
  const four = readIpv4(text);
  if (four !== null) return !SPECIAL_IPV4.some(([first, length]) => isWithin(four, readIpv4(first), length, 32));
  const six = readIpv6(text);
  if (six === null || !isWithin(six, readIpv6(GLOBAL_IPV6[0]), GLOBAL_IPV6[1], 128)) return false;
  return !SPECIAL_IPV6.some(([first, length]) => isWithin(six, readIpv6(first), length, 128));
}

/** Whether a text is an IP address, as a resolver writes one. */
export function isAddress(text: string): boolean {
  return readIpv4(text) !== null || readIpv6(text) !== null;
}

function isWithin(address: bigint, first: bigint | null, length: number, bits: number): boolean {
  const rest = BigInt(bits - length);
  return first !== null && address >> rest === first >> rest;
}

function readIpv4(text: string): bigint | null {
  if (!/^(?:\d{1,3}\.){3}\d{1,3}$/.test(text)) return null;
  const bytes = text.split(".").map(Number);
  return bytes.some((byte) => byte > 255) ? null : bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** The URL parser knows every spelling of an address, also one with an IPv4 address at its end. */
function readIpv6(text: string): bigint | null {
  if (!text.includes(":") || !/^[\da-f:.]+$/i.test(text)) return null;
  const written = URL.parse(`http://[${text}]/`)?.hostname.slice(1, -1);
  if (written === undefined) return null;
  const [head = "", tail] = written.split("::");
  const [front, back] = [groupsOf(head), groupsOf(tail ?? "")];
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => 0n);
  return [...front, ...zeros, ...back].reduce((sum, group) => (sum << 16n) | group, 0n);
}

function groupsOf(text: string): bigint[] {
  return text === "" ? [] : text.split(":").map((group) => BigInt(`0x${group}`));
}
