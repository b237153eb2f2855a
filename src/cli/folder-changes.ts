import { watch } from "node:fs";

/** How long it must be quiet after a change, in ms: editors write in steps. */
const QUIET_MS = 200;

/**
 * Tells of changes below a folder, those at once as one, until the signal aborts: then it throws
 * its reason. What changes while nobody reads is told at the next reading, and the first one tells
 * of what may have changed before the folder was watched.
 */
export async function* folderChanges(
  folder: string,
  signal: AbortSignal,
  wait: (ms: number, signal: AbortSignal) => Promise<void>,
): AsyncGenerator<void> {
  let hasChanged = true;
  let wake = () => {};
  let fault: Error | null = null;
  const watcher = watch(folder, { recursive: true }, () => {
    hasChanged = true;
    wake();
  });
  watcher.on("error", (error) => {
    fault = error;
    wake();
  });
  signal.addEventListener("abort", () => wake(), { once: true });
  try {
    for (;;) {
      if (!hasChanged) await new Promise<void>((resolve) => (wake = resolve));
      signal.throwIfAborted();
      if (fault !== null) throw fault;
      await wait(QUIET_MS, signal);
      hasChanged = false;
      yield;
    }
  } finally {
    watcher.close();
  }
}
