import { describe, expect, it } from "vitest";
import { AppError } from "../../src/domain/errors.ts";
import { openTestWorld, saying } from "../support/test-world.ts";

const MINUTE_MS = 60_000;
const many = (count: number) => Array.from({ length: count }, (_, n) => saying(n));

describe("a test run", () => {
  it("of a few trials ends within its request: each is executed once, as a test, and told of at the end", async () => {
    const { world, start, read } = openTestWorld();
    const { run, summary } = await start([saying(1), saying(2, { assertions: [{ type: "contains", value: "no" }] })]);
    expect(run).toMatchObject({
      status: "completed",
      ended_at: world.now,
      plan: { prompt: { name: "p", version: 3 } },
    });
    expect(summary).toMatchObject({ total: 2, passed: 1, failed: 1, flaky: 0, pass_rate: 0.5 });
    expect(world.calls.map(({ id, purpose, options }) => [id, purpose, options.metadata, options.timeout_ms])).toEqual(
      run.plan.execution_ids.map((id, at) => [id, "test", { test_run: run.id, test: `case ${at + 1}` }, MINUTE_MS]),
    );
    expect(world.calls.map(({ options }) => [options.prompt, options.cache])).toEqual([
      [{ name: "p", version: 3 }, undefined],
      [{ name: "p", version: 3 }, undefined],
    ]);
    expect(world.events).toMatchObject([
      {
        type: "test_run.completed",
        key: `test_run.completed/${run.id}`,
        prompt: "p",
        data: { id: run.id, prompt: "p", version: 3, passed: 1, failed: 1, flaky: 0, pass_rate: 0.5 },
      },
    ]);
    expect(await read(run.id)).toEqual({ run, summary });
    expect([world.woken, world.errors, world.beats.size]).toEqual([[], [], 0]);
  });

  it("tries each test with each model as often as asked, without stored answers, and marks what is flaky", async () => {
    const { world, start } = openTestWorld();
    let asked = 0;
    world.answer = async ({ options }) => (options.model === "b" && (asked += 1) % 2 === 0 ? { output: "else" } : {});
    const { summary } = await start([saying(1)], { repeat: 4, models: ["a", "b"], concurrency: 1 });
    expect(world.calls.map(({ options }) => [options.model, options.cache])).toEqual([
      ...Array.from({ length: 4 }, () => ["a", false]),
      ...Array.from({ length: 4 }, () => ["b", false]),
    ]);
    expect(summary).toMatchObject({ total: 2, passed: 1, failed: 1, flaky: 1, pass_rate: 0.75 });
    expect(summary.pass_hat_k.map((rate) => Number(rate.toFixed(4)))).toEqual([0.75, 0.5833, 0.5, 0.5]);
    expect(summary.outcomes[1]).toMatchObject({
      model: "b",
      flaky: true,
      scores: [1, 0, 1, 0],
      shown: { output: "else" },
    });
  });

  it("measures what an answer takes and costs by one that is not stored", async () => {
    const { world, start } = openTestWorld();
    const cases = (["max_latency_ms", "max_cost_usd", "max_tokens"] as const).map((type, n) =>
      saying(n, { assertions: [{ type, value: 1_000 }] }),
    );
    await start(cases, { concurrency: 1 });
    expect(world.calls.map(({ options }) => options.cache)).toEqual([false, false, undefined]);
  });

  it("counts an execution that fails as a test that fails, and says why", async () => {
    const { world, start } = openTestWorld();
    world.answer = async () => new AppError("budget_exceeded", "The budget is spent.");
    const { run, summary } = await start([saying(1)]);
    expect(run.status).toBe("completed");
    expect(summary.outcomes[0]?.shown).toMatchObject({
      passed: false,
      error: { code: "budget_exceeded", detail: "The budget is spent." },
      execution_id: run.plan.execution_ids[0],
      checks: [{ kind: "execution", detail: "The budget is spent." }],
    });
  });

  it("makes at most as many trials at a time as were asked for", async () => {
    const { world, start } = openTestWorld();
    let [running, most] = [0, 0];
    world.answer = async () => {
      most = Math.max(most, (running += 1));
      await Promise.resolve();
      running -= 1;
      return undefined;
    };
    await start(many(12), { concurrency: 3 });
    expect([world.calls.length, most]).toEqual([12, 3]);
  });

  it("of more trials than a request may make is committed, and made by the queue", async () => {
    const { world, start, read, resume } = openTestWorld();
    const { run, summary } = await start(many(51));
    expect([run.status, summary.pass_rate, world.calls.length]).toEqual(["running", null, 0]);
    expect(world.woken).toEqual([{ tenant_id: world.tenant, id: run.id }]);
    await resume(run.id);
    expect(await read(run.id)).toMatchObject({ run: { status: "completed" }, summary: { passed: 51 } });
    await resume(run.id);
    expect([world.calls.length, world.events.length]).toEqual([51, 1]);
  });

  it("goes back to the queue when its turn is over, and then makes only what is left", async () => {
    const { world, start, read, resume } = openTestWorld();
    world.answer = async () => {
      world.now += MINUTE_MS;
      return undefined;
    };
    const { run } = await start(many(60), { concurrency: 2 });
    await resume(run.id);
    const first = world.calls.length;
    expect(first).toBeLessThan(60);
    expect([world.woken.length, (await read(run.id)).run.status]).toEqual([2, "running"]);
    world.answer = async () => undefined;
    await resume(run.id);
    expect((await read(run.id)).run.status).toBe("completed");
    const ids = world.calls.map(({ variables }) => variables["n"]);
    expect([ids.length, new Set(ids).size]).toEqual([60, 60]);
  });
});

describe("a test run that its workers die of", () => {
  it("is given up after a hundred starts", async () => {
    const { world, runs, start, read, resume } = openTestWorld();
    const { run } = await start(many(51));
    for (let life = 0; life < 100; life++) await runs.claim(run, "a worker that dies", world.now, world.now);
    await resume(run.id);
    expect((await read(run.id)).run.status).toBe("cancelled");
    expect([world.calls, world.events]).toEqual([[], []]);
    expect(world.errors).toEqual(["test_run_given_up: Error: It was started 100 times and never ended."]);
  });
});

describe("a cancelled test run", () => {
  it("begins no further trial, keeps what it has, and raises no event", async () => {
    const { world, services, start, read, resume } = openTestWorld();
    const { run } = await start(many(60), { concurrency: 1 });
    const key = { tenant_id: world.tenant, id: run.id };
    world.answer = async () => {
      if (world.calls.length === 2) await services.cancelTestRun(key);
      return undefined;
    };
    await resume(run.id);
    expect(world.calls.length).toBe(2);
    expect(await read(run.id)).toMatchObject({ run: { status: "cancelled" }, summary: { passed: 2 } });
    expect(await services.cancelTestRun(key)).toEqual(await read(run.id));
    expect([world.events, world.errors]).toEqual([[], []]);
  });
});

describe("a rubric", () => {
  const rubric = saying(1, { assertions: [{ type: "llm_rubric", value: "is kind" }], variables: { n: 1 } });
  const verdict = { output: '{"score": 0.9, "passed": true, "reason": "kind"}', cost_nanousd: 11 };

  it("is judged by our own prompt and the deployment's model at temperature 0, and paid", async () => {
    const { world, start } = openTestWorld();
    world.answer = async ({ options }) => (options.metadata?.["judge"] === true ? verdict : undefined);
    const { run, summary } = await start([rubric]);
    expect(summary.outcomes[0]?.shown).toMatchObject({
      passed: true,
      score: 0.9,
      checks: [{ detail: "expected llm_rubric “is kind”; saw 0.9 by the judge: kind" }],
    });
    const [, judge] = world.calls;
    expect(judge).toMatchObject({ purpose: "test", variables: {}, options: { model: "gpt-4o" } });
    expect(judge?.options.parameters).toEqual({ temperature: 0 });
    expect(judge?.options.metadata).toEqual({ test_run: run.id, test: "case 1", judge: true });
    expect(JSON.parse(judge?.options.messages?.[1]?.content as string)).toEqual({
      criteria: "is kind",
      inputs: '{"n":1}',
      output: "said 1",
    });
    expect(summary.cost_nanousd).toBe((world.records.get(run.plan.execution_ids[0] ?? "")?.cost_nanousd ?? 0) + 11);
  });

  it("of several is judged with the others at once, so that a trial ends in time", async () => {
    const { world, start } = openTestWorld();
    const both = ["kind", "short"].map((value) => ({ type: "llm_rubric", value }) as const);
    let asked = 0;
    world.answer = async ({ options }) => {
      if (options.metadata?.["judge"] !== true) return undefined;
      asked += 1;
      await expect.poll(() => asked).toBe(2);
      return {
        output: JSON.stringify({ score: JSON.stringify(options.messages?.[1]).includes("kind") ? 1 : 0.5 }),
      };
    };
    const { summary } = await start([saying(1, { assertions: [{ type: "contains", value: "1" }, ...both] })]);
    expect(summary.outcomes[0]?.shown.checks.map(({ kind, score }) => [kind, score])).toEqual([
      ["contains", 1],
      ["llm_rubric", 1],
      ["llm_rubric", 0.5],
    ]);
  });

  it("is judged by the tenant's prompt judges/rubric where there is one", async () => {
    const { world, start } = openTestWorld();
    world.hasJudge = true;
    world.answer = async ({ options }) => (options.metadata?.["judge"] === true ? verdict : undefined);
    await start([rubric]);
    expect(world.calls[1]).toMatchObject({
      variables: { criteria: "is kind", inputs: '{"n":1}', output: "said 1" },
      options: { prompt: { name: "judges/rubric" }, parameters: {} },
    });
  });

  it("is not met where the judge fails or says no verdict", async () => {
    for (const answer of [new AppError("provider_error", "It is down."), { output: "Fine!" }]) {
      const { world, start } = openTestWorld();
      world.answer = async ({ options }) => (options.metadata?.["judge"] === true ? answer : undefined);
      const { summary } = await start([rubric]);
      expect([summary.failed, summary.outcomes[0]?.shown.checks[0]?.detail]).toEqual([
        1,
        expect.stringMatching(/saw 0 by the judge: it (failed: It is down\.|gave no verdict: Fine!)/),
      ]);
    }
  });
});

describe("old test runs", () => {
  it("are deleted with their results after ninety days", async () => {
    const { world, services, start, runs, read } = openTestWorld();
    const { run } = await start([saying(1)]);
    const key = { tenant_id: world.tenant, id: run.id };
    world.now += 89 * 86_400_000;
    await services.sweepTestRuns();
    expect((await read(run.id)).summary.passed).toBe(1);
    world.now += 2 * 86_400_000;
    await services.sweepTestRuns();
    expect([await runs.find(key), await runs.results(key)]).toEqual([undefined, []]);
  });
});
