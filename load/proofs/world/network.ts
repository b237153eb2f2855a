import type { Random } from "../gate-sim/random.ts";
import type { FaultName } from "./faults.ts";
import type { History } from "./history.ts";
import { Life } from "./life.ts";
import type { WorldClock } from "./world-clock.ts";

/** What all parts of a world share. */
export interface Ground {
  clock: WorldClock;
  random: Random;
  faults: ReadonlySet<FaultName>;
  history: History;
}

/** The share of messages that are lost before their effect, after it, or doubled. */
const LOSS = { before: 0.02, after: 0.03, doubled: 0.03 };
/** After this time a caller hears that its message was lost, in ms. */
const LOST_MS = 400;

/** The memory of an object: it can be evicted, and then the object begins anew. */
export class Memory {
  readonly #name: string;
  #lives = 0;
  #life: Life;

  constructor(name: string) {
    this.#name = name;
    this.#life = new Life(name);
  }

  get life(): Life {
    return this.#life;
  }

  evict(): void {
    const old = this.#life;
    this.#lives += 1;
    this.#life = new Life(`${this.#name}#${this.#lives}`);
    old.end();
  }
}

/** A promise that nobody fulfils: what a life gets that is over. */
export async function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}

/**
 * Calls an object over the network. The call has its effect whether its caller lives or not; a
 * caller hears of a lost message or an eviction as an error.
 */
export async function callObject<T>(
  { clock, random, faults, history }: Ground,
  memory: Memory,
  what: string,
  run: () => T | Promise<T>,
  mayDouble = false,
): Promise<T> {
  const caller = clock.life();
  if (caller?.isOver) return never<T>();
  const dice = faults.has("messages") ? random.unit() : 1;
  const isLostBefore = dice < LOSS.before;
  const isLostAfter = !isLostBefore && dice < LOSS.before + LOSS.after;
  const isDoubled = mayDouble && dice > 1 - LOSS.doubled && dice < 1;
  const way = () => random.between(1, 12);
  return new Promise<T>((resolve, reject) => {
    const lose = (ms: number, why: string) => {
      history.add(`${what} ${why}`);
      clock.in(caller, ms, () => reject(new Error(`${what}: ${why}`)));
    };
    const arrive = (answer: boolean) => {
      const { life } = memory;
      let isOpen = answer;
      const stop = life.onEnd(() => {
        if (isOpen) lose(20, "evicted");
        isOpen = false;
      });
      const settle = (send: () => void) => {
        stop();
        if (isOpen && isLostAfter) lose(LOST_MS, "lost after its effect");
        else if (isOpen) clock.in(caller, way(), send);
        isOpen = false;
      };
      clock
        .within(life, async () => run())
        .then(
          (value) => settle(() => resolve(value)),
          (error: unknown) => settle(() => reject(error)),
        );
    };
    if (isLostBefore) return lose(LOST_MS, "lost before its effect");
    clock.in(undefined, way(), () => arrive(true));
    if (isDoubled) clock.in(undefined, way() + 30, () => arrive(false));
  });
}

/**
 * A byte stream from one life to another. It breaks off where the sender ends, and the sender sees
 * a reader that is gone.
 */
export function carryStream(
  { clock, random }: Ground,
  source: ReadableStream<Uint8Array>,
  from: Life | undefined,
  to: Life | undefined,
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  const leave = () => void reader.cancel("the reader is gone").catch(() => undefined);
  to?.onEnd(() => clock.in(undefined, 5, leave));
  return new ReadableStream<Uint8Array>({
    start(controller) {
      from?.onEnd(() =>
        clock.in(to, 5, () => {
          try {
            controller.error(new Error("the other side broke off"));
          } catch {
            // It had ended before.
          }
        }),
      );
    },
    async pull(controller) {
      const next = await reader.read();
      await new Promise<void>((resolve) => clock.in(to, random.between(1, 6), resolve));
      if (from?.isOver) return;
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    cancel: leave,
  });
}
