import { decrypt, encrypt, importAesKey } from "../../lib/aes-gcm.ts";
import { fromBase64, toBase64, utf8 } from "../../lib/encoding.ts";

/**
 * Envelope encryption for secrets at rest: AES-256-GCM under a data key of each tenant, which is
 * itself encrypted with the deployment's key-encryption key. The associated data ties a ciphertext
 * to its place: moved to another row, it cannot be decrypted.
 */
export interface Vault {
  /** A new data key, encrypted for storage (base64). */
  newDataKey(tenantId: string): Promise<string>;
  /** Encrypts to base64 of IV and ciphertext. */
  seal(wrappedKey: string, tenantId: string, aad: string, secret: string): Promise<string>;
  /** Encrypts bytes, which {@link Vault.openBytes} decrypts. */
  sealBytes(wrappedKey: string, tenantId: string, aad: string, bytes: Uint8Array<ArrayBuffer>): Promise<string>;
  openBytes(wrappedKey: string, tenantId: string, aad: string, sealed: string): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Decrypts. Throws if the key, the associated data or the bytes differ from those of {@link
   * Vault.seal}.
   */
  open(wrappedKey: string, tenantId: string, aad: string, sealed: string): Promise<string>;
}

/** Creates a vault with a key-encryption key of 32 bytes in base64. */
export function createVault(keyEncryptionKey: string): Vault {
  const master = () => importAesKey(fromBase64(keyEncryptionKey));
  const dataKey = async (wrapped: string, tenantId: string) =>
    importAesKey(await decrypt(await master(), tenantId, fromBase64(wrapped)));
  const sealBytes: Vault["sealBytes"] = async (wrapped, tenantId, aad, bytes) =>
    toBase64(await encrypt(await dataKey(wrapped, tenantId), aad, bytes));
  const openBytes: Vault["openBytes"] = async (wrapped, tenantId, aad, sealed) =>
    decrypt(await dataKey(wrapped, tenantId), aad, fromBase64(sealed));
  return {
    sealBytes,
    openBytes,
    async newDataKey(tenantId) {
      const raw = crypto.getRandomValues(new Uint8Array(32));
      return toBase64(await encrypt(await master(), tenantId, raw));
    },
    seal: async (wrapped, tenantId, aad, secret) => sealBytes(wrapped, tenantId, aad, utf8(secret)),
    open: async (...of) => new TextDecoder().decode(await openBytes(...of)),
  };
}
