import type { ResolvedAddress } from "../services/system/public-fetch.ts";

/** What the platform's resolver throws for a name that has no address of the family asked for. */
const NO_ADDRESS = new Set<unknown>(["ENOTFOUND", "ENODATA", "NOTFOUND", "NODATA"]);

/**
 * The addresses of a name. On Workers, `node:dns` asks Cloudflare's resolver over HTTPS
 * (developers.cloudflare.com/workers/runtime-apis/nodejs/dns).
 */
export async function resolveName(name: string): Promise<ResolvedAddress[]> {
  // Few requests call a name of a tenant's own, so its modules are not loaded at start-up.
  const { promises: dns } = await import("node:dns");
  const asked = [dns.resolve4(name, { ttl: true }), dns.resolve6(name, { ttl: true })];
  return (await Promise.all(asked.map(orNone))).flat();
}

async function orNone(asked: Promise<ResolvedAddress[]>): Promise<ResolvedAddress[]> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Error && "code" in error && NO_ADDRESS.has(error.code)) return [];
    throw error;
  }
}
