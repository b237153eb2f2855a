const PRIVATE_SUFFIX =
  /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|private|corp|lan|home|svc|arpa|onion)$/;

/**
 * Says why a webhook must not be sent to an address, or null if it may: only https to a public host
 * name. IP addresses (IPv4, IPv6) and private names are refused. An origin in `allowed` passes
 * unchecked. The name is resolved when something is sent (`services/system/public-fetch.ts`).
 */
export function webhookUrlFault(address: string, allowed: readonly string[]): string | null {
  const url = URL.parse(address);
  if (url === null) return "is not a URL";
  if (url.username !== "" || url.password !== "") return "must not carry user info";
  if (allowed.includes(url.origin)) return null;
  if (url.protocol !== "https:") return "must be https";
  const host = url.hostname.replace(/\.$/, "");
  if (/^[\d.]+$/.test(host) || host.startsWith("[")) return "must name a host, not an address";
  if (!host.includes(".") || PRIVATE_SUFFIX.test(host)) return "must name a public host";
  return null;
}
