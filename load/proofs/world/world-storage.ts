import type { Execution, RecordedExecution } from "../../../src/domain/executions/execution.ts";
import { md5Prefix } from "../../../src/lib/hash.ts";
import { type Ground, never } from "./network.ts";

/** How a shard behaves: it answers, refuses at once, or hangs until D1's own limit. */
export type Mood = "well" | "refuses" | "hangs";

/** The shards of a world. */
export const SHARDS = 2;
/** D1 ends a query after this time, in ms. */
export const D1_LIMIT_MS = 30_000;

/** The executions of all tenants in shards. */
export class WorldStorage {
  readonly rows = new Map<string, Execution>();
  /** When each execution was first recorded, Unix ms. */
  readonly recordedAt = new Map<string, number>();
  readonly #ground: Ground;
  readonly #moods: Mood[] = Array.from({ length: SHARDS }, () => "well");

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  setMood(shard: number, mood: Mood): void {
    this.#moods[shard] = mood;
    this.#ground.history.add(`shard${shard} ${mood}`);
  }

  moodOf(shard: number): Mood {
    return this.#moods[shard] ?? "well";
  }

  /** The methods of the Worker's repository that its services use here. */
  readonly executions = {
    byShard: (rows: readonly Execution[]): Execution[][] => [
      ...Map.groupBy(rows, ({ tenant_id }) => shardOf(tenant_id)).values(),
    ],
    recordAll: async (rows: readonly Execution[]): Promise<void> => {
      await Promise.all(this.executions.byShard(rows).map(async (some) => this.#write(some)));
    },
    find: async (tenantId: string, id: string): Promise<RecordedExecution | undefined> => {
      await this.#reach(tenantId);
      const row = this.rows.get(id);
      return row && { ...structuredClone(row), feedback_score: null, feedback_comment: null };
    },
    findAll: async (tenantId: string, ids: readonly string[]): Promise<Map<string, RecordedExecution>> => {
      const found = await Promise.all(ids.map(async (id) => this.executions.find(tenantId, id)));
      return new Map(found.flatMap((row) => (row ? [[row.id, row]] : [])));
    },
    findEnded: async (tenantId: string, ids: readonly string[]): Promise<Set<string>> => {
      await this.#reach(tenantId);
      return new Set(ids.filter((id) => (this.rows.get(id)?.status ?? "unknown") !== "unknown"));
    },
  };

  async #write(rows: readonly Execution[]): Promise<void> {
    const { clock, random, faults } = this.#ground;
    if (clock.life()?.isOver) return never<void>();
    const written = structuredClone(rows);
    await this.#reach(written[0]?.tenant_id ?? "");
    for (const row of written) this.#put(row);
    if (faults.has("storage") && random.chance(0.02)) throw unavailable("failed after it wrote");
    await clock.sleep(random.between(1, 5));
  }

  /** As in the Worker's repository: the first record stays, unless its end was unknown. */
  #put(row: Execution): void {
    const first = this.rows.get(row.id);
    if (first && first.status !== "unknown") return;
    if (first && row.status === "unknown" && row.attempts <= first.attempts) return;
    this.rows.set(row.id, row);
    if (!first) this.recordedAt.set(row.id, this.#ground.clock.now());
    this.#ground.history.add(`recorded ${row.id} ${row.status} ${row.cost_nanousd}`);
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

/** The error of a shard that does not answer well. */
export function unavailable(why: string): Error {
  return new Error(`D1_ERROR: the shard ${why}`);
}
