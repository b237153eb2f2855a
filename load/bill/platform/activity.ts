/**
 * What keeps an object in memory and on the bill: requests under way, work that it waits for, and
 * its timers (developers.cloudflare.com/durable-objects/concepts/durable-object-lifecycle).
 */
export class Activity {
  readonly #now: () => number;
  readonly #onActive: (ms: number) => void;
  readonly #onIdle: () => void;
  #running = 0;
  #since = 0;

  /** `onActive` hears how long it was active when it becomes idle. */
  constructor(now: () => number, onActive: (ms: number) => void, onIdle: () => void) {
    this.#now = now;
    this.#onActive = onActive;
    this.#onIdle = onIdle;
  }

  get isIdle(): boolean {
    return this.#running === 0;
  }

  /** Something begins. Returns a function that ends it; further calls do nothing. */
  begin(): () => void {
    if (this.#running === 0) this.#since = this.#now();
    this.#running += 1;
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.#running -= 1;
      if (this.#running > 0) return;
      this.#onActive(this.#now() - this.#since);
      this.#onIdle();
    };
  }
}

/**
 * Makes timers count as activity of the object that starts them. Wraps the timers of the simulated
 * clock, and returns a function that undoes it.
 */
export function watchTimers(activityNow: () => Activity | undefined): () => void {
  const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
  const own = new WeakMap<object, () => void>();
  const start = (run: () => void, ms?: number) => {
    const done = activityNow()?.begin();
    if (!done) return setTimeout(run, ms);
    const timer = setTimeout(() => {
      try {
        run();
      } finally {
        done();
      }
    }, ms);
    own.set(timer, done);
    return timer;
  };
  const startEvery = (run: () => void, ms?: number) => {
    const timer = setInterval(run, ms);
    const done = activityNow()?.begin();
    if (done) own.set(timer, done);
    return timer;
  };
  const stop = (clear: (timer: never) => void) => (timer: unknown) => {
    clear(timer as never);
    if (typeof timer === "object" && timer !== null) own.get(timer)?.();
  };
  Object.assign(globalThis, {
    setTimeout: start,
    setInterval: startEvery,
    clearTimeout: stop(clearTimeout),
    clearInterval: stop(clearInterval),
  });
  return () => void Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval });
}
