import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { AppError } from "../../src/domain/errors.ts";
import { newId } from "../../src/domain/id.ts";
import { openTestWorld, saying } from "../support/test-world.ts";

const many = (count: number) => Array.from({ length: count }, (_, n) => saying(n));
const reuse = true;

describe("a run that reuses results", () => {
  it("executes only what changed, says where the rest is from, and pays nothing for it", async () => {
    const { world, start } = openTestWorld();
    const first = await start(many(3));
    const changed = [saying(0), saying(1, { name: "renamed", weight: 2 }), saying(2, { variables: { n: 22 } })];
    const { run, summary } = await start(changed, { reuse });
    expect(world.calls.map(({ variables }) => variables["n"])).toEqual([0, 1, 2, 22]);
    expect(summary.outcomes.map(({ test, shown }) => [test, shown.reused_from, shown.cost_nanousd])).toEqual([
      ["case 0", first.run.id, 0],
      ["renamed", first.run.id, 0],
      ["case 2", undefined, 1_000],
    ]);
    expect(summary.outcomes[0]?.shown.execution_id).toBe(first.run.plan.execution_ids[0]);
    expect([run.status, world.events.length, summary.passed]).toEqual(["completed", 2, 2]);
  });

  it("executes everything where the model, the assertions, the judge or the tenant is another", async () => {
    const { world, start, deps } = openTestWorld();
    const rubric = saying(1, { assertions: [{ type: "llm_rubric", value: "is kind" }] });
    const verdict = { output: '{"score": 1}' };
    world.answer = async ({ options }) => (options.metadata?.["judge"] === true ? verdict : {});
    await start([rubric]);
    const callsOf = async (work: () => Promise<unknown>) => {
      const before = world.calls.length;
      await work();
      return world.calls.length - before;
    };
    expect(await callsOf(async () => start([rubric], { reuse }))).toBe(0);
    expect(await callsOf(async () => start([rubric], { reuse, models: ["other"] }))).toBe(2);
    expect(await callsOf(async () => start([{ ...rubric, threshold: 0.5 }], { reuse }))).toBe(2);
    deps.settings.judgeModel = "another judge";
    expect(await callsOf(async () => start([rubric], { reuse }))).toBe(2);
    world.hasJudge = true;
    expect(await callsOf(async () => start([rubric], { reuse }))).toBe(2);
    expect(await callsOf(async () => start([rubric]))).toBe(2);
    world.tenant = newId("ten", world.now);
    expect(await callsOf(async () => start([rubric], { reuse }))).toBe(2);
  });

  it("takes fresh trials only where as many are stored, and none that a cache answered", async () => {
    const { world, start } = openTestWorld();
    await start([saying(1)]);
    await start([saying(1)], { repeat: 2 });
    world.calls.length = 0;
    await start([saying(1)], { repeat: 3, reuse });
    expect(world.calls.length).toBe(3);
    const { summary } = await start([saying(1)], { repeat: 4, reuse });
    // Two and three are stored; four of them suffice.
    expect([world.calls.length, summary.outcomes[0]?.repeats, summary.pass_hat_k]).toEqual([3, 4, [1, 1, 1, 1]]);
    await start([saying(1)], { repeat: 6, reuse });
    expect(world.calls.length).toBe(9);
  });

  it("never takes a failure of ours or of the judge's", async () => {
    const { world, start } = openTestWorld();
    const rubric = saying(2, { assertions: [{ type: "llm_rubric", value: "is kind" }] });
    const down = new AppError("provider_error", "It is down.");
    world.answer = async ({ options, variables }) =>
      options.metadata?.["judge"] === true || variables["n"] === 1 ? down : {};
    await start([saying(1), rubric]);
    world.calls.length = 0;
    await start([saying(1), rubric], { reuse });
    expect(world.calls.length).toBe(3);
  });

  it("reads no more than it takes, from an index", async () => {
    const query = `explain query plan select hash.key, run_id from json_each('[1]') hash
      join test_inputs stored on stored.rowid in
        (select rowid from test_inputs where input_hash = hash.value order by rowid desc limit 5)`;
    const { results } = await env.DB_SHARD_0.prepare(query).all<{ detail: string }>();
    const plan = results.map(({ detail }) => detail).join("\n");
    expect(plan).toContain("SEARCH test_inputs USING COVERING INDEX test_inputs_by_hash (input_hash=?)");
    expect(plan).toContain("SEARCH stored USING INTEGER PRIMARY KEY (rowid=?)");
    expect(plan).not.toMatch(/SCAN (?:stored|test_inputs)|TEMP B-TREE/);
  });
});
