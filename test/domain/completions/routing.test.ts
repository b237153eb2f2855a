import { describe, expect, it } from "vitest";
import { PROVIDERS } from "../../../src/domain/completions/completion.ts";
import { modelAliases } from "../../../src/domain/completions/models.ts";
import { modelsOfTier, TIER_MODELS, tierOf, MODEL_TIERS } from "../../../src/domain/completions/model-tiers.ts";
import { priceOf } from "../../../src/domain/usage/prices.ts";
import {
  declaredComplexity,
  MIN_RATINGS,
  routeByScore,
  type RoutingSignals,
  STRONG_FROM,
} from "../../../src/domain/completions/routing.ts";

const AT = new Date("2026-11-24T00:00:00Z");
const nothing: RoutingSignals = {
  estimated_tokens: 0,
  messages: 1,
  variables: [],
  complexity: undefined,
  output_schema: undefined,
  quality: undefined,
};
const route = (signals: Partial<RoutingSignals>) => routeByScore({ ...nothing, ...signals });
const strings = (count: number) => Array.from({ length: count }, () => ({ type: "string" as const }));
const schemaOf = (fields: number) => ({
  type: "object",
  required: Array.from({ length: fields }, (_, at) => `f${at}`),
  properties: Object.fromEntries(Array.from({ length: fields }, (_, at) => [`f${at}`, { type: "string" }])),
});
/** 40 points without its length: five lists in, ten fields out. */
const structured = {
  variables: Array.from({ length: 5 }, () => ({ type: "list" as const })),
  output_schema: schemaOf(10),
};
const rated = (mean: number, count = MIN_RATINGS) => ({ mean, count });

describe("routing by score", () => {
  it("takes the cheap model for a short prompt and says why", () => {
    expect(route({ estimated_tokens: 45, variables: strings(1) })).toEqual({
      choice: "cheap",
      score: 3,
      reasons: ["about 45 prompt tokens: +1", "1 variable, 0 of them lists or objects: +2"],
    });
  });

  it("takes the strong model once the sum reaches the line, not a point before", () => {
    expect(route({ ...structured, estimated_tokens: 249 })).toMatchObject({ choice: "cheap", score: STRONG_FROM - 1 });
    expect(route({ ...structured, estimated_tokens: 250 })).toMatchObject({ choice: "strong", score: STRONG_FROM });
  });

  it("is the sum of the points that its reasons name", () => {
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
      "fields nested in it",
      { output_schema: schemaOf(2) },
      { output_schema: { items: [{ properties: { a: schemaOf(2) } }] } },
    ],
    ["declared complexity", { complexity: "moderate" }, { complexity: "high" }],
    ["poor feedback on cheap answers", {}, { quality: { cheap: rated(0.3) } }],
  ])("rises with %s", (_what, less, more) => {
    expect(route(more).score).toBeGreaterThan(route(less).score);
  });

  it.each<[string, Partial<RoutingSignals>, number]>([
    ["length", { estimated_tokens: 10_000_000 }, 15],
    ["variables", { variables: strings(1000) }, 20],
    ["messages", { messages: 1000 }, 15],
    ["the output schema", { output_schema: schemaOf(5000) }, 20],
    ["everything", { estimated_tokens: 9999, variables: strings(99), messages: 99, complexity: "high" }, 100],
  ])("gives no more than its share to %s", (_what, signals, most) => {
    expect(route(signals).score).toBe(most);
  });

  it("never falls below 0", () => {
    expect(route({ complexity: "low", quality: { cheap: rated(1) } })).toMatchObject({ choice: "cheap", score: 0 });
  });

  it("does not take a long prompt for a hard one: questions about a document stay cheap, a large form to be filled from it does not", () => {
    const document = { estimated_tokens: 100_000, messages: 2, variables: strings(2) };
    expect(route(document).choice).toBe("cheap");
    expect(route({ ...document, ...structured }).choice).toBe("strong");
  });

  it("follows the author who says that much is easy, or little hard", () => {
    expect(route({ ...structured, estimated_tokens: 5000, complexity: "low" }).choice).toBe("cheap");
    expect(route({ complexity: "high" }).choice).toBe("strong");
  });
});

describe("the history of feedback", () => {
  const hard = { ...structured, estimated_tokens: 1200 };
  it("moves a prompt to the strong model when cheap answers were rated poor", () => {
    expect(route({ quality: { cheap: rated(0.59) } }).choice).toBe("strong");
  });

  it("moves a hard prompt to the cheap model when cheap answers were rated good", () => {
    expect(route(hard).choice).toBe("strong");
    expect(route({ ...hard, quality: { cheap: rated(0.85) } }).choice).toBe("cheap");
  });

  it("says nothing in between, or with too few ratings", () => {
    expect(route({ quality: { cheap: rated(0.7) } }).score).toBe(0);
    expect(route({ quality: { cheap: rated(0, MIN_RATINGS - 1) } }).score).toBe(0);
    expect(route({ quality: {} }).reasons).toEqual(route({}).reasons);
  });

  it("does not pay for strong answers that were rated no better", () => {
    const poor = rated(0.4);
    expect(route({ quality: { cheap: poor, strong: rated(0.42) } }).choice).toBe("cheap");
    expect(route({ quality: { cheap: poor, strong: rated(0.9) } }).choice).toBe("strong");
    expect(route({ quality: { cheap: poor, strong: rated(0.1, 1) } }).choice).toBe("strong");
  });
});

describe("declared complexity", () => {
  it.each([
    ["low", "low"],
    ["simple", "low"],
    ["moderate", "moderate"],
    ["high", "high"],
    ["complex", "high"],
    ["hard", undefined],
    [3, undefined],
    [undefined, undefined],
  ])("%o is %o", (complexity, means) => {
    expect(declaredComplexity({ metadata: { complexity } })).toBe(means);
  });
});

describe("the models of a tier", () => {
  const thousand = { prompt_tokens: 1000, completion_tokens: 1000, total_tokens: 2000 };
  const costOf = (provider: "openai" | "anthropic", model: string) =>
    priceOf(provider, model, thousand, AT)?.cost_nanousd;

  it("cost what the table says: a thousand tokens in and out", () => {
    const prices = PROVIDERS.map((provider) =>
      MODEL_TIERS.map((tier) => costOf(provider, TIER_MODELS[provider][tier])),
    );
    expect(prices).toEqual([
      [600_000, 12_000_000],
      [600_000, 24_000_000],
    ]);
  });

  it("are tried cheapest provider first within the chosen tier, then in the other tier", () => {
    for (const tier of MODEL_TIERS) {
      const costs = modelsOfTier(tier).map(({ provider, model }) => costOf(provider, model) ?? Number.NaN);
      expect(costs).toHaveLength(4);
      expect(costs[0]).toBeLessThanOrEqual(costs[1] ?? 0);
      expect(costs[2]).toBeLessThanOrEqual(costs[3] ?? 0);
    }
    expect(modelsOfTier("strong").map(({ model }) => tierOf(model))).toEqual(["strong", "strong", "cheap", "cheap"]);
  });

  it("are what the source's own pairs have become", () => {
    const targets = new Map(modelAliases());
    expect(targets.get("gpt-3.5-turbo")).toBe(TIER_MODELS.openai.cheap);
    expect(targets.get("gpt-4")).toBe(TIER_MODELS.openai.strong);
    expect(targets.get("claude-3-haiku")).toBe(TIER_MODELS.anthropic.cheap);
    expect(targets.get("claude-3-opus")).toBe(TIER_MODELS.anthropic.strong);
  });

  it("are known as such, others are not", () => {
    expect([tierOf("gpt-6-luna"), tierOf("claude-opus-5-5"), tierOf("gpt-4o-mini")]).toEqual([
      "cheap",
      "strong",
      undefined,
    ]);
  });
});
