import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { parseCacheControl } from "../../src/domain/executions/cache-control.ts";
import type { ExecutionRequest } from "../../src/domain/executions/execution-options.ts";
import { newId } from "../../src/domain/id.ts";
import { boundCost } from "../../src/services/batches/bound-cost.ts";
import type { SeenProgress } from "../../src/services/tests/follow-test-run.ts";
import { costOnRecord, openTestWorld, saying } from "../support/test-world.ts";

const many = (count: number) => Array.from({ length: count }, (_, n) => saying(n));

/** The most that a call of the world may cost, US dollars. */
async function worstUsd({ world, deps }: ReturnType<typeof openTestWorld>): Promise<number> {
  const options = { prompt: { name: "p" }, parameters: {}, cache_control: parseCacheControl("") };
  const request = { tenant_id: world.tenant, variables: { n: 1 }, options } as unknown as ExecutionRequest;
  return (await boundCost(deps, request)).nanousd / 1e9;
}

describe("the cost limit of a run", () => {
  it("lets no call begin whose worst case does not fit with what is spent and under way", async () => {
    const opened = openTestWorld();
    const { world, start } = opened;
    const usd = await worstUsd(opened);
    let [underWay, most] = [0, 0];
    // The first call waits for the second.
    let [meet, together] = [() => undefined as void, Promise.resolve()];
    world.answer = async () => {
      most = Math.max(most, (underWay += 1));
      const second = Promise.withResolvers<void>();
      if (world.calls.length === 1) [meet, together] = [second.resolve, second.promise];
      else meet();
      await together;
      underWay -= 1;
      return { cost_nanousd: Math.round(usd * 0.4 * 1e9) };
    };
    const { run, summary } = await start(many(12), { max_cost_usd: usd * 2.5 });
    // Two fit at once; once four cost 1.6 of 2.5, one fits no more than at a time, and the fifth leaves too little.
    expect([run.status, most]).toEqual(["completed", 2]);
    expect([summary.passed, summary.failed, summary.total, world.calls.length]).toEqual([4, 0, 12, 4]);
    expect(summary.cost_nanousd).toBeLessThanOrEqual(usd * 2.5 * 1e9);
    expect(world.calls[0]?.options.parameters.max_tokens).toBeGreaterThan(0);
  });

  it("counts a call that broke off at its worst, and one that vanished with its worker", async () => {
    const opened = openTestWorld();
    const { world, start, resume, read } = opened;
    const usd = await worstUsd(opened);
    world.answer = async () => new Promise(() => undefined);
    const { run } = await start(many(51), { max_cost_usd: usd * 1.5, concurrency: 1 });
    void resume(run.id);
    await expect.poll(() => world.calls.length).toBe(1);
    world.now += 180_000;
    world.answer = async () => undefined;
    await resume(run.id);
    const { summary } = await read(run.id);
    expect([world.calls.length, summary.outcomes]).toEqual([1, []]);
  });

  it("holds for judges, which are not asked beyond it", async () => {
    const opened = openTestWorld();
    const { world, start, services, runs } = opened;
    const usd = await worstUsd(opened);
    world.answer = async () => ({ cost_nanousd: Math.round(usd * 1e9) });
    const rubric = saying(1, { assertions: [{ type: "llm_rubric", value: "is kind" }] });
    const { run, summary } = await start([rubric], { max_cost_usd: usd * 1.1 });
    expect([world.calls.length, summary.outcomes]).toEqual([1, []]);
    // What was paid of the trial counts all the same.
    expect(summary.cost_nanousd).toBe(costOnRecord(world));
    const page = await services.listTestRuns(world.tenant, { prompt: "p", limit: 1 });
    expect(page.data[0]?.counts).toMatchObject({ cost_nanousd: costOnRecord(world), failed: 0, pass_rate: null });
    expect(await runs.progress(run)).toMatchObject({ ended: 0, cost_nanousd: costOnRecord(world) });
  });

  it("waits for a call under way no longer than its worker's turn", async () => {
    const opened = openTestWorld();
    const { world, start, resume, read } = opened;
    const usd = await worstUsd(opened);
    world.answer = async () => {
      world.now += 61_000;
      return undefined;
    };
    const { run } = await start(many(51), { max_cost_usd: usd * 1.5, concurrency: 2 });
    await resume(run.id);
    expect([world.calls.length, (await read(run.id)).run.status, world.woken.length]).toEqual([1, "running", 2]);
    world.answer = async () => undefined;
    await resume(run.id);
    expect(await read(run.id)).toMatchObject({ run: { status: "completed" }, summary: { passed: 51 } });
  });
});

describe("a run under an idempotency key", () => {
  it("is started once: the key gives the first run again, and refuses another request", async () => {
    const { world, start } = openTestWorld();
    const first = await start(many(2), {}, "k");
    const again = await start(many(2), {}, "k");
    expect([first.replayed, again.replayed, world.calls.length]).toEqual([false, true, 2]);
    expect(again.run).toEqual(first.run);
    await expect(start(many(3), {}, "k")).rejects.toMatchObject({ code: "validation_error" });
  });

  it("is found again where its commit was not answered, and is not refused for a fault that was mended", async () => {
    const { world, runs, start } = openTestWorld();
    await expect(start([], {}, "k")).rejects.toMatchObject({ code: "validation_error" });
    const create = runs.create.bind(runs);
    runs.create = async (run) => {
      await create(run);
      throw new Error("The shard did not answer.");
    };
    await expect(start(many(1), {}, "k")).rejects.toMatchObject({ status: 503 });
    runs.create = create;
    const { run, replayed } = await start(many(1), {}, "k");
    expect([replayed, run.status, world.calls.length]).toEqual([true, "running", 0]);
  });
});

describe("the list of a prompt's runs", () => {
  it("has the newest first with what they counted, by version and page by page, of one tenant", async () => {
    const { world, services, start } = openTestWorld();
    world.answer = async ({ variables }) => (variables["n"] === 0 ? { output: "else" } : {});
    const ids: string[] = [];
    for (let at = 0; at < 3; at++) {
      world.now += 1_000;
      ids.unshift((await start(many(2))).run.id);
    }
    const list = async (more: object = {}) => services.listTestRuns(world.tenant, { prompt: "p", limit: 2, ...more });
    const first = await list();
    expect(first.data.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(first.data[0]).toMatchObject({
      prompt: { name: "p", version: 3 },
      status: "completed",
      counts: { total: 2, passed: 1, failed: 1, pass_rate: 0.5 },
    });
    const next = await list({ cursor: first.next_cursor });
    expect([next.data.map(({ id }) => id), next.next_cursor]).toEqual([ids.slice(2), null]);
    expect((await list({ version: 3 })).data.length).toBe(2);
    const none = { data: [], next_cursor: null };
    expect(await list({ version: 2 })).toEqual(none);
    const missing = { code: "not_found" };
    await expect(list({ prompt: "q" })).rejects.toMatchObject(missing);
    const other = newId("ten", world.now);
    await expect(services.listTestRuns(other, { prompt: "p", limit: 2 })).rejects.toMatchObject(missing);
    await expect(list({ cursor: "x" })).rejects.toMatchObject({ code: "validation_error" });
  });

  it("reads no plan, and no more heads than it shows", async () => {
    const { world } = openTestWorld();
    const query = `explain query plan select * from test_run_heads
      where tenant_id = ? and prompt = ? and run_id < ? order by run_id desc limit 3`;
    const { results } = await env.DB_SHARD_0.prepare(query).bind(world.tenant, "p", "tst_").all<{ detail: string }>();
    expect(results.map(({ detail }) => detail)).toEqual([
      expect.stringContaining("USING INDEX test_run_heads_by_prompt"),
    ]);
  });
});

describe("the progress of a run", () => {
  it("is told at each change, and then the run", async () => {
    const { world, services, start, resume } = openTestWorld();
    const { run } = await start(many(51));
    const key = { tenant_id: world.tenant, id: run.id };
    world.asleep = async () => resume(run.id);
    const seen: SeenProgress[] = [];
    for await (const each of await services.followTestRun(key)) seen.push(each);
    expect(seen.map(({ status, ended, passed }) => [status, ended, passed])).toEqual([
      ["running", 0, 0],
      ["completed", 51, 51],
    ]);
    expect(seen[1]).toMatchObject({ cost_nanousd: expect.any(Number), ended_run: { summary: { passed: 51 } } });
    await expect(services.followTestRun({ ...key, tenant_id: newId("ten", 0) })).rejects.toMatchObject({
      code: "not_found",
    });
  });

  it("of a run that nobody works on ends after five minutes, with ever fewer looks", async () => {
    const { world, runs, services, start } = openTestWorld();
    const { run } = await start(many(51));
    let looks = 0;
    const progress = runs.progress.bind(runs);
    runs.progress = async (key) => {
      looks += 1;
      return progress(key);
    };
    const seen: SeenProgress[] = [];
    for await (const each of await services.followTestRun({ tenant_id: world.tenant, id: run.id })) seen.push(each);
    expect(seen.length).toBe(1);
    expect(looks).toBeLessThan(70);
  });

  it("of a run that gets on all the time takes fewer looks than an invocation has subrequests", async () => {
    const { world, runs, services, start } = openTestWorld();
    const { run } = await start(many(51));
    let looks = 0;
    runs.progress = async () => ({ status: "running", ended: (looks += 1), passed: 0, cost_nanousd: 0 });
    const seen: SeenProgress[] = [];
    for await (const each of await services.followTestRun({ tenant_id: world.tenant, id: run.id })) seen.push(each);
    expect(looks).toBeLessThan(700);
  });
});
