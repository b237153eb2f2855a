import { createHash, timingSafeEqual } from "node:crypto";
import { fromHex, toHex, utf8 } from "./encoding.ts";
import { LruMap } from "./lru-map.ts";
import { md5PrefixOfShort } from "./md5.ts";

/** SHA-256 of a text's UTF-8 bytes in lower-case hexadecimal, as `sha256sum` prints it. */
export async function sha256Hex(text: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text))));
}

/** A SHA-256 over texts that arrive one after the other. */
export interface RunningHash {
  update(text: string): RunningHash;
  /** The digest in lower-case hexadecimal. Ends the hash. */
  hex(): string;
}

/** Starts a {@link RunningHash}. */
export function sha256(): RunningHash {
  const hash = createHash("sha256");
  const running: RunningHash = {
    update(text) {
      hash.update(text, "utf8");
      return running;
    },
    hex: () => hash.digest("hex"),
  };
  return running;
}

/**
 * The first 32 bits of a text's MD5, as an unsigned number. For placement only: MD5 protects
 * nothing.
 */
export function md5Prefix(text: string): number {
  return md5PrefixOfShort(text) ?? createHash("md5").update(text, "utf8").digest().readUInt32BE(0);
}

/** Imported keys by their text. A deployment has one or two. */
const hmacKeys = new LruMap<string, CryptoKey>({ maxEntries: 16 });

async function hmacKey(secret: string): Promise<CryptoKey> {
  const known = hmacKeys.get(secret);
  if (known) return known;
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", utf8(secret), algorithm, false, ["sign", "verify"]);
  hmacKeys.set(secret, key);
  return key;
}

/** HMAC-SHA-256 of a text under a secret, in lower-case hexadecimal. */
export async function hmacHex(secret: string, text: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.sign("HMAC", await hmacKey(secret), utf8(text))));
}

/** Whether `digest` (hexadecimal) is the HMAC of `text`. WebCrypto compares in constant time. */
export async function hmacMatches(secret: string, text: string, digest: string): Promise<boolean> {
  return crypto.subtle.verify("HMAC", await hmacKey(secret), fromHex(digest), utf8(text));
}

/** Whether two texts are the same. Takes the same time for all texts of the same length. */
export function areEqual(a: string, b: string): boolean {
  const [left, right] = [utf8(a), utf8(b)];
  return left.byteLength === right.byteLength && timingSafeEqual(left, right);
}
