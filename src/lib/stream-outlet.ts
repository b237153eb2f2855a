/** Writes the bytes of a response. A reader that leaves stops the writing, never the producer. */
export interface StreamOutlet {
  /**
   * Writes bytes in order. Waits until the reader takes the first writes, and whenever too much is
   * unread. Never rejects.
   */
  write(chunk: Uint8Array): Promise<void>;
  /** Waits until the reader has taken everything, then ends the stream. Never rejects. */
  close(): Promise<void>;
}

/** Unread bytes beyond which the producer waits. */
const MAX_UNREAD_BYTES = 64 * 1024;
/**
 * Writes that leave at once, however busy the machine is: a reader waits for the opening and the
 * first token.
 */
const PROMPT_WRITES = 2;

/**
 * Opens an outlet. Chunks that arrive during a write leave together as the next write: each write
 * costs the engine a turn, and one packet of a provider often holds many events. A reader that
 * takes nothing for `stallMs` milliseconds, or at most twice that, counts as gone, even while its
 * connection looks open. `onLeft` hears of a reader that has gone, once.
 */
export function openOutlet(
  writable: WritableStream<Uint8Array>,
  stallMs: number,
  onLeft: () => void = () => undefined,
): StreamOutlet {
  const writer = writable.getWriter();
  let waiting: Uint8Array[] = [];
  let unread = 0;
  let written = 0;
  let listening = true;
  let flushing: Promise<void> | null = null;
  const stall = watchStalls(stallMs);

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
    try {
      await stall.watch(writer.write(bytes));
    } catch (error) {
      listening = false;
      onLeft();
      writer.abort(error).catch(() => undefined);
    }
  }

  return {
    async write(chunk) {
      if (!listening) return;
      waiting.push(chunk);
      unread += chunk.length;
      flushing ??= flush();
      if (++written <= PROMPT_WRITES || unread > MAX_UNREAD_BYTES) await flushing;
    },
    async close() {
      await flushing;
      stall.stop();
      if (listening) await writer.close().catch(() => undefined);
    },
  };
}

/**
 * Rejects a write that stalls. One timer serves all writes, because a stream has one for each
 * token.
 */
function watchStalls(stallMs: number) {
  const stalled = Promise.withResolvers<never>();
  stalled.promise.catch(() => undefined);
  let writes = 0;
  let isWriting = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const start = (seen: number): void => {
    timer = setTimeout(() => {
      timer = undefined;
      if (isWriting && writes === seen) stalled.reject(new Error("the client reads nothing"));
      else if (isWriting) start(writes);
    }, stallMs);
  };
  return {
    async watch(write: Promise<void>): Promise<void> {
      writes += 1;
      isWriting = true;
      if (timer === undefined) start(writes);
      await Promise.race([write, stalled.promise]);
      isWriting = false;
    },
    stop: () => clearTimeout(timer),
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
