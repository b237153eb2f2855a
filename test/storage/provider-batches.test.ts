import { describe, expect, it } from "vitest";
import { AppError } from "../../src/domain/errors.ts";
import { priceOf, worstPriceOf } from "../../src/domain/completions/prices.ts";
import { tickProviderBatches } from "../../src/services/batches/tick-provider-batches.ts";
import type { EndedExecution } from "../../src/services/executions/ended-execution.ts";
import { BatchClaims } from "../../src/storage/batches/claims.ts";
import { ProviderBatchStore } from "../../src/storage/batches/provider-batches.ts";
import { call } from "../support/api.ts";
import { crashAt } from "../support/crash.ts";
import { MODELS, openRunner, openTenant } from "../support/provider-batches.ts";
import { executions, shards } from "../support/shards.ts";

const TEXTS = ["one", "two", "three", "four", "five"];
const marker = (profile: object) => `[[mock:${JSON.stringify(profile)}]]`;
const submitted = (calls: { batch_items?: number }[]) => calls.reduce((sum, each) => sum + (each.batch_items ?? 0), 0);
const claims = new BatchClaims(shards);

/** A store whose claims are lost before they can be renewed. */
class LosesClaims extends ProviderBatchStore {
  override async renewClaim(): Promise<null> {
    return null;
  }
}

/** Positions of the items that the queue can claim in a batch's only group. */
async function queued(tenant: { id: string }, batchId: string, now: number): Promise<number[]> {
  const key = { tenant_id: tenant.id, batch_id: batchId, group: 0 };
  const items = await claims.claim(key, { token: "the queue's", now, until: now + 60_000, limit: 100 });
  return items.map((item) => item.position);
}

describe.each(["openai", "anthropic"] as const)("a batch of mode provider at %s", (provider) => {
  it("is submitted once, and its results reach their items at half the price", async () => {
    const tenant = await openTenant(provider);
    const observed: EndedExecution[] = [];
    const { tick, clock, ended, errors } = openRunner(() => ({
      observe: (each) => void observed.push(each),
      keepsContent: (tenantId) => tenantId === tenant.id,
    }));
    const shuffled = [`one ${marker({ batch: { shuffle: true } })}`, ...TEXTS.slice(1)];
    const id = await tenant.accept(shuffled);
    expect(await queued(tenant, id, clock.now)).toEqual([]);
    await tick();
    expect(await tenant.get(id)).toMatchObject({ status: "running", counts: { running: 5 } });
    clock.now += 60_000;
    await tick();
    expect(errors).toEqual([]);
    expect(await tenant.get(id)).toMatchObject({ status: "completed", counts: { total: 5, succeeded: 5 } });
    const results = await tenant.results(id);
    expect(results.map((line) => line.custom_id)).toEqual(["item-0", "item-1", "item-2", "item-3", "item-4"]);
    for (const [index, text] of TEXTS.entries()) {
      expect(results[index]?.execution?.output).toContain(`You said: “${text}”`);
    }
    const calls = await tenant.calls();
    expect(calls).toHaveLength(provider === "openai" ? 4 : 3);
    expect(submitted(calls)).toBe(5);
    const row = await executions.find(tenant.id, results[1]?.execution?.id ?? "");
    const { prompt_tokens = 0, completion_tokens = 0 } = row ?? {};
    const usage = { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
    const listed = priceOf(provider, MODELS[provider], usage)?.cost_nanousd ?? -1;
    expect(row?.cost_nanousd).toBe(Math.round(listed / 2));
    const attempt = [MODELS[provider], provider, "main", "answered", 0, 60_000, null, row?.cost_nanousd];
    expect(row?.timeline).toEqual({ p: [], a: [attempt], t: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(row?.input?.variables).toEqual({ text: TEXTS[1] });
    expect(ended).toEqual([]);
    const ofTraces = observed.map(({ prepared, execution }) => [execution.id, prepared.request.trace] as const);
    expect(new Set(ofTraces.map(([of]) => of))).toEqual(new Set(results.map((line) => line.execution?.id)));
    expect(observed).toHaveLength(5);
    for (const [of, trace] of ofTraces) {
      expect(trace).toMatchObject({
        trace_id: of.slice("exe_".length).replaceAll("-", ""),
        asked_by: { trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) },
      });
    }
  });

  it("keeps calls of tools and reasoning as such, and says what was not sent", async () => {
    const tenant = await openTenant(provider);
    const { tick, clock, errors } = openRunner();
    const tool_calls = [{ name: "get_weather", arguments: { city: "Bern" } }];
    const asks = marker({ tool_calls, reasoning: "Let me look." });
    const foreign = provider === "openai" ? { top_k: 5 } : { seed: 5 };
    const tools = [{ name: "get_weather", parameters: { type: "object" } }];
    const id = await tenant.accept([asks, "plain"], { tools, include: ["reasoning"], parameters: foreign });
    await tick();
    clock.now += 60_000;
    await tick();
    expect(errors).toEqual([]);
    const [asked, plain] = await tenant.results(id);
    const [name] = Object.keys(foreign);
    expect(asked?.execution).toMatchObject({
      output: null,
      finish_reason: "tool_calls",
      tool_calls: [{ ...tool_calls[0], id: expect.any(String) }],
      warnings: [expect.stringContaining(`${name} was not sent`)],
      // OpenAI's chat completions tell no reasoning.
      ...(provider === "anthropic" && { reasoning: "Let me look." }),
    });
    expect(plain?.execution?.output).toContain("plain");
    expect(plain?.execution).not.toHaveProperty("tool_calls");
    const read = await call("GET", `/v1/executions/${asked?.execution?.id}`, { key: tenant.key });
    expect(read.json).toMatchObject({ output: null, tool_calls: asked?.execution?.tool_calls });
  });

  it("sends one request for equal items", async () => {
    const tenant = await openTenant(provider);
    const { tickUntil } = openRunner();
    const id = await tenant.accept(["same", "other", "same"]);
    await tickUntil(async () => (await tenant.get(id))["status"] === "completed");
    expect(submitted(await tenant.calls())).toBe(2);
    expect((await tenant.results(id)).map((line) => line.status)).toEqual(["succeeded", "succeeded", "succeeded"]);
  });

  it("hands expired items and passing errors to the queue, and fails the other errors", async () => {
    const tenant = await openTenant(provider);
    const { tick, clock } = openRunner();
    const late = await tenant.accept([`a ${marker({ batch: { expired: 1 } })}`, "b"]);
    const mixed = await tenant.accept(["fine", marker({ status: 400 }), marker({ status: 500 }), 7]);
    await tick();
    clock.now += 60_000;
    await tick();
    expect(await tenant.get(late)).toMatchObject({ counts: { queued: 2 }, cost_usd: 0 });
    expect(await queued(tenant, late, clock.now)).toEqual([0, 1]);
    const lines = await tenant.results(mixed);
    expect(lines.map((line) => [line.status, line.error?.code])).toEqual([
      ["succeeded", undefined],
      ["failed", "provider_error"],
      ["queued", undefined],
      ["failed", "validation_error"],
    ]);
    expect(await queued(tenant, mixed, clock.now + 600_000)).toEqual([2]);
  });

  it("is cancelled upstream", async () => {
    const tenant = await openTenant(provider);
    const { tick, clock } = openRunner();
    const id = await tenant.accept([`a ${marker({ batch: { delay_ms: 60_000_000 } })}`, "b"]);
    await tick();
    await call("POST", `/v1/batches/${id}/cancel`, { key: tenant.key });
    clock.now += 60_000;
    await tick();
    expect((await tenant.calls()).some(({ path }) => path.endsWith("/cancel"))).toBe(true);
    expect(await tenant.get(id)).toMatchObject({ status: "cancelled", counts: { cancelled: 2, running: 0 } });
  });

  it("is polled less and less often while it runs, and is cancelled before it goes to the queue after 25 hours", async () => {
    const tenant = await openTenant(provider);
    const { tickUntil, clock } = openRunner();
    const id = await tenant.accept([`a ${marker({ batch: { delay_ms: 80_000_000 } })}`]);
    const start = clock.now;
    await tickUntil(async () => clock.now - start > 27 * 3_600_000);
    const polls = (await tenant.calls()).length;
    expect(polls).toBeGreaterThan(40);
    expect(polls).toBeLessThan(70);
    expect((await tenant.calls()).some(({ path }) => path.endsWith("/cancel"))).toBe(true);
    expect(await queued(tenant, id, clock.now)).toEqual([0]);
  }, 60_000);

  it("keeps its key from being deleted until it has ended", async () => {
    const tenant = await openTenant(provider);
    const { tick, clock } = openRunner();
    const id = await tenant.accept([`a ${marker({ batch: { delay_ms: 60_000_000 } })}`]);
    await tick();
    const path = `/v1/providers/${provider}/keys/main`;
    const refused = await call<{ code: string; detail: string }>("DELETE", path, { key: tenant.key });
    expect(refused).toMatchObject({ status: 409, json: { code: "conflict" } });
    expect(refused.json.detail).toContain(id);
    await call("POST", `/v1/batches/${id}/cancel`, { key: tenant.key });
    clock.now += 60_000;
    await tick();
    expect((await call("DELETE", path, { key: tenant.key })).status).toBe(204);
  });

  it("is neither released nor made again while its key is gone, and goes on with another key", async () => {
    const tenant = await openTenant(provider);
    let keys: Array<{ name: string; secret: string }> = [{ name: "main", secret: `sk-${tenant.id}` }];
    const { tick, tickUntil, clock } = openRunner(() => ({ keysFor: async () => keys }));
    const id = await tenant.accept(["one", "two"]);
    await tick();
    keys = [];
    clock.now += 60_000;
    await tick();
    expect(await tenant.get(id)).toMatchObject({ counts: { running: 2 } });
    keys = [{ name: "renamed", secret: `sk-${tenant.id}` }];
    await tickUntil(async () => (await tenant.get(id))["status"] === "completed");
    expect(await tenant.get(id)).toMatchObject({ counts: { succeeded: 2 } });
    expect(submitted(await tenant.calls())).toBe(2);
  });

  it("respects its cost limit: only the items that fit are submitted, the others when there is room again", async () => {
    const tenant = await openTenant(provider);
    const { tick, clock, tickUntil } = openRunner();
    const most = { prompt_tokens: 20, completion_tokens: 200 };
    const one = worstPriceOf(provider, MODELS[provider], most, { isBatch: true })?.cost_nanousd ?? 0;
    const id = await tenant.accept(TEXTS, { max_cost_usd: (one * 2.5) / 1e9 });
    await tick();
    expect(await tenant.get(id)).toMatchObject({ counts: { running: 2, queued: 3 } });
    await tickUntil(
      async () => ["completed"].includes(String((await tenant.get(id))["status"])) || clock.now > Date.now() + 9e6,
    );
    const { cost_usd: cost } = (await tenant.get(id)) as { cost_usd: number };
    expect(cost).toBeLessThanOrEqual((one * 2.5) / 1e9);
    expect(submitted(await tenant.calls())).toBeGreaterThan(2);
  });

  it("is split into several submissions if one would be too large", async () => {
    const tenant = await openTenant(provider);
    const { tickUntil } = openRunner(() => ({ maxSize: 600 }));
    const id = await tenant.accept(TEXTS);
    await tickUntil(async () => (await tenant.get(id))["status"] === "completed");
    const sizes = (await tenant.calls()).flatMap(({ batch_items: items }) => items ?? []);
    expect(sizes.length).toBeGreaterThan(1);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(5);
  });

  it("is not submitted by a worker that has lost its claim", async () => {
    const tenant = await openTenant(provider);
    const id = await tenant.accept(TEXTS);
    const { tick } = openRunner(() => ({ store: new LosesClaims(shards) }));
    await tick();
    expect(submitted(await tenant.calls())).toBe(0);
    const { tickUntil } = openRunner();
    await tickUntil(async () => (await tenant.get(id))["status"] === "completed");
    expect(submitted(await tenant.calls())).toBe(5);
  });

  it.each([
    ["goes to the queue if the provider refuses it", false, 1],
    ["is retried, and goes to the queue in the end, if the provider takes no batch", true, 6],
  ])("%s", async (_what, retryable, times) => {
    const tenant = await openTenant(provider);
    let submits = 0;
    const submit = async () => {
      submits += 1;
      throw new AppError("provider_error", "No.", { retryable });
    };
    const { tickUntil, clock } = openRunner(({ providers: { openai, anthropic } }) => ({
      providers: { openai: { ...openai, submit }, anthropic: { ...anthropic, submit } },
    }));
    const id = await tenant.accept(TEXTS);
    const waiting = async () => ((await tenant.get(id))["counts"] as { queued: number }).queued;
    let ticks = 0;
    await tickUntil(async () => (ticks += 1) > 2 && (await waiting()) === 5);
    expect(submits).toBe(times);
    expect(await queued(tenant, id, clock.now)).toEqual([0, 1, 2, 3, 4]);
  });

  it("is submitted once and ends each item once, at whichever step its process dies", async () => {
    const tenant = await openTenant(provider);
    let steps = Infinity;
    // Each round crashes one step later than the one before.
    for (let step = 1; step <= steps; step += 1) {
      const before = submitted(await tenant.calls());
      const id = await tenant.accept(["one", "two", "three"]);
      const runner = openRunner();
      const mortal = crashAt(runner.deps, step);
      for (let tick = 0; tick < 4 && !mortal.died(); tick += 1) {
        await tickProviderBatches(mortal.deps).catch(() => undefined);
        runner.clock.now += 60_000;
      }
      if (!mortal.died()) steps = mortal.steps();
      runner.errors.length = 0;
      await runner.tickUntil(async () => (await tenant.get(id))["status"] === "completed");
      expect([step, runner.errors]).toEqual([step, []]);
      expect([step, await tenant.get(id)]).toMatchObject([step, { counts: { total: 3, succeeded: 3 } }]);
      expect([step, submitted(await tenant.calls()) - before]).toEqual([step, 3]);
      const ids = (await tenant.results(id)).map((line) => line.execution?.id);
      expect(new Set(ids).size).toBe(3);
    }
    expect(steps).toBeGreaterThan(12);
  }, 120_000);
});
