import { describe, expect, it } from "vitest";
import { boundedMaxTokens } from "../../src/domain/completions/output-bound.ts";
import { maxPromptTokens } from "../../src/domain/completions/prompt-bound.ts";
import { newId } from "../../src/domain/id.ts";
import { DEFAULT_MODEL } from "../../src/domain/completions/models.ts";
import { worstPriceOf } from "../../src/domain/completions/prices.ts";
import { MAX_ATTEMPTS } from "../../src/services/completions/make-completion.ts";
import { COST, executionOf, gate, items, openBatchWorld } from "../support/batch-world.ts";

/** The budget that is reserved for one item of the default model, nano-dollars. */
function boundOfOne(): number {
  const prompt_tokens = maxPromptTokens({ messages: [{ role: "user", content: "Say 0." }] });
  const usage = {
    prompt_tokens,
    completion_tokens: boundedMaxTokens({}),
    total_tokens: prompt_tokens + boundedMaxTokens({}),
  };
  return MAX_ATTEMPTS * (worstPriceOf("openai", DEFAULT_MODEL, usage)?.cost_nanousd ?? 0);
}

describe("a batch that is cancelled while it runs", () => {
  it("starts no further item, lets running items end, and ends with the last of them", async () => {
    const { world, services, accept, drain, get, results } = openBatchWorld({ itemsAtOnce: 4 });
    const held = gate();
    world.before = async () => held.opened.then(() => undefined);
    const { id } = await accept(items(60));
    const running = drain();
    while (world.calls.length < 4) await get(id);
    const cancelled = await services.cancelBatch(world.tenant, id);
    expect(cancelled).toMatchObject({ state: "cancelled", counts: { running: 4, cancelled: 56 }, ended_at: null });
    held.open();
    await running;
    expect(world.calls).toHaveLength(4);
    expect(await get(id)).toMatchObject({ counts: { succeeded: 4, cancelled: 56 }, cost_nanousd: 4 * COST });
    expect((await get(id)).ended_at).not.toBeNull();
    expect((await results(id)).filter(({ item }) => item.state === "cancelled")).toHaveLength(56);
  });

  /** Cancels a batch of two items whose consumer dies while they run, and sweeps it. */
  async function cancelAfterDeath(batchWorld: ReturnType<typeof openBatchWorld>): Promise<string> {
    const { world, services, accept, deliver, get } = batchWorld;
    const { id } = await accept(items(2));
    const wakeUps = world.sent.splice(0);
    void deliver(wakeUps);
    while (world.calls.length < 2) await get(id);
    await services.cancelBatch(world.tenant, id);
    world.now += 400_000;
    await services.sweepBatches();
    await deliver(world.sent.splice(0).filter(({ wakeUp }) => wakeUp.batch_id === id));
    return id;
  }

  it("ends although a consumer died with its items: they are cancelled when their leases expire", async () => {
    const batchWorld = openBatchWorld();
    batchWorld.world.before = async () => new Promise<never>(() => undefined);
    const id = await cancelAfterDeath(batchWorld);
    expect(await batchWorld.get(id)).toMatchObject({ counts: { running: 0, cancelled: 2 } });
    expect((await batchWorld.get(id)).ended_at).not.toBeNull();
    expect(batchWorld.world.calls).toHaveLength(2);
  });

  it("records what a dead consumer may have spent on its items as unknown", async () => {
    const batchWorld = openBatchWorld();
    batchWorld.world.before = async () => new Promise<never>(() => undefined);
    const began = batchWorld.world.now;
    const id = await cancelAfterDeath(batchWorld);
    const { world, executions, get } = batchWorld;
    const ids = world.calls.map((call) => call.id ?? "");
    const rows = [...(await executions.findAll(world.tenant, ids)).values()];
    expect(rows).toMatchObject([{ status: "unknown" }, { status: "unknown" }]);
    // They count when the dead consumer had them, and not when that was found out.
    expect(rows.map(({ created_at }) => created_at - began)).toEqual([0, 0]);
    const costs = rows.map(({ cost_nanousd }) => cost_nanousd ?? 0);
    expect(Math.min(...costs)).toBeGreaterThan(0);
    expect((await get(id)).cost_nanousd).toBe(costs.reduce((sum, cost) => sum + cost, 0));
  });

  it("gives the items the results that a consumer recorded before it died", async () => {
    const batchWorld = openBatchWorld();
    const { world, executions, get, results } = batchWorld;
    world.before = async (request) => {
      await executions.record(executionOf(request, world.now, undefined));
      return new Promise<never>(() => undefined);
    };
    const id = await cancelAfterDeath(batchWorld);
    expect(await get(id)).toMatchObject({ counts: { succeeded: 2, cancelled: 0 }, cost_nanousd: 2 * COST });
    expect((await results(id)).map(({ execution }) => execution?.output)).toEqual(["said 0", "said 1"]);
  });
});

describe("an item that is given up", () => {
  it("is recorded as unknown once it was started many times and never ended", async () => {
    const { world, services, executions, accept, deliver, get } = openBatchWorld();
    world.before = async () => new Promise<never>(() => undefined);
    const { id } = await accept(items(1));
    let due = world.sent.splice(0);
    // After its last start, its record is waited for.
    for (let starts = 1; starts <= 23; starts += 1) {
      const delivered = deliver(due);
      while (world.calls.length < Math.min(starts, 20)) await get(id);
      if (starts > 20) await delivered;
      world.now += 400_000;
      await services.sweepBatches();
      due = world.sent.splice(0).filter(({ wakeUp }) => wakeUp.batch_id === id);
    }
    expect(await get(id)).toMatchObject({ counts: { failed: 1 } });
    const ids = world.calls.map((call) => call.id ?? "");
    const rows = [...(await executions.findAll(world.tenant, ids)).values()];
    expect(rows.map(({ status }) => status)).toEqual(Array(20).fill("unknown"));
    const costs = rows.map(({ cost_nanousd }) => cost_nanousd ?? 0);
    expect((await get(id)).cost_nanousd).toBe(costs.reduce((sum, cost) => sum + cost, 0));
  });
});

describe("max_cost_usd", () => {
  it("is not exceeded by concurrent consumers, and is the error of the items that do not fit", async () => {
    const { world, accept, drain, get, results } = openBatchWorld({ itemsAtOnce: 8 });
    // While the worst case of one item is reserved, no other fits. It costs less than that, and the
    // rest pays for ten more items.
    const { id } = await accept(items(24), { max_cost_usd: (boundOfOne() + 10 * COST) / 1e9 });
    await drain();
    const batch = await get(id);
    expect(batch.counts).toMatchObject({ succeeded: 11, failed: 13 });
    expect(batch.cost_nanousd).toBe(11 * COST);
    expect(world.calls.every((call) => call.options.parameters.max_tokens === boundedMaxTokens({}))).toBe(true);
    const refused = (await results(id)).filter(({ item }) => item.state === "failed");
    expect(refused.every(({ item }) => item.error?.code === "budget_exceeded")).toBe(true);
  });

  it("fails every item that it does not cover without a call", async () => {
    const { world, accept, drain, get, results } = openBatchWorld();
    const { id } = await accept(items(3), { max_cost_usd: 0.000_000_1 });
    await drain();
    expect(world.calls).toEqual([]);
    expect(await get(id)).toMatchObject({ counts: { failed: 3 }, cost_nanousd: 0 });
    expect((await results(id))[0]?.item.error?.code).toBe("budget_exceeded");
  });

  it("reserves what running items may cost: an item that does not fit waits, and runs once they cost less", async () => {
    const { world, accept, deliver, drain, get } = openBatchWorld({ itemsAtOnce: 1 });
    const held = gate();
    world.before = async () => held.opened.then(() => undefined);
    const { id } = await accept(items(2), { max_cost_usd: (boundOfOne() * 1.5) / 1e9 });
    const wakeUps = world.sent.splice(0);
    const first = deliver(wakeUps);
    while (world.calls.length === 0) await get(id);
    await deliver(wakeUps);
    expect(world.calls.length).toBe(1);
    held.open();
    await first;
    await drain();
    expect(world.calls.length).toBe(2);
    expect((await get(id)).counts.succeeded).toBe(2);
  });

  it("lets an item wait for money as often as it must: a wait is no start without an end", async () => {
    const { world, accept, deliver, drain, get } = openBatchWorld({ itemsAtOnce: 1 });
    const held = gate();
    world.before = async () => held.opened.then(() => undefined);
    const { id } = await accept(items(2), { max_cost_usd: (boundOfOne() * 1.5) / 1e9 });
    const wakeUps = world.sent.splice(0);
    const first = deliver(wakeUps);
    while (world.calls.length === 0) await get(id);
    for (let waits = 0; waits < 25; waits += 1) {
      await deliver(wakeUps);
      for (const renew of world.beats) renew();
      world.now += 2_000;
    }
    held.open();
    await first;
    await drain();
    expect((await get(id)).counts).toMatchObject({ succeeded: 2, failed: 0 });
  });
});

describe("an upload", () => {
  it("that its client never finished cannot be opened after the sweep has deleted it", async () => {
    const { world, services, batches } = openBatchWorld();
    const upload = { tenant_id: world.tenant, id: newId("bat", world.now), created_at: world.now };
    await batches.begin({ ...upload, key_id: "key_x", kind: "batch" }, 1e9);
    const item = { position: 0, group: 0, same_as: null, custom_id: null, variables: "{}", execution_id: "exe_x" };
    await batches.add(upload, [item], 0);
    world.now += 3_600_001;
    await services.sweepBatches();
    const settings = {
      lane: "batch" as const,
      mode: "queue" as const,
      request: null,
      asked: null,
      max_cost_nanousd: null,
    };
    const opening = batches.open(upload, { ...settings, webhook_url: null, webhook_secret: null }, 0);
    await expect(opening).rejects.toThrow("swept");
    expect(await batches.items(world.tenant, upload.id, 0, 10)).toEqual([]);
  });

  it("that was given up neither adds to nor opens a later upload under the same id", async () => {
    const { world, batches } = openBatchWorld();
    const early = { tenant_id: world.tenant, id: newId("bat", world.now), created_at: world.now };
    const late = { ...early, created_at: world.now + 1 };
    const item = { position: 0, group: 0, same_as: null, custom_id: null, variables: "{}", execution_id: "exe_x" };
    const settings = {
      lane: "batch" as const,
      mode: "queue" as const,
      request: null,
      asked: null,
      max_cost_nanousd: null,
    };
    const open = { ...settings, webhook_url: null, webhook_secret: null };
    await batches.begin({ ...early, key_id: "key_x", kind: "batch" }, 1e9);
    await batches.abandon(early.tenant_id, early.id, early.created_at);
    await batches.begin({ ...late, key_id: "key_x", kind: "batch" }, 1e9);

    await batches.add(early, [item], 0);
    await expect(batches.open(early, open, 0)).rejects.toThrow("swept");
    await batches.abandon(early.tenant_id, early.id, early.created_at);
    expect(await batches.items(world.tenant, late.id, 0, 10)).toEqual([]);

    await batches.add(late, [{ ...item, execution_id: "exe_y" }], 0);
    await batches.open(late, open, 0);
    expect(await batches.items(world.tenant, late.id, 0, 10)).toMatchObject([{ execution_id: "exe_y" }]);
  });

  it("that fails in the middle leaves nothing behind, and the error names the item", async () => {
    const { world, accept } = openBatchWorld();
    const many = [...items(700), "{broken", ...items(5)];
    await expect(accept(many)).rejects.toMatchObject({ code: "validation_error", errors: [{ path: "items.700" }] });
    await expect(accept([])).rejects.toMatchObject({ errors: [{ path: "items" }] });
    await expect(accept([{ variables: [] }])).rejects.toMatchObject({ errors: [{ path: "items.0.variables" }] });
    await expect(accept([{ custom_id: "a\nb", variables: {} }])).rejects.toMatchObject({
      errors: [{ path: "items.0.custom_id" }],
    });
    const deep = `{"variables":{"n":${"[".repeat(50_000)}${"]".repeat(50_000)}}}`;
    await expect(accept([deep])).rejects.toMatchObject({ code: "validation_error" });
    expect(world.sent).toEqual([]);
  });

  it("is written in bulk, also where its size is no multiple of the page", async () => {
    const { accept, get } = openBatchWorld();
    for (const size of [499, 500, 501]) {
      const { id } = await accept(items(size));
      expect((await get(id)).counts.queued).toBe(size);
    }
  });

  it("is accepted while the queue is down, and the sweep sends its wake-ups", async () => {
    const { world, services, accept, drain, get } = openBatchWorld();
    world.unsendable = true;
    const { id } = await accept(items(60));
    expect(world.errors).toHaveLength(1);
    world.unsendable = false;
    await services.sweepBatches();
    expect(world.sent.filter(({ wakeUp }) => wakeUp.batch_id === id)).toEqual([]);
    world.now += 300_000;
    await services.sweepBatches();
    world.sent = world.sent.filter(({ wakeUp }) => wakeUp.batch_id === id);
    expect(world.sent).toHaveLength(2);
    await drain();
    expect((await get(id)).counts.succeeded).toBe(60);
    world.now += 300_000;
    await services.sweepBatches();
    expect(world.sent.filter(({ wakeUp }) => wakeUp.batch_id === id)).toEqual([]);
  });
});
