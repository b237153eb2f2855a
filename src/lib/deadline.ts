/** A signal that aborts with `reason()` after `ms` milliseconds, unless cleared first. Clear it, or its timer outlives the work. */
export interface Deadline {
  signal: AbortSignal;
  clear(): void;
}

/** How many ticks a patient timer has. */
const TICKS = 20;

/**
 * Calls `onTime` after `ms` milliseconds in which this isolate could have looked for what it waits for: each tick counts for no more than it was meant to last, however late it
 * came, so that an isolate's own business is not held against somebody else. Gives what stops it.
 */
export function startPatientTimer(ms: number, onTime: () => void): () => void {
  let left = ms;
  let timer: ReturnType<typeof setTimeout>;
  const wait = () => {
    const tick = Math.min(Math.ceil(ms / TICKS), left);
    timer = setTimeout(() => {
      left -= tick;
      if (left > 0) wait();
      else onTime();
    }, tick);
  };
  wait();
  return () => clearTimeout(timer);
}

/** Starts a {@link Deadline}; it also follows `parent`, with the parent's reason. */
export function startDeadline(ms: number, reason: () => Error, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(reason()), ms);
  const follow = () => controller.abort(parent?.reason);
  if (parent?.aborted) follow();
  parent?.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    clear() {
      clearTimeout(timer);
      parent?.removeEventListener("abort", follow);
    },
  };
}
