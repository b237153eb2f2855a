import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { COMPLEXITIES } from "../../load/k6/lib/workload.ts";
import { simpleShare, sourceShares, tasksOf } from "../../load/bench/routing/mix.ts";
import { importPrompt } from "../../src/domain/prompts/import/import-prompt.ts";
import { createRouteModel } from "../../src/services/completions/route-model.ts";
import { renderPrompt } from "../../src/domain/prompts/render-prompt.ts";
import { compareRuns, type PricedAnswer, savedAt, savingsByComplexity } from "../../load/bench/routing/savings.ts";

const MANY = 4000;

describe("the mixed workload", () => {
  const tasks = tasksOf(1, MANY, sourceShares());

  it("has the shares that the source's figures imply", () => {
    expect(simpleShare({ simple: 100, complex: 500, mixed: 200 })).toBe(0.75);
    expect(sourceShares()).toEqual({ simple: 0.52, moderate: 0.24, complex: 0.24 });
    for (const complexity of COMPLEXITIES) {
      const share = tasks.filter((task) => task.complexity === complexity).length / MANY;
      expect(Math.abs(share - sourceShares()[complexity])).toBeLessThan(0.025);
    }
  });

  it("only depends on the seed, and repeats no task", () => {
    expect(tasksOf(1, 20, sourceShares())).toEqual(tasks.slice(0, 20));
    expect(tasksOf(2, 20, sourceShares())).not.toEqual(tasks.slice(0, 20));
    expect(new Set(tasks.map((task) => JSON.stringify(task))).size).toBe(MANY);
  });
});

describe("a prompt of each complexity", () => {
  const route = createRouteModel({
    keysFor: async () => [{ name: "key" }],
    pricesOf: async () => ({}),
    upstreamsOf: async () => [],
    quality: () => undefined,
  });

  async function choices(declared: boolean) {
    const all = COMPLEXITIES.map(async (complexity) => {
      const name = `load-${complexity}`;
      const { definition } = importPrompt(readFileSync(`load/prompts/${name}.prompt.yaml`, "utf8"), "yaml", name);
      const task = tasksOf(1, MANY, sourceShares()).find((each) => each.complexity === complexity);
      const { routing } = await route({
        tenant_id: "ten",
        prompt_name: name,
        definition: declared ? definition : { ...definition, metadata: {} },
        messages: renderPrompt(definition, task?.variables ?? {}),
        model: "auto",
      });
      return routing?.choice;
    });
    return Promise.all(all);
  }

  it("is routed by the complexity that it declares, and without a declaration to the cheap model", async () => {
    expect(await choices(true)).toEqual(["cheap", "cheap", "strong"]);
    expect(await choices(false)).toEqual(["cheap", "cheap", "cheap"]);
  });
});

describe("the saving", () => {
  const answered = (
    complexity: PricedAnswer["complexity"],
    cost_usd: number,
    choice: PricedAnswer["choice"],
  ): PricedAnswer => ({
    complexity,
    choice,
    cost_usd,
    model: "m",
    prompt_tokens: 10,
    completion_tokens: 20,
  });
  const strong = [answered("simple", 2, null), answered("moderate", 2, null), answered("complex", 4, null)];
  const auto = [answered("simple", 0.5, "cheap"), answered("moderate", 2, "strong"), answered("complex", 4, "strong")];

  it("is the share of the strong model's cost that auto does not spend", () => {
    expect(compareRuns(strong, auto)).toMatchObject({ tasks: 3, strong_usd: 8 / 3, saved: 1 - 6.5 / 8, cheap: 1 / 3 });
    expect(compareRuns(strong, strong).saved).toBe(0);
    expect(compareRuns(auto, strong).saved).toBeLessThan(0);
  });

  it("is computed for each complexity, and for workloads with other shares", () => {
    const kinds = savingsByComplexity(strong, auto);
    expect(COMPLEXITIES.map((one) => kinds[one].saved)).toEqual([0.75, 0, 0]);
    expect(savedAt({ simple: 1, moderate: 0, complex: 0 }, kinds)).toBe(0.75);
    expect(savedAt({ simple: 0.5, moderate: 0.5, complex: 0 }, kinds)).toBe(1 - 1.25 / 2);
  });

  it("cannot be computed from runs of different tasks", () => {
    expect(() => compareRuns(strong, auto.slice(1))).toThrow("not of the same tasks");
    expect(() => compareRuns(strong, auto.toReversed())).toThrow("not of the same tasks");
  });
});
