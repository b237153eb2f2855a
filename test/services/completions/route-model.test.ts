import { describe, expect, it } from "vitest";
import { PROVIDERS, type ProviderName } from "../../../src/domain/completions/completion.ts";
import type { AppError } from "../../../src/domain/errors.ts";
import type { PromptDefinition } from "../../../src/domain/prompts/prompt.ts";
import type { QualityHistory } from "../../../src/domain/completions/routing.ts";
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
}: { providers?: readonly ProviderName[]; quality?: QualityHistory } = {}) {
  const asked: string[] = [];
  const route = createRouteModel({
    keysFor: async (_tenant, provider) => (providers.includes(provider) ? ["key"] : []),
    quality: (tenant, prompt) => {
      asked.push(`${tenant}/${prompt}`);
      return quality;
    },
  });
  const ask = async (changes: Partial<ModelRouteRequest>) =>
    route({
      tenant_id: "ten",
      prompt_name: "greet",
      definition,
      messages: [{ role: "user", content: "Say hello." }],
      ...changes,
    });
  const models = async (changes: Partial<ModelRouteRequest>) =>
    (await ask(changes)).candidates.map(({ model }) => model);
  const faults = async (changes: Partial<ModelRouteRequest>) => {
    const error: AppError = await ask(changes).then(
      () => Promise.reject(new Error("no fault")),
      (thrown: AppError) => thrown,
    );
    return [error.status, error.errors?.map(({ path }) => path)];
  };
  return { ask, models, faults, asked };
}

const CHEAP_FIRST = ["gpt-6-luna", "claude-haiku-5-5", "gpt-6-sol", "claude-opus-5-5"];
const STRONG_FIRST = ["gpt-6-sol", "claude-opus-5-5", "gpt-6-luna", "claude-haiku-5-5"];
const long = [{ role: "user" as const, content: "word ".repeat(1000) }];
const hard = { ...definition, metadata: { complexity: "high" } };

describe("the models of an execution", () => {
  it("are the caller's, else the prompt's, else the deployment's", async () => {
    const { models } = routing();
    expect(await models({ model: "gpt-4o" })).toEqual(["gpt-4o"]);
    expect(await models({ models: ["claude-sonnet-5", "gpt-4o"] })).toEqual(["claude-sonnet-5", "gpt-4o"]);
    expect(await models({})).toEqual(definition.models);
    expect(await models({ definition: { ...definition, models: [] } })).toEqual(["gpt-6-luna"]);
  });

  it("come without a decision, and without a look at the feedback, where they were named", async () => {
    const { ask, asked } = routing();
    expect(await ask({ model: "gpt-4o" })).toEqual({ candidates: [{ provider: "openai", model: "gpt-4o" }] });
    expect(asked).toEqual([]);
  });

  it("are named once, however often they were asked for", async () => {
    expect(await routing().models({ models: ["gpt-4o", "openai/gpt-4o", "gpt-4o"] })).toEqual(["gpt-4o"]);
  });

  it("are refused by the field at fault", async () => {
    const { faults } = routing();
    expect(await faults({ model: "gpt-4o", models: ["gpt-4o"] })).toEqual([422, ["models"]]);
    expect(await faults({ models: ["gpt-4o", "llama"] })).toEqual([422, ["models.1"]]);
    expect(await faults({ model: "llama" })).toEqual([422, ["model"]]);
    expect(await routing({ providers: ["anthropic"] }).faults({ model: "gpt-4o" })).toEqual([422, ["model"]]);
    expect(await routing({ providers: [] }).faults({ model: "auto" })).toEqual([422, ["model"]]);
  });
});

describe("auto", () => {
  it("is the cheap models first for a simple prompt, the strong ones for a hard one, with the reason", async () => {
    const { ask, models, asked } = routing();
    expect(await models({ model: "auto", messages: long })).toEqual(CHEAP_FIRST);
    expect(await models({ model: "auto", definition: hard })).toEqual(STRONG_FIRST);
    const { routing: decision } = await ask({ model: "auto", messages: long, definition: hard });
    expect(decision).toMatchObject({ choice: "strong", score: 65 });
    expect(decision?.reasons).toEqual([expect.stringContaining("prompt tokens: +15"), "declared complexity high: +50"]);
    expect(new Set(asked)).toEqual(new Set(["ten/greet"]));
  });

  it("may be the prompt's own model, and one of several", async () => {
    const { models } = routing();
    expect(await models({ definition: { ...definition, models: ["auto"] } })).toEqual(CHEAP_FIRST);
    const among = await models({ models: ["claude-sonnet-5", "auto", "gpt-6-luna"] });
    expect(among).toEqual(["claude-sonnet-5", ...CHEAP_FIRST]);
  });

  it("keeps the other tier on standby, unless it was named by itself", async () => {
    const onStandby = async (changes: Partial<ModelRouteRequest>) => {
      const { candidates } = await routing().ask(changes);
      return candidates.filter(({ standby }) => standby).map(({ model }) => model);
    };
    expect(await onStandby({ model: "auto" })).toEqual(CHEAP_FIRST.slice(2));
    expect(await onStandby({ model: "auto", definition: hard })).toEqual(STRONG_FIRST.slice(2));
    expect(await onStandby({ models: ["auto", "gpt-6-sol"] })).toEqual(["claude-opus-5-5"]);
    expect(await onStandby({ models: ["gpt-6-sol", "auto"] })).toEqual(["claude-opus-5-5"]);
    expect(await onStandby({ models: ["gpt-6-luna", "gpt-6-sol"] })).toEqual([]);
  });

  it("passes over a provider without a key", async () => {
    const { models } = routing({ providers: ["anthropic"] });
    expect(await models({ model: "auto" })).toEqual(["claude-haiku-5-5", "claude-opus-5-5"]);
  });

  it("follows what the author declared and what users thought", async () => {
    expect(await routing().models({ model: "auto", definition: hard })).toEqual(STRONG_FIRST);
    const poor = routing({ quality: { cheap: { mean: 0.2, count: 9 } } });
    expect(await poor.models({ model: "auto" })).toEqual(STRONG_FIRST);
  });
});
