import { describe, expect, it } from "vitest";
import { AppError } from "../../src/domain/errors.ts";
import { openExperimentWorld } from "../support/experiment-world.ts";
import { answersOf, costOnRecord, saying } from "../support/test-world.ts";

const MINUTE_MS = 60_000;
const SUBJECTS = [{ version: 1 }, { version: 2, model: "gpt-4o" }];
const inputs = (count: number) => Array.from({ length: count }, (_, n) => ({ n }));
const never = async () => new Promise<undefined>(() => undefined);

describe("a comparison", () => {
  it("of a few answers ends within its request: each is an execution that is not read from the cache", async () => {
    const { world, compare, read } = openExperimentWorld();
    const tests = [saying(1), saying(2)];
    world.answer = async ({ options }) => (options.prompt.version === 2 ? { output: "else", cost_nanousd: 7 } : {});
    const { comparison, summary } = await compare({ subjects: SUBJECTS, tests });
    expect(comparison.status).toBe("completed");
    expect(summary.subjects).toMatchObject([
      { version: 1, model: null, pass_rate: 1, tokens: 2, latency_ms: 1 },
      { version: 2, model: "gpt-4o", pass_rate: 0, cost_nanousd: 14 },
    ]);
    expect(summary.pairs[0]).toMatchObject({ wins: { a: 2, b: 0, ties: 0 }, score: { difference: 1 } });
    expect(world.calls.map(({ id, purpose, options }) => [id, purpose, options.model, options.cache])).toEqual(
      comparison.plan.execution_ids.map((id, at) => [id, "test", at % 2 === 0 ? undefined : "gpt-4o", false]),
    );
    expect(world.calls[0]?.options.metadata).toEqual({ comparison: comparison.id, test: "case 1" });
    expect(await read(comparison.id)).toEqual({ comparison, summary });
  });

  it("whose worker vanished is taken up: what is on record is not executed again, nor judged", async () => {
    const { world, services, compare, read, resume } = openExperimentWorld();
    const { comparison } = await compare({ subjects: SUBJECTS, inputs: inputs(10), repeat: 2, judge: true });
    const isJudge = (options: { metadata?: object }) => "judge" in (options.metadata ?? {});
    const verdict = { output: '{"winner": "tie"}' };
    const answers = async (count: number) => {
      let left = count;
      world.answer = async ({ options }) => {
        if ((left -= 1) < 0) return never();
        return isJudge(options) ? verdict : undefined;
      };
      void resume(comparison.id);
      await expect.poll(() => left).toBeLessThan(0);
      world.now += 3 * MINUTE_MS;
      await services.sweepExperiments();
    };
    await answers(15);
    await answers(15);
    await answers(20);
    world.answer = async ({ options }) => (isJudge(options) ? verdict : undefined);
    world.now += 3 * MINUTE_MS;
    await resume(comparison.id);
    const { comparison: ended, summary } = await read(comparison.id);
    expect([ended.status, summary.total, summary.done]).toEqual(["completed", 80, 80]);
    expect(summary.pairs[0]?.wins).toEqual({ a: 0, b: 0, ties: 20 });
    expect(answersOf(world)).toBe(80);
    expect(summary.cost_nanousd).toBe(costOnRecord(world));
    expect(world.woken).toContainEqual({ tenant_id: world.tenant, id: comparison.id });
  });

  it("never spends more than its limit, whoever vanishes, and gives no verdict of a part", async () => {
    const { world, compare, read, resume } = openExperimentWorld();
    const [limit, cost_nanousd, worst] = [0.05e9, 1_000_000, 4_096 * 600 * 5];
    let [answered, lost] = [0, 0];
    const request = { subjects: [{ version: 1 }, { version: 2 }], inputs: inputs(60), max_cost_usd: limit / 1e9 };
    const { comparison } = await compare(request);
    world.answer = async () => {
      if (answered < 5) {
        answered += 1;
        return { cost_nanousd };
      }
      lost += 1;
      return never();
    };
    void resume(comparison.id);
    await expect.poll(() => lost).toBeGreaterThan(0);
    world.now += 3 * MINUTE_MS;
    world.answer = async () => ({ cost_nanousd });
    const made = world.calls.length;
    await resume(comparison.id);
    answered += world.calls.length - made;
    const { comparison: ended, summary } = await read(comparison.id);
    expect(ended.status).toBe("completed");
    expect(summary.done).toBeLessThan(summary.total);
    expect(summary.pairs[0]?.verdict).toBeNull();
    expect(answered * cost_nanousd + lost * worst).toBeLessThanOrEqual(limit);
    // What the first ones did not need came back: so many worst cases would not fit.
    expect(answered * worst).toBeGreaterThan(limit);
  });

  it("under a limit asks with a bounded output, and refuses a model without a price at once", async () => {
    const { world, compare } = openExperimentWorld();
    await compare({ subjects: SUBJECTS, inputs: inputs(2), max_cost_usd: 1 });
    expect(world.calls.map(({ options }) => options.parameters.max_tokens)).toEqual([4096, 4096, 4096, 4096]);
    const unpriced = compare({ subjects: [{}, { model: "gpt-nobody-knows" }], inputs: inputs(2), max_cost_usd: 1 });
    await expect(unpriced).rejects.toMatchObject({ code: "validation_error", errors: [{ path: "max_cost_usd" }] });
  });

  it("counts a failure against its subject, and is judged by the tenant's prompt where there is one", async () => {
    const { world, compare } = openExperimentWorld();
    world.hasJudge = true;
    world.answer = async ({ options, variables }) => {
      if (options.prompt.name === "judges/pairwise") return { output: '{"winner": "second", "reason": "kinder"}' };
      return variables["n"] === 1 && options.prompt.version === 1 ? new AppError("timeout", "Late.") : undefined;
    };
    const judge = { criteria: "kindness", model: "gpt-4o-mini" };
    const { summary } = await compare({ subjects: SUBJECTS, inputs: inputs(2), judge });
    expect(summary.subjects.map(({ failed }) => failed)).toEqual([1, 0]);
    expect(summary.pairs[0]?.wins).toEqual({ a: 0, b: 1, ties: 1 });
    const asked = world.calls.filter(({ options }) => options.prompt.name === "judges/pairwise");
    expect(asked.map(({ variables }) => [variables["criteria"], variables["first"], variables["second"]])).toEqual([
      ["kindness", "said 0", "said 0"],
      ["kindness", "said 0", "said 0"],
    ]);
    expect(asked[0]?.options).toMatchObject({ model: "gpt-4o-mini", metadata: { judge: true } });
  });

  it("of more than a request makes is committed and made by the queue, until it is cancelled", async () => {
    const { world, services, compare, read, resume } = openExperimentWorld();
    const { comparison } = await compare({ subjects: SUBJECTS, inputs: inputs(26) });
    expect([comparison.status, world.calls.length]).toEqual(["running", 0]);
    expect(world.woken).toEqual([{ tenant_id: world.tenant, id: comparison.id }]);
    const key = { tenant_id: world.tenant, id: comparison.id };
    world.answer = async () => {
      await services.cancelComparison(key);
      return undefined;
    };
    await resume(comparison.id);
    const { comparison: ended, summary } = await read(comparison.id);
    expect(ended.status).toBe("cancelled");
    expect([summary.done > 0, summary.done <= 50, summary.pairs[0]?.verdict]).toEqual([true, true, null]);
    const others = services.readComparison({ ...key, tenant_id: "ten_other" });
    await expect(others).rejects.toMatchObject({ code: "not_found" });
  });
});
