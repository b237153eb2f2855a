import { describe, expect, it } from "vitest";
import { billLines, sumOf } from "../../load/bill/invoice.ts";
import { Meter, sumLines } from "../../load/bill/meter.ts";
import { type Bindings, Deployment, type WorkerModule } from "../../load/bill/platform/deployment.ts";
import { MeteredDatabase } from "../../load/bill/platform/metered-database.ts";
import { createRandom } from "../../load/proofs/gate-sim/random.ts";
import { WorldClock } from "../../load/proofs/world/world-clock.ts";
import { COUNTED_STATEMENTS, COUNTED_TABLES } from "./counted-statements.ts";

/** An object with an index, a timer of a second, an alarm and a value. */
class Toy {
  readonly #ctx: DurableObjectState;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    ctx.storage.sql.exec("create table if not exists hits (id integer primary key, at int)");
    ctx.storage.sql.exec("create index if not exists hits_at on hits (at)");
  }

  async hit(): Promise<number> {
    this.#ctx.storage.sql.exec("insert into hits (at) values (?)", Date.now());
    setTimeout(() => undefined, 1_000);
    await this.#ctx.storage.put("last", Date.now());
    return this.#ctx.storage.sql.exec<{ hits: number }>("select count(*) as hits from hits").one().hits;
  }

  async wake(): Promise<void> {
    await this.#ctx.storage.setAlarm(Date.now() + 60_000);
  }

  async alarm(): Promise<void> {
    this.#ctx.storage.sql.exec("delete from hits");
  }
}

interface ToyEnv {
  SHARD: D1Database;
  CACHE: KVNamespace;
  BUCKET: R2Bucket;
  QUEUE: Queue;
  TOY: DurableObjectNamespace<never>;
}

/** A Worker that uses each binding a known number of times. */
const worker = {
  Toy,
  default: {
    async fetch(request: Request, env: ToyEnv) {
      const { pathname } = new URL(request.url);
      const toy = env.TOY.getByName(pathname === "/other" ? "other" : "toy") as unknown as Toy;
      if (pathname === "/wake") {
        await toy.wake();
        return new Response("woken");
      }
      const hits = String(await toy.hit());
      if (pathname !== "/") return new Response(hits);
      await env.CACHE.get("pointer/a", "json");
      await env.CACHE.put("pointer/a", "{}");
      await caches.default.match("https://cache.test/a");
      await env.SHARD.prepare("insert into prompt_tags (tenant_id, tag, name) values (?, ?, ?)")
        .bind("t", "p", hits)
        .run();
      await env.BUCKET.put("block", "0123456789");
      await env.QUEUE.send({ large: "x".repeat(70_000) });
      return new Response(hits);
    },
    async queue(_batch: MessageBatch) {
      await Promise.resolve();
    },
    async scheduled() {
      await Promise.resolve();
    },
  },
} as unknown as WorkerModule;

const bindings: Bindings = {
  vars: {},
  d1_databases: [{ binding: "SHARD", migrations_dir: "migrations" }],
  kv_namespaces: [{ binding: "CACHE" }],
  r2_buckets: [{ binding: "BUCKET" }],
  durable_objects: { bindings: [{ name: "TOY", class_name: "Toy" }] },
  queues: {
    producers: [{ binding: "QUEUE", queue: "toys" }],
    consumers: [{ queue: "toys", max_batch_size: 2, max_batch_timeout: 1 }],
  },
};

/** Sends requests at their times, in ms. Returns the answers and what was counted. */
async function send(requests: readonly (readonly [at: number, path: string])[]) {
  const clock = new WorldClock();
  const meter = new Meter();
  meter.isOn = true;
  const parts = { clock, meter, worker, bindings, random: createRandom(1), secrets: {}, cpuMs: 2, fetch };
  const deployment = new Deployment({ ...parts, places: 1, isolates: 2 });
  const restore = deployment.install();
  const answers: string[] = [];
  try {
    for (const [at, path] of requests) {
      const ask = async () => {
        const { text } = await deployment.request(0, new Request(`https://edge.test${path}`));
        answers.push(text);
      };
      clock.in(undefined, at, () => void ask());
    }
    await clock.runUntil(200_000);
  } finally {
    restore();
  }
  return {
    answers,
    counted: Object.fromEntries(meter.lines().map(({ item, part, amount }) => [`${item}/${part}`, amount])),
  };
}

describe("npm run bill", () => {
  it("counts written rows as the engine does", () => {
    let written = 0;
    const database = new MeteredDatabase((_table, rows) => (written += rows));
    for (const sql of COUNTED_TABLES) database.exec(sql);
    const counted = COUNTED_STATEMENTS.map(([sql]) => {
      written = 0;
      database.run(sql);
      return [sql, written] as const;
    });
    expect(counted).toEqual(COUNTED_STATEMENTS);
  });

  it("counts what two requests do to each binding", async () => {
    const { counted } = await send([
      [0, "/"],
      [30_000, "/"],
    ]);
    expect(counted).toEqual({
      "worker requests/requests": 2,
      "worker requests/queue consumers": 2,
      "worker cpu ms/requests": 4,
      "worker cpu ms/queue consumers": 4,
      "log bytes/requests": 2_000,
      "log bytes/queue consumers": 2_000,
      "kv reads/pointer": 2,
      "kv writes/pointer": 2,
      "cache operations/match": 2,
      // The table is its own primary key or has one more row for it, and one for its index.
      "d1 rows written/prompt_tags": 6,
      "d1 rows read/SHARD": 6,
      "d1 queries/SHARD": 2,
      "object requests/Toy": 2,
      // A second's timer each, in the object of 128 MB.
      "object gb-s/Toy": 2 * 0.128,
      "object rows written/Toy hits": 4,
      "object rows written/Toy key-value": 2,
      // Each statement reads what it wrote, and the count is one row.
      "object rows read/Toy": 6,
      // 70 KB are two operations to write, to read and to delete.
      "queue operations/toys written": 4,
      "queue operations/toys read": 4,
      "queue operations/toys deleted": 4,
      "r2 class a/put": 2,
    });
  });

  it("keeps what an object stored while it is out of memory, and bills its alarm", async () => {
    const { answers, counted } = await send([
      [0, "/toy"],
      [15_000, "/other"],
      [20_000, "/toy"],
      [40_000, "/wake"],
      [120_000, "/toy"],
    ]);
    // The alarm at 100 s deletes both hits.
    expect(answers).toEqual(["1", "1", "2", "woken", "1"]);
    expect(counted["object requests/Toy"]).toBe(5);
    expect(counted["object requests/Toy alarm"]).toBe(1);
    expect(counted["object rows written/Toy alarm"]).toBe(1);
    // Four inserts of two rows each, and two deletions.
    expect(counted["object rows written/Toy hits"]).toBe(10);
  });

  it("takes an item's allowance off once, and counts storage for as long as it is there", () => {
    const lines = billLines({
      lines: [
        { item: "kv writes", part: "key", amount: 300 },
        { item: "kv writes", part: "pointer", amount: 100 },
        { item: "d1 bytes", part: "growth", amount: 1_000_000 },
        { item: "object bytes", part: "growth", amount: 1_000_000 },
      ],
      executions: 1_000,
      objectDays: 7,
    });
    const [key, pointer, storage, ofObjects] = lines.map(({ usd_per_1000 }) => usd_per_1000);
    // 300M executions: 120M writes beyond 1M at $5, of which three in four are keys.
    expect(key).toBeCloseTo((0.75 * 119 * 5) / 300_000, 10);
    expect(pointer).toBeCloseTo((0.25 * 119 * 5) / 300_000, 10);
    // 300 GB, half of them on average, beyond 5 GB at $0.75.
    expect(storage).toBeCloseTo((145 * 0.75) / 300_000, 10);
    // A week of 10 GB a day, beyond 5 GB at $0.20.
    expect(ofObjects).toBeCloseTo((65 * 0.2) / 300_000, 10);
    expect(sumOf(lines)).toBeCloseTo((595 + 108.75 + 13) / 300_000, 10);
  });

  it("adds up slices by their weights", () => {
    const line = { item: "kv reads", part: "key", amount: 2 } as const;
    const sum = sumLines([
      { lines: [line], weight: 10 },
      { lines: [line], weight: 1 },
    ]);
    expect(sum).toEqual([{ ...line, amount: 22 }]);
  });
});
