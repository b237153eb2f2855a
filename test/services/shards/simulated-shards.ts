import { unitAt } from "../../../load/harness/random.ts";
import { createShards, type Shards } from "../../../src/storage/shards.ts";
import { accessBy, ReplicatedD1, type Send } from "./replicated-d1.ts";

/** Who makes calls: an isolate, or a worker that moves buckets. */
export interface Actor {
  /** Its calls are not carried out before this time; for ever where it was killed. */
  stoppedUntil: number;
}

interface Task {
  actor: Actor;
  due: number;
  run: () => void;
}

/**
 * Five migrated databases under one seeded order of events: at each moment any call that is under
 * way may be the next to be carried out. Time is simulated.
 */
export class SimulatedShards {
  readonly databases: ReadonlyMap<string, ReplicatedD1>;
  readonly #seed: number;
  #draws = 0;
  #tasks: Task[] = [];
  #time = 1_000_000;
  events = 0;

  constructor(seed: number, count = 5) {
    this.#seed = seed;
    this.databases = new Map(Array.from({ length: count }, (_, index) => [`DB_SHARD_${index}`, new ReplicatedD1()]));
  }

  readonly now = (): number => this.#time;

  random(): number {
    this.#draws += 1;
    return unitAt(this.#seed, this.#draws);
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  /**
   * The shards as one actor has them, with a map of its own. Where replicas may be behind, they
   * answer half of the calls that allow it.
   */
  shardsOf(actor: Actor, maxLagMs = 0): Shards {
    const databases = [...this.databases].map(([name, replicated]) => {
      const send = async <T>(work: () => T): Promise<T> => this.#later(actor, this.#time, work);
      const withSession = (from: string) => {
        let bookmark: string | null = null;
        const ask: Send = async (calls) => {
          const isFar = from !== "first-primary" && this.random() < 0.5;
          const answer = await send(() =>
            isFar
              ? replicated.onReplica(calls, from, (pending) => (this.random() < 0.7 ? 0 : this.below(pending + 1)))
              : replicated.onPrimary(calls),
          );
          ({ bookmark } = answer);
          return answer.results;
        };
        return { ...accessBy(ask), getBookmark: () => bookmark };
      };
      const plain = accessBy(async (calls) => send(() => replicated.onPrimary(calls).results));
      return [name, { ...plain, withSession } as unknown as D1Database] as const;
    });
    const pauses = { now: this.now, sleep: async (ms: number) => this.sleep(actor, ms) };
    return createShards(Object.fromEntries(databases), { pauses, maxLagMs });
  }

  /** The databases as they are, without a network. */
  get primaries(): Record<string, D1Database> {
    const all = [...this.databases].map(([name, { primary }]) => [name, primary as unknown as D1Database] as const);
    return Object.fromEntries(all);
  }

  async sleep(actor: Actor, ms: number): Promise<void> {
    await this.#later(actor, this.#time + ms, () => undefined);
  }

  /** Carries out one call after the other until `work` is done. `before` is told of each one. */
  async run(work: Promise<unknown>, before: () => void): Promise<void> {
    let isDone = false;
    const end = work.finally(() => {
      isDone = true;
    });
    for (;;) {
      await new Promise(setImmediate);
      if (isDone) return void (await end);
      before();
      this.#next()?.run();
    }
  }

  #next(): Task | undefined {
    this.events += 1;
    this.#time += this.below(4);
    const dueOf = ({ due, actor }: Task) => Math.max(due, actor.stoppedUntil);
    const first = Math.min(...this.#tasks.map(dueOf));
    if (first === Infinity) throw new Error("nothing can happen any more");
    this.#time = Math.max(this.#time, first);
    const ready = this.#tasks.filter((task) => dueOf(task) <= this.#time);
    const chosen = ready[this.below(ready.length)];
    this.#tasks = this.#tasks.filter((task) => task !== chosen);
    return chosen;
  }

  async #later<T>(actor: Actor, due: number, work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = () => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      };
      this.#tasks.push({ actor, due, run });
    });
  }
}
