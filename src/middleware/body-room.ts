import { AppError } from "../domain/errors.ts";
import { MAX_TIMEOUT_MS } from "../domain/time-limits.ts";

/** Bodies of up to so many bytes are not counted: an isolate may hold thousands of them. */
const SMALL_BYTES = 256 * 1024;
const RETRY_AFTER_MS = 1_000;
/** Nobody works on a body for longer, ms: its request was cut off, and nothing gave it back. */
const VANISHED_AFTER_MS = MAX_TIMEOUT_MS + 60_000;

/** A body's place in a {@link BodyRoom}. */
export interface BodyHold {
  /** The body has at least so many bytes. Throws `provider_overloaded` where there is no room. */
  grow(bytes: number): void;
  /** Nobody needs the body any more. */
  release(): void;
}

/** What a body takes of the room since a time, Unix ms. */
interface HeldBody {
  bytes: number;
  since: number;
}

/**
 * The room that an isolate has for large bodies, such as those with pictures. It has 128 MB of
 * memory, and a body takes several times its bytes: its text, what is in it, and what is sent.
 */
export class BodyRoom {
  readonly #maxBytes: number;
  readonly #now: () => number;
  readonly #held = new Set<HeldBody>();

  constructor(maxBytes: number, now: () => number) {
    this.#maxBytes = maxBytes;
    this.#now = now;
  }

  open(): BodyHold {
    const body: HeldBody = { bytes: 0, since: 0 };
    return {
      grow: (bytes) => {
        if (bytes <= SMALL_BYTES || bytes <= body.bytes) return;
        if (this.#bytes() + bytes - body.bytes > this.#maxBytes) throw full();
        if (body.bytes === 0) body.since = this.#now();
        body.bytes = bytes;
        this.#held.add(body);
      },
      release: () => {
        this.#held.delete(body);
        body.bytes = 0;
      },
    };
  }

  /** The bytes of all bodies. There are few, because small ones are not counted. */
  #bytes(): number {
    const oldest = this.#now() - VANISHED_AFTER_MS;
    let sum = 0;
    for (const body of this.#held) {
      if (body.since < oldest) this.#held.delete(body);
      else sum += body.bytes;
    }
    return sum;
  }
}

function full(): AppError {
  const detail = "Too many large bodies are being worked on: try again in a second.";
  return new AppError("provider_overloaded", detail, { retryable: true, retryAfterMs: RETRY_AFTER_MS });
}
