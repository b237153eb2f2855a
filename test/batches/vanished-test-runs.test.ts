import { describe, expect, it } from "vitest";
import { executionOf } from "../support/batch-world.ts";
import { answersOf, costOnRecord, openTestWorld, saying } from "../support/test-world.ts";

const MINUTE_MS = 60_000;
const many = (count: number) => Array.from({ length: count }, (_, n) => saying(n));

describe("a test run whose worker vanished", () => {
  it("is taken up by the sweep once its lease is over: what is on record is not executed again", async () => {
    const { world, services, start, read, resume } = openTestWorld();
    let cut = 0;
    // Of three trials under way, one is recorded, and then nothing comes back to the worker.
    world.answer = async (request) => {
      if ((cut += 1) < 3) return undefined;
      if (cut === 3) {
        world.records.set(request.id ?? "", executionOf(request, world.now, undefined));
      }
      return new Promise(() => undefined);
    };
    const { run } = await start(many(55), { concurrency: 1 });
    void resume(run.id);
    await expect.poll(() => cut).toBe(3);
    // Another worker does not interfere while the lease holds.
    await resume(run.id);
    expect(world.calls.length).toBe(3);
    world.woken.length = 0;
    await services.sweepTestRuns();
    expect(world.woken).toEqual([]);
    world.now += 3 * MINUTE_MS;
    await services.sweepTestRuns();
    expect(world.woken).toContainEqual({ tenant_id: world.tenant, id: run.id });
    world.answer = async () => undefined;
    await resume(run.id);
    expect(await read(run.id)).toMatchObject({ run: { status: "completed" }, summary: { passed: 55 } });
    const executed = world.calls.map(({ variables }) => variables["n"]);
    expect([executed.length, new Set(executed).size]).toEqual([55, 55]);
  });

  it("makes a trial that was cut off again, under another id, because the first will be recorded as unknown", async () => {
    const { world, start, read, resume } = openTestWorld();
    world.answer = async () => new Promise(() => undefined);
    const { run } = await start(many(51), { concurrency: 1 });
    void resume(run.id);
    await expect.poll(() => world.calls.length).toBe(1);
    world.now += 3 * MINUTE_MS;
    world.answer = async () => undefined;
    await resume(run.id);
    const [first, again] = world.calls;
    expect(first?.variables).toEqual(again?.variables);
    expect(again?.id).not.toBe(first?.id);
    const { summary } = await read(run.id);
    expect([summary.passed, summary.outcomes[0]?.shown.execution_id]).toEqual([51, again?.id]);
    expect(summary.cost_nanousd).toBe(costOnRecord(world));
  });

  it("keeps no result of its own once another works on the run, so that every call is counted", async () => {
    const { world, start, read, resume } = openTestWorld();
    const late = Promise.withResolvers<undefined>();
    world.answer = async () => late.promise;
    const { run } = await start(many(51), { concurrency: 1 });
    const first = resume(run.id);
    await expect.poll(() => world.calls.length).toBe(1);
    // Its renewals fail meanwhile, as where the shard hangs.
    world.now += 3 * MINUTE_MS;
    const second = Promise.withResolvers<undefined>();
    world.answer = async () => second.promise;
    const other = resume(run.id);
    await expect.poll(() => world.calls.length).toBe(2);
    world.answer = async () => undefined;
    late.resolve(undefined);
    await first;
    second.resolve(undefined);
    await other;
    const { run: ended, summary } = await read(run.id);
    expect([ended.status, summary.passed, answersOf(world)]).toEqual(["completed", 51, 52]);
    expect(summary.cost_nanousd).toBeGreaterThanOrEqual(costOnRecord(world));
  });

  it("is cancelled with what was paid until then, on record and under way", async () => {
    const { world, services, start, resume } = openTestWorld();
    world.answer = async ({ variables }) => {
      if (variables["n"] === 2) return new Promise(() => undefined);
      return variables["n"] === 1 ? new Promise(() => undefined) : undefined;
    };
    const { run } = await start(many(51), { concurrency: 2 });
    void resume(run.id);
    await expect.poll(() => world.calls.length).toBe(3);
    world.now += 3 * MINUTE_MS;
    const { run: cancelled, summary } = await services.cancelTestRun({ tenant_id: world.tenant, id: run.id });
    expect([cancelled.status, summary.passed, summary.failed, world.records.size]).toEqual(["cancelled", 1, 0, 3]);
    expect(summary.cost_nanousd).toBe(costOnRecord(world));
    const { data } = await services.listTestRuns(world.tenant, { prompt: "p", limit: 1 });
    expect(data[0]?.counts?.cost_nanousd).toBe(costOnRecord(world));
    await resume(run.id);
    expect(world.calls.length).toBe(3);
  });

  it("asks no judge again whose verdict is on record, whichever of its workers that was, and counts every call", async () => {
    const { world, start, read, resume } = openTestWorld();
    const rubrics = ["kind", "short"].map((value) => ({ type: "llm_rubric", value }) as const);
    const verdict = { output: '{"score": 1}' };
    const { run } = await start(
      many(51).map((each) => ({ ...each, assertions: [...rubrics] })),
      { concurrency: 1 },
    );
    for (const life of [2, 3, 1, 4]) {
      let left = life;
      world.answer = async ({ options }) => {
        if ((left -= 1) < 0) return new Promise(() => undefined);
        return options.metadata?.["judge"] ? verdict : undefined;
      };
      void resume(run.id);
      await expect.poll(() => left).toBeLessThan(0);
      world.now += 3 * MINUTE_MS;
    }
    world.answer = async ({ options }) => (options.metadata?.["judge"] ? verdict : undefined);
    await resume(run.id);
    const { summary } = await read(run.id);
    expect([summary.passed, answersOf(world)]).toEqual([51, 153]);
    expect(summary.cost_nanousd).toBe(costOnRecord(world));
  });
});
