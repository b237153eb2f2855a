/**
 * Whether calls may go to an address by its scheme: https, or http on this machine. The URL parser
 * has normalised other spellings of 127.0.0.0/8 (decimal, octal, short).
 */
export function isCallable(address: string | URL): boolean {
  const url = typeof address === "string" ? URL.parse(address) : address;
  if (url === null) return false;
  const { protocol, hostname } = url;
  if (protocol === "https:") return true;
  return protocol === "http:" && (hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname));
}
