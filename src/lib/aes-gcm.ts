import { utf8 } from "./encoding.ts";

const IV_BYTES = 12;

/** A key of AES-256-GCM of 32 bytes. */
export async function importAesKey(raw: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/**
 * A key of AES-256-GCM for one purpose, derived from a key of 32 bytes (HKDF-SHA-256, RFC 5869).
 * What is sealed for one purpose does not open under the key of another.
 */
export async function deriveAesKey(raw: Uint8Array<ArrayBuffer>, purpose: string): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey("raw", raw, "HKDF", false, ["deriveKey"]);
  const derivation = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8(purpose) };
  return crypto.subtle.deriveKey(derivation, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** Encrypts to a random IV and the ciphertext. `aad` is what {@link decrypt} has to be given. */
export async function encrypt(key: CryptoKey, aad: string, plain: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: utf8(aad) }, key, plain);
  const out = new Uint8Array(IV_BYTES + sealed.byteLength);
  out.set(iv);
  out.set(new Uint8Array(sealed), IV_BYTES);
  return out;
}

/** Throws if the key, `aad` or the bytes differ from those of {@link encrypt}. */
export async function decrypt(
  key: CryptoKey,
  aad: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const algorithm = { name: "AES-GCM", iv: bytes.subarray(0, IV_BYTES), additionalData: utf8(aad) };
  return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, bytes.subarray(IV_BYTES)));
}
