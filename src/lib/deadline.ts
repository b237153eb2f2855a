/**
 * A signal that aborts once its time is up. Clear it when the work ends, or its timer outlives the
 * work.
 */
export interface Deadline {
  signal: AbortSignal;
  /** Stops the timer. A signal with a parent still follows it, and lives no longer than it. */
  clear(): void;
}

/**
 * Starts a {@link Deadline} of `ms` milliseconds. It aborts with `reason()`, or with `parent`'s
 * reason if that aborts first.
 */
export function startDeadline(ms: number, reason: () => Error, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(reason()), ms);
  return {
    signal: parent ? AbortSignal.any([parent, controller.signal]) : controller.signal,
    clear: () => clearTimeout(timer),
  };
}

/**
 * Settles as `work` does, or rejects with `reason()` after `ms` milliseconds. Leaves no timer
 * behind.
 */
export async function withTimeout<T>(work: Promise<T>, ms: number, reason: () => Error): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(reason()), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Ticks into which a patient timer divides its time. */
const TICKS = 20;

/**
 * Calls `onTime` after `ms` milliseconds in which this isolate was free to see what it waits for. A
 * tick that rings late counts only for its planned length, so a busy isolate does not mistake its
 * own delay for the other side's silence. Returns a function that stops the timer.
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

/**
 * {@link withTimeout} by a patient timer: settles as `work` does, or rejects with `reason()` after
 * `ms` milliseconds in which this isolate was free to see it.
 */
export async function withPatience<T>(work: Promise<T>, ms: number, reason: () => Error): Promise<T> {
  const late = Promise.withResolvers<never>();
  const stop = startPatientTimer(ms, () => late.reject(reason()));
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    stop();
  }
}
