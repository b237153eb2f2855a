import { describe, expect, it } from "vitest";
import { PROVIDERS } from "../../../src/domain/completions/completion.ts";
import { modelAliases } from "../../../src/domain/completions/models.ts";
import { modelsOfTier, TIER_MODELS, tierOf, MODEL_TIERS } from "../../../src/domain/completions/model-tiers.ts";
import { priceOf } from "../../../src/domain/completions/prices.ts";
import {
  declaredComplexity,
  MIN_RATINGS,
  routeByScore,
  type RoutingSignals,
  STRONG_FROM,
} from "../../../src/domain/completions/routing.ts";

const AT = new Date("2026-11-24T00:00:00Z");
const noSignals: RoutingSignals = {
  estimated_tokens: 0,
  messages: 1,
  variables: [],
  complexity: undefined,
  output_schema: undefined,
  quality: undefined,
};
const route = (signals: Partial<RoutingSignals>) => routeByScore({ ...noSignals, ...signals });
const strings = (count: number) => Array.from({ length: count }, () => ({ type: "string" as const }));
const schemaOf = (fields: number) => ({
  type: "object",
  required: Array.from({ length: fields }, (_, index) => `f${index}`),
  properties: Object.fromEntries(Array.from({ length: fields }, (_, index) => [`f${index}`, { type: "string" }])),
});
/** 40 points apart from its length: five lists as variables, ten fields in the output schema. */
const structured = {
  variables: Array.from({ length: 5 }, () => ({ type: "list" as const })),
  output_schema: schemaOf(10),
};
const rated = (mean: number, count = MIN_RATINGS) => ({ mean, count });

describe("routeByScore", () => {
  it("chooses the cheap tier for a short prompt and gives the reasons", () => {
    expect(route({ estimated_tokens: 45, variables: strings(1) })).toEqual({
      choice: "cheap",
      score: 3,
      reasons: ["about 45 prompt tokens: +1", "1 variable, 0 of them lists or objects: +2"],
    });
  });

  it("chooses the strong tier from the threshold on, and not a point below", () => {
    expect(route({ ...structured, estimated_tokens: 249 })).toMatchObject({ choice: "cheap", score: STRONG_FROM - 1 });
    expect(route({ ...structured, estimated_tokens: 250 })).toMatchObject({ choice: "strong", score: STRONG_FROM });
  });

  it("adds up the points that its reasons name", () => {
    const { score, reasons } = route({
      estimated_tokens: 300,
      messages: 4,
      variables: [...strings(2), { type: "list" }],
      output_schema: schemaOf(3),
      complexity: "low",
      quality: { cheap: rated(0.2) },
    });
    const points = reasons.map((reason) => Number(/: ([+−]\d+)$/.exec(reason)?.[1]?.replace("−", "-")));
    expect(points).toEqual([12, 8, 10, 6, -40, 50]);
    expect(score).toBe(46);
  });

  it.each<[string, Partial<RoutingSignals>, Partial<RoutingSignals>]>([
    ["length", { estimated_tokens: 100 }, { estimated_tokens: 400 }],
    ["the number of variables", { variables: strings(1) }, { variables: strings(4) }],
    ["variables that are lists", { variables: strings(2) }, { variables: [{ type: "list" }, { type: "object" }] }],
    ["the number of messages", { messages: 2 }, { messages: 5 }],
    ["fields of the output schema", { output_schema: schemaOf(2) }, { output_schema: schemaOf(6) }],
    [
      "nested fields of the output schema",
      { output_schema: schemaOf(2) },
      { output_schema: { items: [{ properties: { a: schemaOf(2) } }] } },
    ],
    ["declared complexity", { complexity: "moderate" }, { complexity: "high" }],
    ["poor feedback on cheap answers", {}, { quality: { cheap: rated(0.3) } }],
  ])("raises the score with %s", (_case, less, more) => {
    expect(route(more).score).toBeGreaterThan(route(less).score);
  });

  it.each<[string, Partial<RoutingSignals>, number]>([
    ["length", { estimated_tokens: 10_000_000 }, 15],
    ["variables", { variables: strings(1000) }, 20],
    ["messages", { messages: 1000 }, 15],
    ["the output schema", { output_schema: schemaOf(5000) }, 20],
    ["everything", { estimated_tokens: 9999, variables: strings(99), messages: 99, complexity: "high" }, 100],
  ])("limits the points of %s", (_case, signals, most) => {
    expect(route(signals).score).toBe(most);
  });

  it("never scores below 0", () => {
    expect(route({ complexity: "low", quality: { cheap: rated(1) } })).toMatchObject({ choice: "cheap", score: 0 });
  });

  it("keeps questions about a long document cheap, but not a large form to fill in from it", () => {
    const document = { estimated_tokens: 100_000, messages: 2, variables: strings(2) };
    expect(route(document).choice).toBe("cheap");
    expect(route({ ...document, ...structured }).choice).toBe("strong");
  });

  it("follows the author who declares a large prompt easy or a small prompt hard", () => {
    expect(route({ ...structured, estimated_tokens: 5000, complexity: "low" }).choice).toBe("cheap");
    expect(route({ complexity: "high" }).choice).toBe("strong");
  });
});

describe("the feedback on a prompt's answers", () => {
  const hard = { ...structured, estimated_tokens: 1200 };
  it("chooses the strong tier when cheap answers are rated poor", () => {
    expect(route({ quality: { cheap: rated(0.59) } }).choice).toBe("strong");
  });

  it("chooses the cheap tier for a hard prompt when cheap answers are rated good", () => {
    expect(route(hard).choice).toBe("strong");
    expect(route({ ...hard, quality: { cheap: rated(0.85) } }).choice).toBe("cheap");
  });

  it("has no effect when it is mixed or rests on too few ratings", () => {
    expect(route({ quality: { cheap: rated(0.7) } }).score).toBe(0);
    expect(route({ quality: { cheap: rated(0, MIN_RATINGS - 1) } }).score).toBe(0);
    expect(route({ quality: {} }).reasons).toEqual(route({}).reasons);
  });

  it("does not choose the strong tier when its answers are rated no better", () => {
    const poor = rated(0.4);
    expect(route({ quality: { cheap: poor, strong: rated(0.42) } }).choice).toBe("cheap");
    expect(route({ quality: { cheap: poor, strong: rated(0.9) } }).choice).toBe("strong");
    expect(route({ quality: { cheap: poor, strong: rated(0.1, 1) } }).choice).toBe("strong");
  });
});

describe("declaredComplexity", () => {
  it.each([
    ["low", "low"],
    ["simple", "low"],
    ["moderate", "moderate"],
    ["high", "high"],
    ["complex", "high"],
    ["hard", undefined],
    [3, undefined],
    [undefined, undefined],
  ])("reads %o as %o", (complexity, expected) => {
    expect(declaredComplexity({ metadata: { complexity } })).toBe(expected);
  });
});

describe("the models of a tier", () => {
  const thousand = { prompt_tokens: 1000, completion_tokens: 1000, total_tokens: 2000 };
  const costOf = (provider: "openai" | "anthropic", model: string) =>
    priceOf(provider, model, thousand, { at: AT })?.cost_nanousd;

  it("cost what the price table says, for a thousand tokens in and out", () => {
    const prices = PROVIDERS.map((provider) =>
      MODEL_TIERS.map((tier) => costOf(provider, TIER_MODELS[provider][tier])),
    );
    expect(prices).toEqual([
      [600_000, 12_000_000],
      [600_000, 24_000_000],
    ]);
  });

  it("come from the chosen tier first and then from the other, each with the cheaper provider first", () => {
    for (const tier of MODEL_TIERS) {
      const costs = modelsOfTier(tier).map(({ provider, model }) => costOf(provider, model) ?? Number.NaN);
      expect(costs).toHaveLength(4);
      expect(costs[0]).toBeLessThanOrEqual(costs[1] ?? 0);
      expect(costs[2]).toBeLessThanOrEqual(costs[3] ?? 0);
    }
    expect(modelsOfTier("strong").map(({ model }) => tierOf(model))).toEqual(["strong", "strong", "cheap", "cheap"]);
  });

  it("replace the pairs of PBT's published routing figures", () => {
    const targets = new Map(modelAliases());
    expect(targets.get("gpt-3.5-turbo")).toBe(TIER_MODELS.openai.cheap);
    expect(targets.get("gpt-4")).toBe(TIER_MODELS.openai.strong);
    expect(targets.get("claude-3-haiku")).toBe(TIER_MODELS.anthropic.cheap);
    expect(targets.get("claude-3-opus")).toBe(TIER_MODELS.anthropic.strong);
  });

  it("are the only models with a tier", () => {
    expect([tierOf("gpt-6-luna"), tierOf("claude-opus-5-5"), tierOf("gpt-4o-mini")]).toEqual([
      "cheap",
      "strong",
      undefined,
    ]);
  });
});
