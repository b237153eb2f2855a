import { AppError } from "../domain/errors.ts";

/** Bodies of up to so many bytes are not counted: an isolate may hold thousands of them. */
const SMALL_BYTES = 256 * 1024;
const RETRY_AFTER_MS = 1_000;

/** A body's place in a {@link BodyRoom}. */
export interface BodyHold {
  /** The body has at least so many bytes. Throws `provider_overloaded` where there is no room. */
  grow(bytes: number): void;
  /** Nobody needs the body any more. */
  release(): void;
}

/**
 * The room that an isolate has for large bodies, such as those with pictures. It has 128 MB of
 * memory, and a body takes several times its bytes: its text, what is in it, and what is sent.
 */
export class BodyRoom {
  readonly #maxBytes: number;
  #held = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  open(): BodyHold {
    let held = 0;
    return {
      grow: (bytes) => {
        const more = bytes - held;
        if (bytes <= SMALL_BYTES || more <= 0) return;
        if (this.#held + more > this.#maxBytes) throw full();
        this.#held += more;
        held = bytes;
      },
      release: () => {
        this.#held -= held;
        held = 0;
      },
    };
  }
}

function full(): AppError {
  const detail = "Too many large bodies are being worked on: try again in a second.";
  return new AppError("provider_overloaded", detail, { retryable: true, retryAfterMs: RETRY_AFTER_MS });
}
