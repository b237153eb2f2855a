import { describe, expect, it } from "vitest";
import { AppError } from "../../src/domain/errors.ts";
import { COST, gate, items, openBatchWorld } from "../support/batch-world.ts";

describe("a batch", () => {
  it("is accepted as queued, runs in its lane, and returns its results in the order of its items", async () => {
    const { world, accept, get, drain, results } = openBatchWorld();
    const { id } = await accept(items(120));
    expect(await get(id)).toMatchObject({ counts: { total: 120, queued: 120 }, cost_nanousd: 0, ended_at: null });
    expect(world.sent.map(({ lane, wakeUp }) => [lane, wakeUp.type === "group" && wakeUp.group])).toEqual([
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
    expect(world.calls.every((call) => call.lane === "batch" && call.options.prompt.version === 3)).toBe(true);
  });

  it("records executions that end together in one write across groups, and each execution once", async () => {
    const { world, accept, drain, results } = openBatchWorld({ itemsAtOnce: 40 });
    const all = gate();
    world.before = async () => {
      if (world.calls.length === 40) all.open();
      await all.opened;
      return undefined;
    };
    const { id } = await accept(items(60));
    await drain();
    expect(world.writes.reduce((sum, rows) => sum + rows, 0)).toBe(60);
    expect(world.writes.length).toBeLessThan(10);
    const ids = (await results(id)).map(({ execution }) => execution?.id);
    expect(new Set(ids).size).toBe(60);
  });

  it("runs no item again because its record was not taken at first, and charges it once", async () => {
    const { world, accept, drain, get, executions } = openBatchWorld({ itemsAtOnce: 4 });
    world.refuse = async (rows) => {
      world.refuse = async () => undefined;
      // One of them was recorded before the write failed.
      if (rows[0]) await executions.record(rows[0]);
      throw new Error("the shard and the queue are down");
    };
    const { id } = await accept(items(4));
    await drain();
    expect(await get(id)).toMatchObject({ counts: { succeeded: 4 }, cost_nanousd: 4 * COST });
    expect(world.calls).toHaveLength(4);
  });

  it("runs each item once although its wake-ups arrive twice at a time, in any order, and again later", async () => {
    const { world, accept, drain, deliver, get } = openBatchWorld();
    const { id } = await accept(items(120));
    const wakeUps = [...world.sent];
    world.sent = [...wakeUps.toReversed(), ...wakeUps];
    await Promise.all([deliver(wakeUps), drain()]);
    await deliver(wakeUps);
    expect(world.calls).toHaveLength(120);
    expect(new Set(world.calls.map((call) => call.id)).size).toBe(120);
    expect(await get(id)).toMatchObject({ counts: { succeeded: 120 }, cost_nanousd: 120 * COST });
  });

  it("executes equal items once, and gives each of them the result", async () => {
    const { world, accept, drain, results, get } = openBatchWorld();
    const twins = [
      { variables: { a: 1, b: 2 } },
      { variables: { n: 9 } },
      { custom_id: "twin", variables: { b: 2, a: 1 } },
    ];
    const { id } = await accept(twins);
    await drain();
    expect(world.calls).toHaveLength(2);
    expect(await get(id)).toMatchObject({ counts: { total: 3, succeeded: 3 }, cost_nanousd: 2 * COST });
    const [first, , twin] = await results(id);
    expect(twin?.item).toMatchObject({ custom_id: "twin", position: 2, state: "succeeded" });
    expect(twin?.execution?.id).toBe(first?.execution?.id);
  });

  it("shows the results of ended items while others still run", async () => {
    const { world, accept, drain, results } = openBatchWorld({ itemsAtOnce: 2 });
    const held = gate();
    world.before = async (request) => {
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
    const { world, accept, deliver, get, executions, drain } = openBatchWorld();
    const { id } = await accept(items(1));
    const wakeUps = world.sent.splice(0);
    // The first consumer records the execution and then hangs.
    world.before = async () => {
      world.before = async () => undefined;
      await executions.record({ ...(await recordedLike(world.calls[0]?.id ?? "", world.tenant)) });
      return new Promise<never>(() => undefined);
    };
    void deliver(wakeUps);
    while ((await get(id)).counts.running === 0 || !(await executions.find(world.tenant, world.calls[0]?.id ?? ""))) {
      await Promise.resolve();
    }
    await deliver(wakeUps);
    expect(world.calls).toHaveLength(1);
    world.now += 31_000;
    world.sent = wakeUps;
    await drain();
    expect(world.calls).toHaveLength(1);
    expect(await get(id)).toMatchObject({ counts: { succeeded: 1 }, cost_nanousd: 77 });
  });

  it("keeps an item that runs longer than one lease while its consumer lives", async () => {
    const { world, accept, deliver, drain, get } = openBatchWorld();
    const held = gate();
    world.before = async () => held.opened.then(() => undefined);
    const { id } = await accept(items(1));
    const wakeUps = [...world.sent];
    const running = drain();
    while ((await get(id)).counts.running === 0) await Promise.resolve();
    world.now += 25_000;
    for (const beat of world.beats) beat();
    await get(id);
    world.now += 25_000;
    await deliver(wakeUps);
    held.open();
    await running;
    expect(world.calls).toHaveLength(1);
    expect((await get(id)).counts.succeeded).toBe(1);
  });
});

describe("a batch of mode provider", () => {
  it("is left alone by the queue until its items are handed over, and then called item by item", async () => {
    const { world, services, accept, drain, get, store } = openBatchWorld();
    const { id } = await accept(items(2), { mode: "provider" });
    await drain();
    expect(world.calls).toEqual([]);
    const batch = (await store.waiting(1_000)).find((each) => each.id === id);
    if (!batch) throw new Error("the batch does not wait for a provider batch");
    await store.handToQueue(batch, world.now);
    await services.sweepBatches();
    world.sent = world.sent.filter(({ wakeUp }) => wakeUp.batch_id === id);
    await drain();
    expect(world.calls).toHaveLength(2);
    expect((await get(id)).counts.succeeded).toBe(2);
  });
});

describe("an item that fails", () => {
  it("is retried under a fresh id, and after five failures ends with its error in the results", async () => {
    const { world, accept, drain, get, results } = openBatchWorld();
    world.before = async (request) =>
      request.variables["n"] === 1 ? new AppError("provider_overloaded", "poison", { retryable: true }) : undefined;
    const { id } = await accept(items(3));
    await drain();
    const poison = world.calls.filter((call) => call.variables["n"] === 1);
    expect(new Set(poison.map((call) => call.id)).size).toBe(5);
    expect(await get(id)).toMatchObject({ counts: { succeeded: 2, failed: 1 } });
    const [, failed] = await results(id);
    expect(failed).toMatchObject({
      item: { state: "failed", error: { code: "provider_overloaded", detail: "poison" } },
      execution: { status: "failed" },
    });
  });

  it("is not retried after a fault of its own input", async () => {
    const { world, accept, drain, results } = openBatchWorld();
    world.before = async () => {
      throw new AppError("validation_error", "variables.n: is missing");
    };
    const { id } = await accept(items(1));
    await drain();
    expect(world.calls).toHaveLength(1);
    expect(await results(id)).toMatchObject([{ item: { state: "failed", error: { code: "validation_error" } } }]);
  });

  it("is given up after 20 starts without an end", async () => {
    const { world, accept, deliver, get } = openBatchWorld();
    world.before = async () => new Promise<never>(() => undefined);
    const { id } = await accept(items(1));
    const wakeUps = [...world.sent];
    for (let starts = 1; starts <= 20; starts++) {
      void deliver(wakeUps);
      while (world.calls.length < starts) await get(id);
      world.now += 31_000;
    }
    await deliver(wakeUps);
    // A record may still come.
    expect((await get(id)).counts.queued).toBe(1);
    world.now += 600_000;
    await deliver(wakeUps);
    expect(world.calls).toHaveLength(20);
    expect((await get(id)).counts.failed).toBe(1);
  });

  it("can be redriven, and then ends with its new result", async () => {
    const { world, services, accept, drain, get } = openBatchWorld();
    world.before = async (request) =>
      request.variables["n"] === 1 ? new AppError("provider_error", "broken") : undefined;
    const { id } = await accept(items(60));
    await drain();
    expect((await get(id)).counts).toMatchObject({ succeeded: 59, failed: 1 });
    world.before = async () => undefined;
    const redriven = await services.redriveBatch(world.tenant, id);
    expect(redriven).toMatchObject({ counts: { queued: 1, failed: 0 }, ended_at: null });
    await drain();
    expect(world.calls).toHaveLength(61);
    expect(await get(id)).toMatchObject({ counts: { succeeded: 60 }, cost_nanousd: 60 * COST });
  });
});

async function recordedLike(id: string, tenantId: string) {
  const { executions, world, accept, drain } = openBatchWorld();
  await accept([{ variables: { n: "model" } }]);
  await drain();
  const made = await executions.find(world.tenant, world.calls[0]?.id ?? "");
  if (!made) throw new Error("there is no execution to copy");
  const { feedback_score: _score, feedback_comment: _comment, provider: _provider, ...row } = made;
  return { ...row, provider: "openai" as const, id, tenant_id: tenantId, cost_nanousd: 77 };
}
