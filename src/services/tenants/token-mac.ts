import { formatMac, MAC_BYTES, type ParsedToken } from "../../domain/tenants/api-key.ts";
import { fromHex } from "../../lib/encoding.ts";
import { areEqual, hmacHex } from "../../lib/hash.ts";

/** The MAC of a token with this key id and these random characters. */
export async function tokenMac(pepper: string, keyId: string, secret: string): Promise<string> {
  // Digests of secrets are HMACs of the random characters alone, so no digest is ever a MAC.
  const hex = await hmacHex(pepper, `token|${keyId}|${secret}`);
  return formatMac(fromHex(hex.slice(0, 2 * MAC_BYTES)));
}

/** Whether the token carries our MAC, so that this deployment must have issued it. */
export async function hasOurMac(pepper: string, { key_id, secret, mac }: ParsedToken): Promise<boolean> {
  return mac !== null && areEqual(mac, await tokenMac(pepper, key_id, secret));
}
