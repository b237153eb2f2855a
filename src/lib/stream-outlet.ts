import { startDeadline } from "./deadline.ts";

/** Where a producer leaves the bytes of a response. A reader that goes away stops the writing, never the producer. */
export interface StreamOutlet {
  /** Hands bytes over in order. Waits for the first ones to be taken, and where too much lies unread. Never rejects. */
  write(chunk: Uint8Array): Promise<void>;
  /** Waits for all that was written to be taken, and ends the stream. Never rejects. */
  close(): Promise<void>;
}

/** How much may lie unread before the producer has to wait, bytes. */
const MOST_UNREAD = 64 * 1024;
/** What a reader waits for, the opening and the first token, leaves before more is produced, however busy the machine is. */
const PROMPT_WRITES = 2;

/**
 * Opens an outlet. What comes while a write is under way leaves as one write: each costs the engine a turn of its own, and a provider's packet often
 * holds many events. A reader that takes nothing for `stallMs` has left, whatever its connection says.
 */
export function openOutlet(writable: WritableStream<Uint8Array>, stallMs: number): StreamOutlet {
  const writer = writable.getWriter();
  let waiting: Uint8Array[] = [];
  let unread = 0;
  let written = 0;
  let listening = true;
  let flushing: Promise<void> | null = null;

  async function flush(): Promise<void> {
    while (listening && waiting.length > 0) {
      const chunks = waiting;
      waiting = [];
      unread = 0;
      await writeOrLeave(joined(chunks));
    }
    flushing = null;
  }

  async function writeOrLeave(bytes: Uint8Array): Promise<void> {
    const stalled = startDeadline(stallMs, () => new Error("the client reads nothing"));
    try {
      await Promise.race([writer.write(bytes), rejection(stalled.signal)]);
    } catch (error) {
      listening = false;
      writer.abort(error).catch(() => undefined);
    } finally {
      stalled.clear();
    }
  }

  return {
    async write(chunk) {
      if (!listening) return;
      waiting.push(chunk);
      unread += chunk.length;
      flushing ??= flush();
      if (++written <= PROMPT_WRITES || unread > MOST_UNREAD) await flushing;
    },
    async close() {
      await flushing;
      if (listening) await writer.close().catch(() => undefined);
    },
  };
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks;
  if (only && chunks.length === 1) return only;
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

async function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}
