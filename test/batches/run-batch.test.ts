import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { AppError } from "../../src/domain/errors.ts";
import { COST, gate, items, openHouse } from "../support/batch-house.ts";

describe("a batch", () => {
  it("is accepted as queued, runs in its lane, and gives its results in the order of its items", async () => {
    const { house, accept, get, drain, results } = openHouse();
    const { id } = await accept(items(120));
    expect(await get(id)).toMatchObject({ counts: { total: 120, queued: 120 }, cost_nanousd: 0, ended_at: null });
    expect(house.sent.map(({ lane, wakeUp }) => [lane, wakeUp.type === "group" && wakeUp.group])).toEqual([
      ["batch", 0],
      ["batch", 1],
      ["batch", 2],
    ]);
    await drain();
    expect(await get(id)).toMatchObject({ counts: { total: 120, succeeded: 120 }, cost_nanousd: 120 * COST });
    expect((await get(id)).ended_at).not.toBeNull();
    const lines = await results(id);
    expect(lines.map(({ item }) => item.custom_id)).toEqual(items(120).map((item) => item.custom_id));
    expect(lines.map(({ execution }) => execution?.output)).toEqual(items(120).map((_, n) => `said ${n}`));
    expect(house.calls.every((call) => call.lane === "batch" && call.options.prompt.version === 3)).toBe(true);
  });

  it("records what ends together in one write, over all its groups, and each item's execution once", async () => {
    const { house, accept, drain, results } = openHouse({ itemsAtOnce: 40 });
    const all = gate();
    house.before = async () => {
      if (house.calls.length === 40) all.open();
      await all.opened;
      return undefined;
    };
    const { id } = await accept(items(60));
    await drain();
    expect(house.writes.reduce((sum, rows) => sum + rows, 0)).toBe(60);
    expect(house.writes.length).toBeLessThan(10);
    const ids = (await results(id)).map(({ execution }) => execution?.id);
    expect(new Set(ids).size).toBe(60);
  });

  it("runs an item again that a failed write left open, under the id that may be on record, and charges it once", async () => {
    const { house, accept, drain, get, executions } = openHouse({ itemsAtOnce: 4 });
    house.refuse = async (rows) => {
      house.refuse = async () => undefined;
      // One of them was written before the write failed.
      if (rows[0]) await executions.record(rows[0]);
      throw new Error("the shard and the queue are down");
    };
    const { id } = await accept(items(4));
    await drain();
    expect(await get(id)).toMatchObject({ counts: { succeeded: 4 }, cost_nanousd: 4 * COST });
    expect(new Set(house.calls.map((call) => call.id)).size).toBe(4);
  });

  it("runs each item once where its wake-ups come twice at a time, in any order, and again later", async () => {
    const { house, accept, drain, deliver, get } = openHouse();
    const { id } = await accept(items(120));
    const wakeUps = [...house.sent];
    house.sent = [...wakeUps.toReversed(), ...wakeUps];
    await Promise.all([deliver(wakeUps), drain()]);
    await deliver(wakeUps);
    expect(house.calls).toHaveLength(120);
    expect(new Set(house.calls.map((call) => call.id)).size).toBe(120);
    expect(await get(id)).toMatchObject({ counts: { succeeded: 120 }, cost_nanousd: 120 * COST });
  });

  it("executes equal items once, and gives every one of them the result", async () => {
    const { house, accept, drain, results, get } = openHouse();
    const twins = [
      { variables: { a: 1, b: 2 } },
      { variables: { n: 9 } },
      { custom_id: "twin", variables: { b: 2, a: 1 } },
    ];
    const { id } = await accept(twins);
    await drain();
    expect(house.calls).toHaveLength(2);
    expect(await get(id)).toMatchObject({ counts: { total: 3, succeeded: 3 }, cost_nanousd: 2 * COST });
    const [first, , twin] = await results(id);
    expect(twin?.item).toMatchObject({ custom_id: "twin", position: 2, state: "succeeded" });
    expect(twin?.execution?.id).toBe(first?.execution?.id);
  });

  it("shows the results that are there while others still run", async () => {
    const { house, accept, drain, results } = openHouse({ itemsAtOnce: 2 });
    const held = gate();
    house.before = async (request) => {
      if (request.variables["n"] === 1) await held.opened;
      return undefined;
    };
    const { id } = await accept(items(2));
    const running = drain();
    let states: string[] = [];
    while (!states.includes("succeeded")) states = (await results(id)).map(({ item }) => item.state);
    expect(states).toEqual(["succeeded", "running"]);
    held.open();
    await running;
  });

  it("makes no second call for an item whose execution was recorded before its consumer died", async () => {
    const { house, accept, deliver, get, executions, drain } = openHouse();
    const { id } = await accept(items(1));
    const wakeUps = house.sent.splice(0);
    // The first consumer records, and never comes back from it.
    house.before = async () => {
      house.before = async () => undefined;
      await executions.record({ ...(await recordedLike(house.calls[0]?.id ?? "", house.tenant)) });
      return new Promise<never>(() => undefined);
    };
    void deliver(wakeUps);
    while ((await get(id)).counts.running === 0 || !(await executions.find(house.tenant, house.calls[0]?.id ?? ""))) {
      await Promise.resolve();
    }
    await deliver(wakeUps);
    expect(house.calls).toHaveLength(1);
    house.now += 31_000;
    house.sent = wakeUps;
    await drain();
    expect(house.calls).toHaveLength(1);
    expect(await get(id)).toMatchObject({ counts: { succeeded: 1 }, cost_nanousd: 77 });
  });

  it("keeps an item that works longer than a lease, as long as its consumer lives", async () => {
    const { house, accept, deliver, drain, get } = openHouse();
    const held = gate();
    house.before = async () => held.opened.then(() => undefined);
    const { id } = await accept(items(1));
    const wakeUps = [...house.sent];
    const running = drain();
    while ((await get(id)).counts.running === 0) await Promise.resolve();
    house.now += 25_000;
    for (const beat of house.beats) beat();
    await get(id);
    house.now += 25_000;
    await deliver(wakeUps);
    held.open();
    await running;
    expect(house.calls).toHaveLength(1);
    expect((await get(id)).counts.succeeded).toBe(1);
  });
});

/** What a runner does that gives its items up: they count as started, and only those may be called item by item. */
async function passItems(): Promise<void> {
  const shards = [env.DB_SHARD_0, env.DB_SHARD_1, env.DB_SHARD_2, env.DB_SHARD_3];
  await Promise.all(shards.map(async (shard) => shard.prepare("update batch_items set starts = 1").run()));
}

describe("a batch in the provider's mode", () => {
  it("is handed over group by group, looked at again when the runner says, and called item by item once it gives up", async () => {
    const seen: number[] = [];
    const provider = {
      run: async (key: { group: number }) => {
        seen.push(key.group);
        if (seen.length < 3) return house.now + 60_000;
        await passItems();
        return "queue" as const;
      },
    };
    const { house, accept, drain, get } = openHouse({ provider });
    const { id } = await accept(items(2), { mode: "provider" });
    await drain();
    expect(seen).toEqual([0, 0, 0]);
    expect(house.now).toBe(1_795_000_000_000 + 120_000);
    expect(house.calls).toHaveLength(2);
    expect((await get(id)).counts.succeeded).toBe(2);
  });

  it("is refused where nobody runs it", async () => {
    const { accept } = openHouse();
    await expect(accept(items(1), { mode: "provider" })).rejects.toMatchObject({ errors: [{ path: "mode" }] });
  });
});

describe("an item that fails", () => {
  it("is tried again under a fresh id, and ends with its error after five failures, visible in the results", async () => {
    const { house, accept, drain, get, results } = openHouse();
    house.before = async (request) =>
      request.variables["n"] === 1 ? new AppError("provider_overloaded", "poison", { retryable: true }) : undefined;
    const { id } = await accept(items(3));
    await drain();
    const poison = house.calls.filter((call) => call.variables["n"] === 1);
    expect(new Set(poison.map((call) => call.id)).size).toBe(5);
    expect(await get(id)).toMatchObject({ counts: { succeeded: 2, failed: 1 } });
    const [, failed] = await results(id);
    expect(failed).toMatchObject({
      item: { state: "failed", error: { code: "provider_overloaded", detail: "poison" } },
      execution: { status: "failed" },
    });
  });

  it("is not tried again where the fault is the item's own, and costs no call where it never came to one", async () => {
    const { house, accept, drain, results } = openHouse();
    house.before = async () => {
      throw new AppError("validation_error", "variables.n: is missing");
    };
    const { id } = await accept(items(1));
    await drain();
    expect(house.calls).toHaveLength(1);
    expect(await results(id)).toMatchObject([{ item: { state: "failed", error: { code: "validation_error" } } }]);
  });

  it("is given up where it is started again and again and never ends, whoever starts it", async () => {
    const { house, accept, deliver, get } = openHouse();
    house.before = async () => new Promise<never>(() => undefined);
    const { id } = await accept(items(1));
    const wakeUps = [...house.sent];
    for (let starts = 1; starts <= 20; starts++) {
      void deliver(wakeUps);
      while (house.calls.length < starts) await get(id);
      house.now += 31_000;
    }
    await deliver(wakeUps);
    expect(house.calls).toHaveLength(20);
    expect((await get(id)).counts.failed).toBe(1);
  });

  it("can be driven again, and then ends as it does", async () => {
    const { house, services, accept, drain, get } = openHouse();
    house.before = async (request) =>
      request.variables["n"] === 1 ? new AppError("provider_error", "broken") : undefined;
    const { id } = await accept(items(60));
    await drain();
    expect((await get(id)).counts).toMatchObject({ succeeded: 59, failed: 1 });
    house.before = async () => undefined;
    const redriven = await services.readBatch.redrive(house.tenant, id);
    expect(redriven).toMatchObject({ counts: { queued: 1, failed: 0 }, ended_at: null });
    await drain();
    expect(house.calls).toHaveLength(61);
    expect(await get(id)).toMatchObject({ counts: { succeeded: 60 }, cost_nanousd: 60 * COST });
  });
});

async function recordedLike(id: string, tenantId: string) {
  const { executions, house, accept, drain } = openHouse();
  await accept([{ variables: { n: "model" } }]);
  await drain();
  const made = await executions.find(house.tenant, house.calls[0]?.id ?? "");
  if (!made) throw new Error("there is no execution to copy");
  const { feedback_score: _score, feedback_comment: _comment, provider: _provider, ...row } = made;
  return { ...row, provider: "openai" as const, id, tenant_id: tenantId, cost_nanousd: 77 };
}
