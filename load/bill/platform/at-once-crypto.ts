import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";
import type { Random } from "../../proofs/gate-sim/random.ts";

const TAG_BYTES = 16;

/** The parameters of AES-GCM as the vault gives them. */
interface AesGcm {
  iv: Uint8Array;
  additionalData: Uint8Array;
}

/**
 * What the Worker uses of Web Crypto beside what the simulated clock already settles at once. Keys
 * are their raw bytes, as the clock's `importKey` gives them.
 */
const AT_ONCE = {
  encrypt: async ({ iv, additionalData }: AesGcm, key: Uint8Array, plain: Uint8Array) => {
    const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(additionalData);
    return toBuffer(Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]));
  },
  decrypt: async ({ iv, additionalData }: AesGcm, key: Uint8Array, sealed: Uint8Array) => {
    const end = sealed.byteLength - TAG_BYTES;
    const decipher = createDecipheriv("aes-256-gcm", key, iv).setAAD(additionalData);
    decipher.setAuthTag(sealed.subarray(end));
    return toBuffer(Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()]));
  },
  verify: async (_algorithm: string, key: Uint8Array, signature: Uint8Array, data: Uint8Array) => {
    const made = createHmac("sha256", key).update(data).digest();
    return made.byteLength === signature.byteLength && timingSafeEqual(made, signature);
  },
};

/**
 * Installs it over the clock's, with bytes and ids that the seed decides. Returns a function that
 * undoes it.
 */
export function installAtOnceCrypto(random: Random): () => void {
  const seeded = {
    getRandomValues: (into: Uint8Array) => {
      for (const at of into.keys()) into[at] = Math.floor(random.unit() * 256);
      return into;
    },
    randomUUID: () => uuidOf(Uint8Array.from({ length: 16 }, () => Math.floor(random.unit() * 256))),
  };
  Object.assign(crypto.subtle, AT_ONCE);
  Object.assign(crypto, seeded);
  return () => {
    for (const name of Object.keys(AT_ONCE)) Reflect.deleteProperty(crypto.subtle, name);
    for (const name of Object.keys(seeded)) Reflect.deleteProperty(crypto, name);
  };
}

/** A UUID of version 4 (RFC 9562) out of 16 bytes. */
function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString("hex");
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  const [a, b, c] = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`];
  return [a, b, c, `${variant}${hex.slice(17, 20)}`, hex.slice(20)].join("-");
}

function toBuffer(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
