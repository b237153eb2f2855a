/** A signal that aborts with `reason()` after `ms` milliseconds, unless cleared first. Clear it, or its timer outlives the work. */
export interface Deadline {
  signal: AbortSignal;
  clear(): void;
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
