import { describe, expect, it } from "vitest";
import { CAPPED_MAX_TOKENS } from "../../src/domain/batches/batch.ts";
import { newId } from "../../src/domain/id.ts";
import { DEFAULT_MODEL } from "../../src/domain/completions/models.ts";
import { priceOf } from "../../src/domain/usage/prices.ts";
import { estimateTokens } from "../../src/domain/completions/token-estimate.ts";
import { COST, gate, items, openHouse } from "../support/batch-house.ts";

/** What is set aside for one item of the default model, nano-dollars. */
function boundOfOne(): number {
  const prompt_tokens = 2 * estimateTokens([{ role: "user", content: "Say 0." }]);
  const usage = {
    prompt_tokens,
    completion_tokens: CAPPED_MAX_TOKENS,
    total_tokens: prompt_tokens + CAPPED_MAX_TOKENS,
  };
  return priceOf("openai", DEFAULT_MODEL, usage)?.cost_nanousd ?? 0;
}

describe("a batch that is cancelled in the middle", () => {
  it("starts nothing new, lets what runs end, and ends itself with the last of it", async () => {
    const { house, services, accept, drain, get, results } = openHouse({ itemsAtOnce: 4 });
    const held = gate();
    house.before = async () => held.opened.then(() => undefined);
    const { id } = await accept(items(60));
    const running = drain();
    while (house.calls.length < 4) await get(id);
    const cancelled = await services.readBatch.cancel(house.tenant, id);
    expect(cancelled).toMatchObject({ state: "cancelled", counts: { running: 4, cancelled: 56 }, ended_at: null });
    held.open();
    await running;
    expect(house.calls).toHaveLength(4);
    expect(await get(id)).toMatchObject({ counts: { succeeded: 4, cancelled: 56 }, cost_nanousd: 4 * COST });
    expect((await get(id)).ended_at).not.toBeNull();
    expect((await results(id)).filter(({ item }) => item.state === "cancelled")).toHaveLength(56);
  });

  it("ends although a consumer died with its items: they are cancelled when their lease is over", async () => {
    const { house, services, accept, deliver, get } = openHouse();
    house.before = async () => new Promise<never>(() => undefined);
    const { id } = await accept(items(2));
    const wakeUps = house.sent.splice(0);
    void deliver(wakeUps);
    while (house.calls.length < 2) await get(id);
    await services.readBatch.cancel(house.tenant, id);
    house.now += 400_000;
    await services.handleWakeUps.sweep();
    await deliver(house.sent.splice(0).filter(({ wakeUp }) => wakeUp.batch_id === id));
    expect(await get(id)).toMatchObject({ counts: { running: 0, cancelled: 2 } });
    expect((await get(id)).ended_at).not.toBeNull();
  });
});

describe("max_cost_usd", () => {
  it("is not exceeded by any number of consumers at once, and names itself where an item no longer fits", async () => {
    const { house, accept, drain, get, results } = openHouse({ itemsAtOnce: 8 });
    // While one item's worst case is set aside no other fits; what is over when it came out cheaper pays for ten more.
    const { id } = await accept(items(24), { max_cost_usd: (boundOfOne() + 10 * COST) / 1e9 });
    await drain();
    const batch = await get(id);
    expect(batch.counts).toMatchObject({ succeeded: 11, failed: 13 });
    expect(batch.cost_nanousd).toBe(11 * COST);
    expect(house.calls.every((call) => call.options.parameters.max_tokens === CAPPED_MAX_TOKENS)).toBe(true);
    const refused = (await results(id)).filter(({ item }) => item.state === "failed");
    expect(refused.every(({ item }) => item.error?.code === "budget_exceeded")).toBe(true);
  });

  it("refuses every item that it does not cover before any is called", async () => {
    const { house, accept, drain, get, results } = openHouse();
    const { id } = await accept(items(3), { max_cost_usd: 0.000_000_1 });
    await drain();
    expect(house.calls).toEqual([]);
    expect(await get(id)).toMatchObject({ counts: { failed: 3 }, cost_nanousd: 0 });
    expect((await results(id))[0]?.item.error?.code).toBe("budget_exceeded");
  });

  it("holds what running items may cost: who does not fit beside them waits, and runs when they came out cheaper", async () => {
    const { house, accept, deliver, drain, get } = openHouse({ itemsAtOnce: 1 });
    const held = gate();
    house.before = async () => held.opened.then(() => undefined);
    const { id } = await accept(items(2), { max_cost_usd: (boundOfOne() * 1.5) / 1e9 });
    const wakeUps = house.sent.splice(0);
    const first = deliver(wakeUps);
    while (house.calls.length === 0) await get(id);
    await deliver(wakeUps);
    expect(house.calls.length).toBe(1);
    held.open();
    await first;
    await drain();
    expect(house.calls.length).toBe(2);
    expect((await get(id)).counts.succeeded).toBe(2);
  });
});

describe("an upload", () => {
  it("that its client never ended can never be opened once the sweep has found it", async () => {
    const { house, services, batches } = openHouse();
    const batch = { tenant_id: house.tenant, key_id: "key_x", id: newId("bat", house.now), kind: "batch" as const };
    await batches.begin({ ...batch, created_at: house.now });
    const item = { position: 0, group: 0, same_as: null, custom_id: null, variables: "{}", execution_id: "exe_x" };
    await batches.add(house.tenant, batch.id, [item]);
    house.now += 3_600_001;
    await services.handleWakeUps.sweep();
    const settings = { lane: "batch" as const, mode: "queue" as const, request: null, max_cost_nanousd: null };
    const opening = batches.open(house.tenant, batch.id, { ...settings, webhook_url: null, webhook_secret: null }, 0);
    await expect(opening).rejects.toThrow("swept");
    expect(await batches.items(house.tenant, batch.id, 0, 10)).toEqual([]);
  });

  it("that goes wrong in the middle leaves nothing behind, and names the item", async () => {
    const { house, accept } = openHouse();
    const many = [...items(700), "{broken", ...items(5)];
    await expect(accept(many)).rejects.toMatchObject({ code: "validation_error", errors: [{ path: "items.700" }] });
    await expect(accept([])).rejects.toMatchObject({ errors: [{ path: "items" }] });
    await expect(accept([{ variables: [] }])).rejects.toMatchObject({ errors: [{ path: "items.0.variables" }] });
    await expect(accept([{ custom_id: "a\nb", variables: {} }])).rejects.toMatchObject({
      errors: [{ path: "items.0.custom_id" }],
    });
    const deep = `{"variables":{"n":${"[".repeat(50_000)}${"]".repeat(50_000)}}}`;
    await expect(accept([deep])).rejects.toMatchObject({ code: "validation_error" });
    expect(house.sent).toEqual([]);
  });

  it("is written in bulk, whether or not its size is a multiple of that", async () => {
    const { accept, get } = openHouse();
    for (const size of [499, 500, 501]) {
      const { id } = await accept(items(size));
      expect((await get(id)).counts.queued).toBe(size);
    }
  });

  it("is accepted where the queue is down, and the sweep sends its wake-ups", async () => {
    const { house, services, accept, drain, get } = openHouse();
    house.unsendable = true;
    const { id } = await accept(items(60));
    expect(house.errors).toHaveLength(1);
    house.unsendable = false;
    await services.handleWakeUps.sweep();
    expect(house.sent.filter(({ wakeUp }) => wakeUp.batch_id === id)).toEqual([]);
    house.now += 300_000;
    await services.handleWakeUps.sweep();
    house.sent = house.sent.filter(({ wakeUp }) => wakeUp.batch_id === id);
    expect(house.sent).toHaveLength(2);
    await drain();
    expect((await get(id)).counts.succeeded).toBe(60);
    house.now += 300_000;
    await services.handleWakeUps.sweep();
    expect(house.sent.filter(({ wakeUp }) => wakeUp.batch_id === id)).toEqual([]);
  });
});
