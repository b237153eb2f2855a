import { describe, expect, it } from "vitest";
import { PROVIDERS, type ProviderName } from "../../../src/domain/completions/completion.ts";
import type { AppError } from "../../../src/domain/errors.ts";
import type { OwnPrices } from "../../../src/domain/completions/tenant-price.ts";
import type { PromptDefinition } from "../../../src/domain/prompts/prompt.ts";
import type { QualityHistory } from "../../../src/domain/completions/routing.ts";
import type { StoredUpstream } from "../../../src/services/tenants/upstreams.ts";
import { createRouteModel, type ModelRouteRequest } from "../../../src/services/completions/route-model.ts";

const definition: PromptDefinition = {
  messages: [],
  models: ["gpt-4o-mini", "claude-haiku-4-5"],
  variables: {},
  settings: {},
  tags: [],
  tests: [],
  metadata: {},
};

function routing({
  providers = PROVIDERS,
  quality,
  prices = {},
  upstreams = [],
}: {
  providers?: readonly ProviderName[];
  quality?: QualityHistory;
  prices?: OwnPrices;
  upstreams?: StoredUpstream[];
} = {}) {
  const qualityReads: string[] = [];
  const routeModel = createRouteModel({
    keysFor: async (_tenant, provider) => (providers.includes(provider) ? [{ name: "key" }] : []),
    pricesOf: async () => prices,
    upstreamsOf: async () => upstreams,
    quality: (tenant, prompt) => {
      qualityReads.push(`${tenant}/${prompt}`);
      return quality;
    },
  });
  const route = async (changes: Partial<ModelRouteRequest>) =>
    routeModel({
      tenant_id: "ten",
      prompt_name: "greet",
      definition,
      messages: [{ role: "user", content: "Say hello." }],
      ...changes,
    });
  const models = async (changes: Partial<ModelRouteRequest>) =>
    (await route(changes)).candidates.map(({ model }) => model);
  const faults = async (changes: Partial<ModelRouteRequest>) => {
    const error: AppError = await route(changes).then(
      () => Promise.reject(new Error("no fault")),
      (thrown: AppError) => thrown,
    );
    return [error.status, error.errors?.map(({ path }) => path)];
  };
  return { route, models, faults, qualityReads };
}

const CHEAP_FIRST = ["gpt-6-luna", "claude-haiku-5-5", "gpt-6-sol", "claude-opus-5-5"];
const STRONG_FIRST = ["gpt-6-sol", "claude-opus-5-5", "gpt-6-luna", "claude-haiku-5-5"];
const long = [{ role: "user" as const, content: "word ".repeat(1000) }];
const hard = { ...definition, metadata: { complexity: "high" } };

describe("the models of an execution", () => {
  it("are those of the caller, else those of the prompt, else the default model", async () => {
    const { models } = routing();
    expect(await models({ model: "gpt-4o" })).toEqual(["gpt-4o"]);
    expect(await models({ models: ["claude-sonnet-5", "gpt-4o"] })).toEqual(["claude-sonnet-5", "gpt-4o"]);
    expect(await models({})).toEqual(definition.models);
    expect(await models({ definition: { ...definition, models: [] } })).toEqual(["gpt-6-luna"]);
  });

  it("come without a routing decision, and without reading feedback, when they are named", async () => {
    const { route, qualityReads } = routing();
    expect(await route({ model: "gpt-4o" })).toEqual({ candidates: [{ provider: "openai", model: "gpt-4o" }] });
    expect(qualityReads).toEqual([]);
  });

  it("contain no model twice", async () => {
    expect(await routing().models({ models: ["gpt-4o", "openai/gpt-4o", "gpt-4o"] })).toEqual(["gpt-4o"]);
  });

  it("are refused with the field at fault", async () => {
    const { faults } = routing();
    expect(await faults({ model: "gpt-4o", models: ["gpt-4o"] })).toEqual([422, ["models"]]);
    expect(await faults({ models: ["gpt-4o", "llama"] })).toEqual([422, ["models.1"]]);
    expect(await faults({ model: "llama" })).toEqual([422, ["model"]]);
    expect(await routing({ providers: ["anthropic"] }).faults({ model: "gpt-4o" })).toEqual([422, ["model"]]);
    expect(await routing({ providers: [] }).faults({ model: "auto" })).toEqual([422, ["model"]]);
  });
});

describe("auto", () => {
  it("stands for the cheap models first or the strong models first, with the reasons", async () => {
    const { route, models, qualityReads } = routing();
    expect(await models({ model: "auto", messages: long })).toEqual(CHEAP_FIRST);
    expect(await models({ model: "auto", definition: hard })).toEqual(STRONG_FIRST);
    const { routing: decision } = await route({ model: "auto", messages: long, definition: hard });
    expect(decision).toMatchObject({ choice: "strong", score: 65 });
    expect(decision?.reasons).toEqual([expect.stringContaining("prompt tokens: +15"), "declared complexity high: +50"]);
    expect(new Set(qualityReads)).toEqual(new Set(["ten/greet"]));
  });

  it("may be the model of the prompt, or one of several", async () => {
    const { models } = routing();
    expect(await models({ definition: { ...definition, models: ["auto"] } })).toEqual(CHEAP_FIRST);
    const mixed = await models({ models: ["claude-sonnet-5", "auto", "gpt-6-luna"] });
    expect(mixed).toEqual(["claude-sonnet-5", ...CHEAP_FIRST]);
  });

  it("puts the other tier on standby, except models that are also named", async () => {
    const onStandby = async (changes: Partial<ModelRouteRequest>) => {
      const { candidates } = await routing().route(changes);
      return candidates.filter(({ standby }) => standby).map(({ model }) => model);
    };
    expect(await onStandby({ model: "auto" })).toEqual(CHEAP_FIRST.slice(2));
    expect(await onStandby({ model: "auto", definition: hard })).toEqual(STRONG_FIRST.slice(2));
    expect(await onStandby({ models: ["auto", "gpt-6-sol"] })).toEqual(["claude-opus-5-5"]);
    expect(await onStandby({ models: ["gpt-6-sol", "auto"] })).toEqual(["claude-opus-5-5"]);
    expect(await onStandby({ models: ["gpt-6-luna", "gpt-6-sol"] })).toEqual([]);
  });

  it("leaves out a provider without a key", async () => {
    const { models } = routing({ providers: ["anthropic"] });
    expect(await models({ model: "auto" })).toEqual(["claude-haiku-5-5", "claude-opus-5-5"]);
  });

  it("depends on the declared complexity and on feedback", async () => {
    expect(await routing().models({ model: "auto", definition: hard })).toEqual(STRONG_FIRST);
    const poor = routing({ quality: { cheap: { mean: 0.2, count: 9 } } });
    expect(await poor.models({ model: "auto" })).toEqual(STRONG_FIRST);
  });
});

describe("a model of an upstream", () => {
  const at = { kind: "openai" as const, base_url: "https://llm.example.com/v1" };
  const row = { ...at, tenant_id: "ten", name: "llm", version: 1, header_names: [], created_at: 0, updated_at: 0 };
  const providers = [...PROVIDERS, "llm"];

  it("is a candidate under the name as it is written, with the tenant's price, and where it is", async () => {
    const price = { input: 1, output: 2, updated_at: 0 };
    const { route } = routing({ providers, upstreams: [row], prices: { "llm/Some/Model": price } });
    const { candidates } = await route({ models: ["llm/Some/Model", "gpt-4o-mini", "llm/Some/Model"] });
    expect(candidates).toEqual([
      { provider: "llm", model: "Some/Model", upstream: at, price },
      { provider: "openai", model: "gpt-4o-mini" },
    ]);
  });

  it.each(["other/m", "constructor/m", "LLM/m"])("is none where the tenant has no such upstream: %s", async (model) => {
    const { route } = routing({ providers, upstreams: [row] });
    await expect(route({ model })).rejects.toMatchObject({
      errors: [{ path: "model", message: `\`${model}\` is not a model of a known provider` }],
    });
  });
});
