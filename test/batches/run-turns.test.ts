import { describe, expect, it } from "vitest";
import { newId } from "../../src/domain/id.ts";
import type { Run } from "../../src/domain/runs/run.ts";
import type { TestCase } from "../../src/domain/tests/test-case.ts";
import type { TestPlan, TrialResult } from "../../src/domain/tests/test-run.ts";
import { byteLength } from "../../src/lib/encoding.ts";
import { jsonLists } from "../../src/lib/json-lists.ts";
import { openTestWorld, saying } from "../support/test-world.ts";

const MINUTE_MS = 60_000;
const many = (count: number, change: Partial<TestCase> = {}) =>
  Array.from({ length: count }, (_, n) => saying(n, change));
const rubrics = (count: number) =>
  Array.from({ length: count }, () => ({ type: "llm_rubric", value: "kind" }) as const);

describe("a run of many turns", () => {
  it("is not given up while its workers do what they began", async () => {
    const { world, start, read, resume } = openTestWorld();
    world.answer = async () => {
      world.now += MINUTE_MS;
      return undefined;
    };
    const { run } = await start(many(120), { concurrency: 1 });
    for (let turn = 0; turn < 121; turn++) await resume(run.id);
    expect(world.errors).toEqual([]);
    expect(await read(run.id)).toMatchObject({ run: { status: "completed" }, summary: { passed: 120 } });
    expect(world.calls.length).toBe(120);
  });

  it("makes no more executions in one of them than an invocation has room for, judges included", async () => {
    const { world, start, read, resume } = openTestWorld();
    world.answer = async ({ options }) =>
      options.metadata?.["judge"] === true ? { output: '{"score": 1}' } : undefined;
    const { run } = await start(many(60, { assertions: rubrics(20) }));
    await resume(run.id);
    expect(world.calls.length).toBeLessThanOrEqual(320);
    expect([(await read(run.id)).run.status, world.woken.length]).toEqual(["running", 2]);
    for (let turn = 0; turn < 4; turn++) await resume(run.id);
    expect(await read(run.id)).toMatchObject({ run: { status: "completed" }, summary: { passed: 60 } });
  });
});

describe("a run whose money does not reach", () => {
  it("raises no event where that is because it was cancelled", async () => {
    const { world, runs, services, start, resume } = openTestWorld();
    const { run } = await start(many(60), { concurrency: 1, max_cost_usd: 100 });
    const reserve = runs.reserve.bind(runs);
    runs.reserve = async (key, ...more) => {
      if (world.calls.length === 2) await services.cancelTestRun(key);
      return reserve(key, ...more);
    };
    await resume(run.id);
    expect([world.calls.length, world.events]).toEqual([2, []]);
  });

  it("is not ended by a worker whose lease is another's, who holds the money", async () => {
    const { world, runs, start, read, resume } = openTestWorld();
    const { run } = await start(many(51), { concurrency: 1, max_cost_usd: 100 });
    const reserve = runs.reserve.bind(runs);
    const [slow, call] = [Promise.withResolvers<boolean>(), Promise.withResolvers<undefined>()];
    let isSlow = false;
    runs.reserve = async () => {
      isSlow = true;
      return slow.promise;
    };
    const first = resume(run.id);
    await expect.poll(() => isSlow).toBe(true);
    world.now += 3 * MINUTE_MS;
    runs.reserve = reserve;
    world.answer = async () => call.promise;
    const second = resume(run.id);
    await expect.poll(() => world.calls.length).toBe(1);
    slow.resolve(false);
    await first;
    expect([(await read(run.id)).run.status, world.events]).toEqual(["running", []]);
    world.answer = async () => undefined;
    call.resolve(undefined);
    await second;
    expect(await read(run.id)).toMatchObject({ run: { status: "completed" }, summary: { passed: 51 } });
  });

  it("waits for the judges under way before it ends", async () => {
    const { world, runs, start } = openTestWorld();
    let [reserved, underWay] = [0, 0];
    runs.reserve = async () => (reserved += 1) !== 3;
    world.answer = async ({ options }) => {
      if (options.metadata?.["judge"] !== true) return undefined;
      underWay += 1;
      await new Promise((done) => setTimeout(done, 300));
      underWay -= 1;
      return { output: '{"score": 1}' };
    };
    const { run } = await start(many(1, { assertions: rubrics(2) }), { max_cost_usd: 100 });
    expect([run.status, world.calls.length, underWay]).toEqual(["completed", 2, 0]);
  });
});

describe("the runs of a tenant", () => {
  it("that have not ended are fifty at most: each holds a consumer that others need", async () => {
    const { world, services, start } = openTestWorld();
    const [first] = await Promise.all(Array.from({ length: 50 }, async () => start(many(51))));
    await expect(start(many(1))).rejects.toMatchObject({ code: "rate_limit_error", retryable: true });
    await services.cancelTestRun({ tenant_id: world.tenant, id: first?.run.id ?? "" });
    expect((await start(many(1))).run.status).toBe("completed");
  });
});

describe("a run in storage", () => {
  it("is committed with its head and what it reuses, or not at all", async () => {
    const { world, runs, start, read } = openTestWorld();
    const { run: seen } = await start(many(1));
    const run: Run<TestPlan> = { ...seen, id: newId("tst", world.now) };
    const nowhere = null as unknown as number;
    await expect(runs.create(run, [{ run_id: seen.id, position: 0, as: nowhere }])).rejects.toBeInstanceOf(Error);
    await expect(read(run.id)).rejects.toMatchObject({ code: "not_found" });
  });

  it("keeps results that are more together than a statement takes", async () => {
    const { runs, start } = openTestWorld();
    const { run } = await start(many(60));
    const [long] = (await start(many(1))).summary.outcomes;
    const result: TrialResult | undefined = long && { ...long.shown, output: "漢字".repeat(8_000) };
    const results = Array.from({ length: 60 }, (_, position) => ({ ...result, position }) as TrialResult);
    await runs.claim(run, "t", run.created_at, run.created_at + 1);
    expect(await runs.save(run, "t", results)).toBe(true);
    expect((await runs.results(run)).length).toBe(60);
    const lists = jsonLists(results, 500_000);
    expect(lists.flatMap((list) => JSON.parse(list) as TrialResult[])).toEqual(results);
    expect(Math.max(...lists.map(byteLength))).toBeLessThan(2_000_000);
    expect(jsonLists([], 10)).toEqual([]);
  });
});
