import { Life } from "../proofs/world/life.ts";
import type { Random } from "../proofs/gate-sim/random.ts";
import type { WorldClock } from "../proofs/world/world-clock.ts";
import type { Meter } from "../bill/meter.ts";
import { type Place, rttMs } from "./places.ts";
import { LONGEST_QUEUE_MS, type Times } from "./service-times.ts";

/** What everything in the simulated deployment shares. */
export interface Ground {
  clock: WorldClock;
  random: Random;
  meter: Meter;
  times: Times;
}

/** A refusal of the platform, with its flags. */
export class PlatformError extends Error {
  readonly overloaded: boolean;
  readonly retryable: boolean;

  constructor(message: string, flags: { overloaded?: boolean; retryable?: boolean } = {}) {
    super(message);
    this.overloaded = flags.overloaded ?? false;
    this.retryable = flags.retryable ?? false;
  }
}

/**
 * What an object did with a request: its reply, and how many rows it wrote for it. `times`: the
 * request stands for so many.
 */
export interface Handled<T> {
  reply: T;
  rows: number;
  /** How many requests like it this one stands for; one, unless given. */
  times?: number;
  /** How long it keeps the thread, ms; an object's time, unless given. */
  ms?: number;
}

/** How busy an object was while figures were counted. */
export interface SiteLoad {
  name: string;
  className: string;
  /** Those that came, and those that it took and did not refuse or leave waiting. */
  requests: number;
  served: number;
  /** Time of its thread; beyond the time that there was, if more came than it could take. */
  busy_ms: number;
  refused: number;
  longest_wait_ms: number;
}

/** A request in an object's queue. */
interface Queued {
  at: number;
  /** Returns when it has been handled, ms of the object's thread. */
  serve(): number;
}

/**
 * How a simulated object stands for real ones: it stands for `weight` objects like it, or for one
 * that has `weight` times its requests. Then `slowness` is as much, so that it is as busy.
 */
export interface ObjectShare {
  slowness: number;
  weight: number;
}

const WHOLE: ObjectShare = { slowness: 1, weight: 1 };

/** Ways differ by up to this part of them. */
const JITTER = 0.1;
/** Memory that a running object is billed for, in GB. */
const BILLED_GB = 0.128;

/**
 * Where an object runs: one thread, one queue, in one data centre. Requests wait for their turn and
 * take it for its service time.
 */
export class ObjectSite {
  readonly className: string;
  readonly name: string;
  place: Place;
  life: Life;
  readonly #ground: Ground;
  readonly #share: ObjectShare;
  readonly #queue: Queued[] = [];
  #isBusy = false;
  #lives = 0;
  #awayUntil = 0;
  readonly #load = { requests: 0, served: 0, busy_ms: 0, refused: 0, longest_wait_ms: 0 };

  constructor(
    ground: Ground,
    { className, name }: { className: string; name: string },
    place: Place,
    share: ObjectShare = WHOLE,
  ) {
    this.#ground = ground;
    this.className = className;
    this.name = name;
    this.place = place;
    this.#share = share;
    this.life = new Life(name);
  }

  /** D1 bills queries and rows, and no requests. */
  get #isBilled(): boolean {
    return !this.className.startsWith("D1");
  }

  /** Notes rows that it wrote, for the bill. */
  noteRows(rows: number, part = this.className): void {
    this.#ground.meter.add("object rows written", part, rows * this.#share.weight);
  }

  /** Its load since counting began; null where it had no request. */
  load(): SiteLoad | null {
    const { className, name } = this;
    return this.#load.requests === 0 ? null : { className, name, ...this.#load };
  }

  /** Ends the object's stay in memory. What waits in its queue is refused. */
  evict(awayMs: number = this.#ground.times.object_start): void {
    const { clock } = this.#ground;
    const old = this.life;
    this.#lives += 1;
    this.life = new Life(`${this.name}#${this.#lives}`);
    this.#awayUntil = clock.elapsed() + awayMs;
    this.#queue.length = 0;
    old.end();
  }

  /**
   * Calls the object from a place. The call has its effect whether its caller lives or not. One that
   * waits is taken to write, unless it says that it does not.
   */
  async call<T>(from: Place, handle: () => Handled<T> | Promise<Handled<T>>, mayWrite = true): Promise<T> {
    const { clock, random, meter } = this.#ground;
    const caller = clock.life();
    const way = () => (rttMs(from, this.place) / 2) * random.between(1, 1 + JITTER);
    if (this.#isBilled) meter.add("object requests", this.className, this.#share.weight);
    return new Promise<T>((resolve, reject) => {
      let isOpen = true;
      const answer = (ms: number, run: () => void) => {
        if (isOpen) clock.in(caller, ms, run);
        isOpen = false;
      };
      const fail = (why: string, flags: { overloaded?: boolean; retryable?: boolean }) =>
        answer(way(), () => reject(new PlatformError(`${this.className}: ${why}`, flags)));
      clock.in(undefined, way(), () => {
        const wait = this.#awayUntil - clock.elapsed();
        if (wait > LONGEST_QUEUE_MS / 2) return fail("it is away", { retryable: true });
        const { life } = this;
        const stop = life.onEnd(() => fail("it was evicted", { retryable: true }));
        const settle = (ms: number, run: () => void) => {
          stop();
          answer(ms, run);
        };
        const serve = () =>
          this.#handle(handle, {
            reply: (value, ms) => settle(ms + way(), () => resolve(value)),
            fail: (error) => settle(way(), () => reject(error)),
            mayWrite,
          });
        if (!this.#enqueue(serve)) {
          stop();
          fail("too many requests wait", { overloaded: true });
        }
      });
    });
  }

  /** Work of its own, such as an alarm. */
  run(handle: () => Handled<unknown> | Promise<Handled<unknown>>): void {
    this.#ground.meter.add("object requests", `${this.className} alarm`, this.#share.weight);
    this.#enqueue(() => this.#handle(handle, { reply: () => undefined, fail: () => undefined, mayWrite: true }));
  }

  /**
   * Runs the code of the object, and returns how long it keeps the thread, ms. The reply does not
   * wait for the requests that this one stands for.
   */
  #handle<T>(
    handle: () => Handled<T> | Promise<Handled<T>>,
    to: { reply(value: T, ms: number): void; fail(error: unknown): void; mayWrite: boolean },
  ): number {
    const { clock, meter, times } = this.#ground;
    const { slowness } = this.#share;
    const [work, write] = [times.object_request, times.object_write];
    const told = ({ reply, rows }: Handled<T>, ms: number) => {
      const confirm = rows > 0 ? times.object_confirm : 0;
      const whole = (this.#share.weight * (ms + confirm)) / 1_000;
      if (this.#isBilled) meter.add("object gb-s", this.className, whole * BILLED_GB);
      to.reply(reply, ms + confirm);
    };
    try {
      const handled = clock.within(this.life, handle);
      if (!(handled instanceof Promise)) {
        const ms = handled.ms ?? work + (handled.rows > 0 ? write : 0);
        told(handled, ms);
        return slowness * (handled.times ?? 1) * ms;
      }
      handled.then(
        (value) => told(value, work),
        (error: unknown) => to.fail(error),
      );
      // The code runs to its first wait, and most of it writes what it stores before that.
      return slowness * (work + (to.mayWrite ? write : 0));
    } catch (error) {
      to.fail(error);
      return slowness * work;
    }
  }

  #enqueue(serve: () => number): boolean {
    const { clock, meter } = this.#ground;
    const at = Math.max(clock.elapsed(), this.#awayUntil);
    const [first] = this.#queue;
    if (meter.isOn) this.#load.requests += 1;
    if (first && at - first.at > LONGEST_QUEUE_MS) {
      if (meter.isOn) this.#load.refused += 1;
      return false;
    }
    this.#queue.push({ at, serve });
    if (!this.#isBusy) this.#next();
    return true;
  }

  #next(): void {
    const { clock, meter } = this.#ground;
    const next = this.#queue.shift();
    this.#isBusy = next !== undefined;
    if (!next) return;
    const away = this.#awayUntil - clock.elapsed();
    const start = () => {
      const waited = clock.elapsed() - next.at;
      const ms = next.serve();
      if (meter.isOn) {
        this.#load.served += 1;
        this.#load.busy_ms += ms;
        this.#load.longest_wait_ms = Math.max(this.#load.longest_wait_ms, waited);
      }
      clock.in(undefined, ms, () => this.#next());
    };
    if (away > 0) clock.in(undefined, away, start);
    else start();
  }
}
