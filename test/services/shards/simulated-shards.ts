import { LocalD1, type LocalResult, type LocalStatement } from "../../../load/harness/local-d1.ts";
import { unitAt } from "../../../load/harness/random.ts";
import { createShards, type Shards } from "../../../src/storage/shards.ts";

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

/** A statement on its way to a database. */
class SimulatedStatement {
  readonly local: LocalStatement;
  readonly #send: (work: () => LocalResult) => Promise<LocalResult>;

  constructor(local: LocalStatement, send: (work: () => LocalResult) => Promise<LocalResult>) {
    this.local = local;
    this.#send = send;
  }

  bind(...params: Parameters<LocalStatement["bind"]>): SimulatedStatement {
    return new SimulatedStatement(this.local.bind(...params), this.#send);
  }

  async all(): Promise<LocalResult> {
    return this.#send(() => this.local.now());
  }

  async run(): Promise<LocalResult> {
    return this.all();
  }

  async raw(): Promise<unknown[][]> {
    return (await this.all()).results.map((row) => Object.values(row));
  }
}

/**
 * Five migrated databases under one seeded order of events: at each moment any call that is under
 * way may be the next to be carried out. Time is simulated.
 */
export class SimulatedShards {
  readonly databases: ReadonlyMap<string, LocalD1>;
  readonly #seed: number;
  #draws = 0;
  #tasks: Task[] = [];
  #time = 1_000_000;
  events = 0;

  constructor(seed: number, count = 5) {
    this.#seed = seed;
    this.databases = new Map(Array.from({ length: count }, (_, index) => [`DB_SHARD_${index}`, new LocalD1()]));
  }

  readonly now = (): number => this.#time;

  random(): number {
    this.#draws += 1;
    return unitAt(this.#seed, this.#draws);
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  /** The shards as one actor has them, with a map of its own. */
  shardsOf(actor: Actor): Shards {
    const databases = [...this.databases].map(([name, local]) => {
      const send = async <T>(work: () => T): Promise<T> => this.#later(actor, this.#time, work);
      const d1 = {
        prepare: (sql: string) => new SimulatedStatement(local.prepare(sql), send),
        batch: async (statements: SimulatedStatement[]) =>
          send(() => local.batchNow(statements.map((statement) => statement.local))),
      };
      return [name, d1 as unknown as D1Database] as const;
    });
    return createShards(Object.fromEntries(databases), { now: this.now, sleep: async (ms) => this.sleep(actor, ms) });
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
