import { type BuiltInProvider, PROVIDERS } from "./completion.ts";

/** The two price tiers of models that `auto` chooses between. */
export const MODEL_TIERS = ["cheap", "strong"] as const;
/** One of {@link MODEL_TIERS}. */
export type ModelTier = (typeof MODEL_TIERS)[number];

/** The model name with which a caller or a prompt leaves the choice to routing. */
export const AUTO_MODEL = "auto";

/**
 * Each provider's cheap and strong model. They succeed `gpt-3.5-turbo` and `gpt-4`, the pair in
 * PBT's published routing figures, and Anthropic's pair of the same time, `claude-3-haiku` and
 * `claude-3-opus` (see the alias list in `models.ts`). List prices in USD per million tokens, input
 * / output, as in `prices.ts` (a test compares them): gpt-6-luna 0.10 / 0.50, gpt-6-sol 2 / 10,
 * claude-haiku-5-5 0.10 / 0.50, claude-opus-5-5 4 / 20. All but the last cost more for very long
 * prompts. The providers also sell models for 10 / 50 (gpt-6-astra, claude-fable-5-1). A baseline
 * of those would only inflate the saving that routing reports.
 */
export const TIER_MODELS: Record<BuiltInProvider, Record<ModelTier, string>> = {
  openai: { cheap: "gpt-6-luna", strong: "gpt-6-sol" },
  anthropic: { cheap: "claude-haiku-5-5", strong: "claude-opus-5-5" },
};

/** All models of {@link TIER_MODELS}. */
export const ROUTED_MODELS: readonly string[] = PROVIDERS.flatMap((provider) => Object.values(TIER_MODELS[provider]));

/**
 * The models that `auto` stands for, in the order in which they are tried: the chosen tier of each
 * provider, the cheaper provider first, and then the other tier, so that an outage of one tier does
 * not fail the execution.
 */
export function modelsOfTier(choice: ModelTier): { provider: BuiltInProvider; model: string }[] {
  const tiers = [choice, choice === "cheap" ? "strong" : "cheap"] as const;
  return tiers.flatMap((tier) => PROVIDERS.map((provider) => ({ provider, model: TIER_MODELS[provider][tier] })));
}

/** The tier of a model in {@link TIER_MODELS}; undefined for every other model. */
export function tierOf(model: string): ModelTier | undefined {
  return MODEL_TIERS.find((tier) => PROVIDERS.some((provider) => TIER_MODELS[provider][tier] === model));
}
