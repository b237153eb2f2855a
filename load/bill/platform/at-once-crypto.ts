import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";

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

/** Installs it over the clock's. Returns a function that undoes it. */
export function installAtOnceCrypto(): () => void {
  Object.assign(crypto.subtle, AT_ONCE);
  return () => {
    for (const name of Object.keys(AT_ONCE)) Reflect.deleteProperty(crypto.subtle, name);
  };
}

function toBuffer(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
