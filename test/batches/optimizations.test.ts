import { describe, expect, it } from "vitest";
import { AppError } from "../../src/domain/errors.ts";
import type { ExecutionRequest } from "../../src/domain/executions/execution-options.ts";
import { importPrompt } from "../../src/domain/prompts/import/import-prompt.ts";
import { openExperimentWorld } from "../support/experiment-world.ts";
import { answersOf, costOnRecord, saying } from "../support/test-world.ts";

const MINUTE_MS = 60_000;
const WORDY = "Please make sure to say {{ n }}. In order to be clear, please say {{ n }} only.";
const SHORT = "Say {{ n }}. To be clear, say {{ n }} only.";
const TESTS = [saying(1), saying(2), saying(3)];
const never = async () => new Promise<undefined>(() => undefined);

type World = ReturnType<typeof openExperimentWorld>;

function openWorld(template = WORDY): World {
  const opened = openExperimentWorld();
  const yaml = `model: gpt-4o-mini\ntemplate: ${JSON.stringify(template)}\nvariables:\n  n: {type: integer}\n`;
  opened.world.definition = importPrompt(yaml, "yaml", "p").definition;
  return opened;
}

/** The template that an execution of a case uses. */
const templateOf = ({ draft }: ExecutionRequest) => (draft ? JSON.stringify(draft.messages) : "");
const tokens = async ({ draft }: ExecutionRequest) => ({ prompt_tokens: draft ? 50 : 100 });
const isReflection = ({ options }: ExecutionRequest) => options.metadata?.["test"] === "reflection";

describe("an optimisation", () => {
  it("tries what the passes make of a version, confirms it with new trials, and publishes it without a label", async () => {
    const { world, published, optimize, readOptimization, resume } = openWorld();
    world.answer = tokens;
    const { optimization: run } = await optimize({ tests: TESTS });
    expect([run.status, world.calls.length, world.woken.length]).toEqual(["running", 0, 1]);
    await resume(run.id);
    const { optimization, known, reason } = await readOptimization(run.id);
    expect([optimization.status, reason]).toEqual(["completed", null]);
    expect(known.candidates).toMatchObject([
      { origin: "original", pass_rate: 1, isTried: true, tokens: 100, isOnFront: false },
      { origin: "passes", pass_rate: 1, tokens: 50, saving: 0.5, isOnFront: true, changes: ["filler_phrases"] },
    ]);
    expect(known.confirmation).toMatchObject({ pairs: 72, planned: 72, pass_rates: [1, 1], isShown: true });
    expect(known.confirmation?.interval?.[0]).toBeGreaterThanOrEqual(-0.05);
    const [file] = published;
    expect(file).toMatchObject({ name: "p", expected: "any" });
    const { definition } = importPrompt(file?.source ?? "", "json", "p");
    expect(definition.messages).toEqual([{ role: "user", content: SHORT }]);
    expect(definition.metadata).toEqual({ optimized_from: 3, optimization: run.id });
    expect(world.calls.every(({ options, purpose }) => options.cache === false && purpose === "test")).toBe(true);
  });

  it("publishes once, whichever step its workers die at, and executes nothing twice that is on record", async () => {
    const { world, hooks, published, optimize, readOptimization, resume } = openWorld();
    const { optimization: run } = await optimize({ tests: TESTS, repeat: 24 });
    for (const lives of [2, 9, 40, 30]) {
      let left = lives;
      world.answer = async (request) => ((left -= 1) < 0 ? never() : tokens(request));
      void resume(run.id);
      await expect.poll(() => left).toBeLessThan(0);
      world.now += 3 * MINUTE_MS;
    }
    world.answer = tokens;
    hooks.onPublish = never;
    void resume(run.id);
    await expect.poll(() => published.length).toBe(1);
    world.now += 3 * MINUTE_MS;
    hooks.onPublish = async () => undefined;
    await resume(run.id);
    const { optimization, known, reason } = await readOptimization(run.id);
    expect([optimization.status, reason, published.length]).toEqual(["completed", null, 1]);
    expect(known.publication?.published).toBe(4);
    // Each of the 6 trials of the search and the 144 that confirm has one answer.
    expect(answersOf(world)).toBe(150);
    expect((await readOptimization(run.id)).cost_nanousd).toBe(costOnRecord(world));
    expect(world.calls.every(({ options, purpose }) => options.cache === false && purpose === "test")).toBe(true);
  });

  it("publishes nothing that its tests do not show to be as good, though the search found no difference", async () => {
    const { world, published, optimize, readOptimization, resume } = openWorld();
    let drafts = 0;
    // The draft passes in the search, and fails every fifth time after it.
    world.answer = async (request) => {
      if (!request.draft) return { prompt_tokens: 100 };
      drafts += 1;
      return { prompt_tokens: 50, ...(drafts > 3 && drafts % 5 === 0 && { output: "else" }) };
    };
    const { optimization: run } = await optimize({ tests: TESTS });
    await resume(run.id);
    const { known, reason } = await readOptimization(run.id);
    expect([known.choice?.chosen, known.confirmation?.isShown, published.length]).toEqual([1, false, 0]);
    expect(known.confirmation?.interval?.[0]).toBeLessThan(-0.1);
    expect(reason).toBe("The tests do not show that the candidate is at most 5 points worse than the version.");
  });

  it("does not take errors of both sides for being as good", async () => {
    const { world, published, optimize, readOptimization, resume } = openWorld();
    world.answer = async () =>
      world.calls.length > 6
        ? new AppError("provider_error", "Down.")
        : { prompt_tokens: world.calls.length > 3 ? 50 : 100 };
    const { optimization: run } = await optimize({ tests: TESTS });
    await resume(run.id);
    const { known } = await readOptimization(run.id);
    expect([known.choice?.chosen, known.confirmation, published.length]).toEqual([1, null, 0]);
  });

  it("shows a model the tests that fail, and takes what it proposes where that can be tried", async () => {
    const { world, published, optimize, readOptimization, resume } = openWorld("Answer {{ n }}");
    const replies = [
      "No.",
      JSON.stringify({ texts: ["Answer {{ m }}"] }),
      JSON.stringify({ reason: "It says how.", texts: ["Answer with: said {{ n }}"] }),
    ];
    world.answer = async (request) => {
      if (isReflection(request)) return { output: replies.shift() ?? "", cost_nanousd: 5 };
      return templateOf(request).includes("with: said") ? {} : { output: "else" };
    };
    const { optimization: run } = await optimize({ goal: "score", tests: TESTS, reflections: 3 });
    await resume(run.id);
    const { known, reason } = await readOptimization(run.id);
    const asked = world.calls.filter(isReflection);
    expect(asked.map(({ options }) => [options.model, options.prompt.name])).toEqual([
      ["gpt-4o", ""],
      ["gpt-4o", ""],
      ["gpt-4o", ""],
    ]);
    expect(JSON.parse(asked[0]?.options.messages?.[1]?.content as string)).toMatchObject({
      goal: "score",
      texts: ["Answer {{ n }}"],
      feedback: [
        { test: "case 1", answer: "else", failures: ["equals: expected equals “said 1”; saw “else”"] },
        {},
        {},
      ],
    });
    expect(known.proposals.map(({ fault }) => fault)).toEqual([
      "The model replied with something else than templates.",
      "Its templates do not use n.",
      null,
    ]);
    expect(known.candidates[1]).toMatchObject({ origin: "reflection", score: 1, parent: 0, changes: ["It says how."] });
    expect([known.confirmation?.difference, known.confirmation?.isShown, reason]).toEqual([1, true, null]);
    expect(published.length).toBe(1);
  });

  it("never spends more than its limit, keeps half of it to confirm, and says where that ended it", async () => {
    const { world, published, optimize, readOptimization, resume } = openWorld();
    const cost_nanousd = 5_000_000;
    world.answer = async ({ draft }) => ({ cost_nanousd, prompt_tokens: draft ? 50 : 100 });
    // The six trials of the search fit into half of it, and the 144 that confirm do not fit.
    const { optimization: run } = await optimize({ tests: TESTS, max_cost_usd: 0.2 });
    await resume(run.id);
    const { optimization, known, reason, cost_nanousd: spent } = await readOptimization(run.id);
    expect([optimization.status, known.choice?.chosen, published.length]).toEqual(["completed", 1, 0]);
    expect(known.confirmation?.pairs).toBeLessThan(72);
    expect([world.calls.length * cost_nanousd <= 0.2e9, spent]).toEqual([true, world.calls.length * cost_nanousd]);
    expect(reason).toBe("What was left of max_cost_usd ($0.2) did not cover the next execution.");
    const { optimization: tiny } = await optimize({ tests: TESTS, max_cost_usd: 0.001 });
    const before = world.calls.length;
    await resume(tiny.id);
    expect(world.calls.length).toBe(before);
    expect((await readOptimization(tiny.id)).known.choice?.chosen).toBeNull();
  });

  it("counts a paid trial whose judge its money does not reach for, in the search and where it confirms", async () => {
    const { world, optimize, readOptimization, resume } = openWorld();
    const cost_nanousd = 5_000_000;
    const judged = TESTS.slice(0, 1).map((test) => ({
      ...test,
      assertions: [...test.assertions, { type: "llm_rubric", value: "It is kind." } as const],
    }));
    const isJudge = ({ options }: ExecutionRequest) => options.metadata?.["judge"] === true;
    world.answer = async (request) => {
      if (isJudge(request)) return { cost_nanousd, output: '{"score": 1, "reason": "kind"}' };
      return { cost_nanousd, prompt_tokens: request.draft ? 50 : 100 };
    };
    // A trial may cost 12 millions at the worst, and a judge 205.
    for (const [max_cost_usd, judges] of [
      [0.06, 0],
      [0.5, 4],
    ] as const) {
      const before = world.calls.length;
      const { optimization: run } = await optimize({ tests: judged, max_cost_usd });
      await resume(run.id);
      const { optimization, reason, cost_nanousd: spent } = await readOptimization(run.id);
      const calls = world.calls.slice(before);
      expect([optimization.status, spent]).toEqual(["completed", calls.length * cost_nanousd]);
      expect(calls.filter(isJudge).length).toBeGreaterThanOrEqual(judges);
      expect(calls.length).toBeGreaterThan(2 * calls.filter(isJudge).length);
      expect(reason).toContain("did not cover the next execution");
    }
  });

  it("of a version without tests proposes what the passes make of it, and publishes nothing", async () => {
    const { world, published, optimize, readOptimization, resume } = openWorld();
    const { optimization: run } = await optimize({ reflections: 4 });
    await resume(run.id);
    const { optimization, known, reason } = await readOptimization(run.id);
    expect([optimization.status, world.calls.length, published.length]).toEqual(["completed", 0, 0]);
    expect(known.candidates[1]?.messages).toEqual([{ role: "user", content: SHORT }]);
    expect(known.candidates[1]?.saving).toBeGreaterThan(0.3);
    expect(reason).toBe("The version has no tests, and nothing is published that none shows to be as good.");
    await expect(optimize({ goal: "score" })).rejects.toMatchObject({ errors: [{ path: "tests" }] });
  });

  it("is listed newest first, and publishes nothing once it is cancelled", async () => {
    const { world, services, published, optimize, readOptimization, resume } = openWorld();
    const first = (await optimize({ tests: TESTS })).optimization;
    world.now += 1;
    const second = (await optimize({ tests: TESTS })).optimization;
    const page = await services.listOptimizations(world.tenant, { limit: 1 });
    expect(page.data.map(({ id }) => id)).toEqual([second.id]);
    const next = await services.listOptimizations(world.tenant, { limit: 1, cursor: page.next_cursor ?? "" });
    expect([next.data.map(({ id }) => id), next.next_cursor]).toEqual([[first.id], null]);
    await services.cancelOptimization({ tenant_id: world.tenant, id: first.id });
    await resume(first.id);
    expect((await readOptimization(first.id)).optimization.status).toBe("cancelled");
    expect([world.calls.length, published.length]).toEqual([0, 0]);
  });
});
