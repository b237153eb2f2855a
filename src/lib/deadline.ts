/** A signal that aborts with `reason()` after `ms` milliseconds, unless cleared first. Clear it, or its timer outlives the work. */
export interface Deadline {
  signal: AbortSignal;
  clear(): void;
}

/** A tick of a patient deadline, milliseconds. */
const TICK_MS = 100;

/**
 * Starts a {@link Deadline} for somebody else's answer: time in which this isolate itself was too busy to look is not counted against them. Each tick counts for no more
 * than it was meant to last, however late it came.
 */
export function startPatientDeadline(ms: number, reason: () => Error): Deadline {
  const controller = new AbortController();
  let left = ms;
  let timer: ReturnType<typeof setTimeout>;
  const wait = () => {
    const tick = Math.min(TICK_MS, left);
    timer = setTimeout(() => {
      left -= tick;
      if (left > 0) wait();
      else controller.abort(reason());
    }, tick);
  };
  wait();
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
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
