/** An abort as something to wait for. */
export interface AbortWait {
  /** Resolves when the signal aborts; at once if it has. */
  promise: Promise<void>;
  /** Stops listening. Without it the signal keeps the promise for as long as the signal lives. */
  stop(): void;
}

/** Starts to wait for a signal to abort. */
export function abortOf(signal: AbortSignal): AbortWait {
  const { promise, resolve } = Promise.withResolvers<void>();
  const onAbort = () => resolve();
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) resolve();
  return { promise, stop: () => signal.removeEventListener("abort", onAbort) };
}
