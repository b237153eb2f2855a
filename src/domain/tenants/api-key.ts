import { crc32 } from "node:zlib";
import { base62 } from "../../lib/base62.ts";
import { isId } from "../id.ts";

/** The permissions of an API key. `admin` manages keys and providers, and includes all others. */
export const SCOPES = [
  "prompts:read",
  "prompts:write",
  "prompts:approve",
  "executions:write",
  "executions:read",
  "usage:read",
  "priority:high",
  "admin",
] as const;
/** One of {@link SCOPES}. */
export type KeyScope = (typeof SCOPES)[number];

/** The caller that an API key identifies. No other part of a request may name the tenant. */
export interface Principal {
  tenant_id: string;
  key_id: string;
  scopes: readonly KeyScope[];
}

/** Whether a principal has `scope`, by itself or through `admin`. */
export function allows(principal: Principal, scope: KeyScope): boolean {
  return principal.scopes.includes(scope) || principal.scopes.includes("admin");
}

/** Random bytes in a secret: 192 bits. */
export const SECRET_BYTES = 24;
const SECRET_LENGTH = 33;
/** Bytes of the MAC in a token: 64 bits. */
export const MAC_BYTES = 8;
const MAC_LENGTH = 11;
const CHECKSUM_LENGTH = 6;
const TOKEN = /^pbt_[a-z0-9]{1,16}_([0-9a-f]{32})_([0-9A-Za-z]{33})([0-9A-Za-z]{11})?([0-9A-Za-z]{6})$/;

/** The parts of a bearer token. `mac` is null in tokens from before there were MACs. */
export interface ParsedToken {
  key_id: string;
  secret: string;
  mac: string | null;
}

/** The text of a secret of {@link SECRET_BYTES} random bytes. */
export function formatSecret(random: Uint8Array): string {
  return base62(random, SECRET_LENGTH);
}

/** The text of a MAC of {@link MAC_BYTES} bytes. */
export function formatMac(bytes: Uint8Array): string {
  return base62(bytes, MAC_LENGTH);
}

/**
 * The bearer token `pbt_<env>_<id>_<secret><crc>`. Behind its 33 random characters the secret
 * carries the MAC of key id and random characters. The checksum covers everything before it.
 */
export function formatToken(env: string, keyId: string, secret: string, mac = ""): string {
  const body = `pbt_${env}_${keyId.slice("key_".length).replaceAll("-", "")}_${secret}${mac}`;
  return body + checksum(body);
}

/**
 * The parts of a bearer token, or null if its form or checksum is wrong, so that a typing error
 * costs no look-up. Anyone can compute the checksum; only the MAC shows that we issued the token.
 */
export function parseToken(token: string): ParsedToken | null {
  const match = TOKEN.exec(token);
  const [, hex, secret, mac, check] = match ?? [];
  if (!hex || !secret || checksum(token.slice(0, -CHECKSUM_LENGTH)) !== check) return null;
  const key_id = `key_${hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")}`;
  return isId("key", key_id) ? { key_id, secret, mac: mac ?? null } : null;
}

function checksum(body: string): string {
  const crc = crc32(body);
  return base62(new Uint8Array([crc >>> 24, crc >>> 16, crc >>> 8, crc]), CHECKSUM_LENGTH);
}
