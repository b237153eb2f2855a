import { decrypt, deriveAesKey, encrypt } from "../../lib/aes-gcm.ts";
import type { Clock } from "../../lib/clock.ts";
import { fromBase64, toBase64Url, utf8 } from "../../lib/encoding.ts";
import { LruMap } from "../../lib/lru-map.ts";

/** A session: the API key that it stands for, and when it ends, in Unix ms. */
export interface Session {
  key: string;
  expires_at: number;
}

/** The dependencies of {@link Sessions}. `keyEncryptionKey` is 32 bytes in base64. */
export interface SessionsDeps extends Clock {
  keyEncryptionKey: string;
}

/** What the key is derived for, and the associated data of each cookie. */
const PURPOSE = "pbt-edge session cookie 1";
/** The form of a sealed session. A longer text is not ours, and costs no decryption. */
const SEALED = /^[\w-]{1,1000}$/;
/** Cookies that an isolate remembers, so that each is opened once. */
const MAX_OPENED = 1_000;

/**
 * Sessions without storage: the text of a cookie is the session itself, sealed with AES-256-GCM
 * under a key that is derived from the deployment's key-encryption key for this purpose only.
 */
export class Sessions {
  readonly #deps: SessionsDeps;
  readonly #opened = new LruMap<string, Session>({ maxEntries: MAX_OPENED });
  #derived: CryptoKey | undefined;

  constructor(deps: SessionsDeps) {
    this.#deps = deps;
  }

  /** The session as the text of a cookie. */
  async seal({ key, expires_at }: Session): Promise<string> {
    return toBase64Url(await encrypt(await this.#key(), PURPOSE, utf8(`${expires_at} ${key}`)));
  }

  /** The session of a cookie's text. Null where it has ended, or we did not seal it. */
  async open(sealed: string): Promise<Session | null> {
    const session = this.#opened.get(sealed) ?? (await this.#decrypt(sealed));
    if (session === null) return null;
    if (session.expires_at <= this.#deps.now()) {
      this.#opened.delete(sealed);
      return null;
    }
    this.#opened.set(sealed, session);
    return session;
  }

  async #decrypt(sealed: string): Promise<Session | null> {
    if (!SEALED.test(sealed)) return null;
    const derived = await this.#key();
    // WebCrypto says nothing of why it does not open.
    const bytes = await decrypt(derived, PURPOSE, fromBase64(sealed)).catch(() => null);
    if (bytes === null) return null;
    const [expiresAt = "", key = ""] = new TextDecoder().decode(bytes).split(" ");
    return { key, expires_at: Number(expiresAt) };
  }

  async #key(): Promise<CryptoKey> {
    this.#derived ??= await deriveAesKey(fromBase64(this.#deps.keyEncryptionKey), PURPOSE);
    return this.#derived;
  }
}
