import { AsyncLocalStorage } from "node:async_hooks";
import { createHash, createHmac } from "node:crypto";
import { createEventQueue } from "../gate-sim/event-queue.ts";
import type { Random } from "../gate-sim/random.ts";
import type { Life } from "./life.ts";

/** The start of a world, unless it is told otherwise, in Unix ms. */
const START_MS = 1_795_000_000_000;

/**
 * How often what a stalled life awaits looks whether it goes on, in ms: a stall may be cut short.
 */
const STALL_STEP_MS = 200;

const later = globalThis.setImmediate;

/** A timer as the patched globals give it out. */
class WorldTimer {
  readonly clear: () => void;
  constructor(clear: () => void) {
    this.clear = clear;
  }
}

/**
 * The time of a simulated world. All code runs in the life of its request or object; what a life
 * waits for does not come once it is over. Between two events every promise that can settle has
 * settled, so one seed makes one history.
 */
export class WorldClock {
  readonly #queue = createEventQueue();
  readonly #lives = new AsyncLocalStorage<Life | undefined>();
  /** The start of the world, Unix ms. */
  readonly startMs: number;
  #events = 0;

  /** `startMs` in Unix ms. */
  constructor(startMs = START_MS) {
    this.startMs = startMs;
  }

  /** Milliseconds since the start of the world. */
  elapsed(): number {
    return this.#queue.now();
  }

  /** Unix ms. */
  now(): number {
    return this.startMs + Math.floor(this.#queue.now());
  }

  /** Events that ran. */
  get events(): number {
    return this.#events;
  }

  /** The life that the running code belongs to; undefined for the world itself. */
  life(): Life | undefined {
    return this.#lives.getStore();
  }

  within<T>(life: Life | undefined, run: () => T): T {
    return this.#lives.run(life, run);
  }

  /** Runs `run` in a life after `ms`, unless the life is over by then; later, if it is stalled. */
  in(life: Life | undefined, ms: number, run: () => void): () => void {
    let isCleared = false;
    const ring = () => {
      if (isCleared || life?.isOver) return;
      const stalled = (life?.stalledUntil ?? 0) - this.#queue.now();
      if (stalled > 0) return this.#queue.after(Math.min(stalled, STALL_STEP_MS), ring);
      this.#events += 1;
      this.within(life, run);
    };
    this.#queue.after(ms, ring);
    return () => (isCleared = true);
  }

  /** Resolves after `ms`; never, once the life that sleeps is over. */
  async sleep(ms: number): Promise<void> {
    const life = this.life();
    await new Promise<void>((resolve) => this.in(life, ms, resolve));
  }

  /** Runs the events up to `until` ms after the start, or until `isDone`. It is `until` then. */
  async runUntil(until: number, isDone: () => boolean = () => false): Promise<void> {
    this.#queue.after(until - this.#queue.now(), () => undefined);
    let seen = -1;
    do {
      if (seen !== this.#events) await new Promise((resolve) => later(resolve));
      seen = this.#events;
    } while (!isDone() && this.#queue.runNext(until));
  }

  /**
   * Puts this clock in the place of the global timers, draws the bytes of ids from `random` where
   * it is given, and makes digests and HMACs settle at once. Returns a function that undoes it.
   */
  install(random?: Random): () => void {
    const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
    const dateNow = Date.now;
    const start = (run: () => void, ms = 0) => new WorldTimer(this.in(this.life(), Math.max(1, ms), run));
    const startEvery = (run: () => void, ms = 1) => {
      let clear = () => undefined as void;
      const next = () => {
        clear = this.in(this.life(), ms, () => {
          next();
          run();
        });
      };
      next();
      return new WorldTimer(() => clear());
    };
    const stop = (timer: unknown) => {
      if (timer instanceof WorldTimer) timer.clear();
    };
    Object.assign(globalThis, {
      setTimeout: start,
      setInterval: startEvery,
      clearTimeout: stop,
      clearInterval: stop,
    });
    Date.now = () => this.now();
    Object.assign(crypto.subtle, AT_ONCE);
    if (random) Object.assign(crypto, { getRandomValues: (bytes: Uint8Array) => drawBytes(random, bytes) });
    return () => {
      Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval });
      Date.now = dateNow;
      // The instance's own properties had covered the real methods.
      for (const name of Object.keys(AT_ONCE)) Reflect.deleteProperty(crypto.subtle, name);
      Reflect.deleteProperty(crypto, "getRandomValues");
    };
  }
}

/** What the Worker uses of Web Crypto here, without the threads of the process. */
const AT_ONCE = {
  digest: async (_algorithm: string, data: Uint8Array) => copyOf(createHash("sha256").update(data).digest()),
  importKey: async (_format: string, raw: Uint8Array) => raw,
  sign: async (_algorithm: string, key: Uint8Array, data: Uint8Array) =>
    copyOf(createHmac("sha256", key).update(data).digest()),
};

function drawBytes(random: Random, bytes: Uint8Array): Uint8Array {
  for (let at = 0; at < bytes.length; at++) bytes[at] = Math.floor(random.between(0, 256));
  return bytes;
}

function copyOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
