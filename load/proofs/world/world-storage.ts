import { AppError } from "../../../src/domain/errors.ts";
import type { Execution, RecordedExecution } from "../../../src/domain/executions/execution.ts";
import { md5Prefix } from "../../../src/lib/hash.ts";
import { type Ground, never } from "./network.ts";

/** How a shard behaves: it answers, refuses at once, or hangs until D1's own limit. */
type Mood = "well" | "refuses" | "hangs";

const SHARDS = 2;
/** D1 ends a query after this time, in ms. */
const D1_LIMIT_MS = 30_000;
/** The pause before a message is delivered again, and how often it is, as in the Worker's queue. */
const QUEUE = { retry_ms: 5_000, retries: 100 };

/** The executions of all tenants in shards, and the usage queue with its consumer. */
export class WorldStorage {
  readonly rows = new Map<string, Execution>();
  /** Messages that were delivered too often. */
  dead = 0;
  readonly #ground: Ground;
  readonly #moods: Mood[] = Array.from({ length: SHARDS }, () => "well");

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  setMood(shard: number, mood: Mood): void {
    this.#moods[shard] = mood;
    this.#ground.history.add(`shard${shard} ${mood}`);
  }

  readonly executions = {
    record: async (execution: Execution) => this.#write([execution]),
    recordAll: async (some: readonly Execution[]) => {
      const byShard = Map.groupBy(some, ({ tenant_id }) => shardOf(tenant_id));
      await Promise.all([...byShard.values()].map(async (rows) => this.#write(rows)));
    },
    find: async (tenantId: string, id: string): Promise<RecordedExecution | undefined> => {
      await this.#reach(tenantId);
      const row = this.rows.get(id);
      return row && { ...row, feedback_score: null, feedback_comment: null };
    },
  };

  readonly queue = {
    send: async (execution: Execution) => {
      const { clock, random, faults } = this.#ground;
      if (clock.life()?.isOver) return never<void>();
      await clock.sleep(random.between(5, 30));
      const delay = () => (faults.has("queue") ? random.between(10, 60_000) : 500);
      const message = structuredClone(execution);
      this.#deliver(message, delay(), 0);
      if (faults.has("queue") && random.chance(0.1)) this.#deliver(message, delay(), 0);
    },
  };

  #deliver(execution: Execution, ms: number, tries: number): void {
    const { clock, history } = this.#ground;
    const again = () => {
      if (tries < QUEUE.retries) return this.#deliver(execution, QUEUE.retry_ms, tries + 1);
      this.dead += 1;
      history.add(`dead letter ${execution.id}`);
    };
    clock.in(undefined, ms, () => void this.executions.record(execution).catch(again));
  }

  async #write(rows: readonly Execution[]): Promise<void> {
    const { clock, random, faults, history } = this.#ground;
    if (clock.life()?.isOver) return never<void>();
    await this.#reach(rows[0]?.tenant_id ?? "");
    for (const row of rows) {
      if (!this.rows.has(row.id)) history.add(`recorded ${row.id} ${row.status} ${row.cost_nanousd}`);
      if (!this.rows.has(row.id)) this.rows.set(row.id, structuredClone(row));
    }
    if (faults.has("storage") && random.chance(0.02)) throw unavailable("failed after it wrote");
    await clock.sleep(random.between(1, 5));
  }

  async #reach(tenantId: string): Promise<void> {
    const { clock, random } = this.#ground;
    const mood = this.#moods[shardOf(tenantId)];
    await clock.sleep(mood === "hangs" ? D1_LIMIT_MS : random.between(1, 8));
    if (mood !== "well") throw unavailable(mood ?? "missing");
  }
}

/** The shard of a tenant's executions. A whole tenant has one, so that a bad shard shows. */
export function shardOf(tenantId: string): number {
  return md5Prefix(tenantId) % SHARDS;
}

function unavailable(why: string): AppError {
  return new AppError("internal_error", `The shard ${why}.`);
}
