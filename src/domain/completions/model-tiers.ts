import { PROVIDERS, type ProviderName } from "./completion.ts";

/** The two kinds of model that `auto` chooses between. */
export const TIERS = ["cheap", "strong"] as const;
/** One of {@link TIERS}. */
export type Tier = (typeof TIERS)[number];

/** The name by which a caller or a prompt leaves the choice of the model to routing. */
export const AUTO_MODEL = "auto";

/**
 * Each provider's cheap and strong model: what the source's pair, `gpt-3.5-turbo` and `gpt-4`, and Anthropic's of the same day, `claude-3-haiku` and
 * `claude-3-opus`, have become (the alias list in `models.ts`). List prices in USD per million tokens, input / output, as in the table of `prices.ts`
 * (a test holds the two together): gpt-6-luna 0.10 / 0.50, gpt-6-sol 2 / 10; claude-haiku-5-5 0.10 / 0.50, claude-opus-5-5 4 / 20 (all but the last more for very
 * long prompts). The providers sell dearer ones (gpt-6-astra, claude-fable-5-1: 10 / 50): a baseline of those would show a greater saving and help nobody.
 */
export const TIER_MODELS: Record<ProviderName, Record<Tier, string>> = {
  openai: { cheap: "gpt-6-luna", strong: "gpt-6-sol" },
  anthropic: { cheap: "claude-haiku-5-5", strong: "claude-opus-5-5" },
};

/**
 * The models that stand for `auto` in the order they are tried: the chosen tier at each provider, the cheaper provider first, then the other tier, so
 * that an outage of the one does not end the execution.
 */
export function modelsOfTier(choice: Tier): { provider: ProviderName; model: string }[] {
  const tiers = [choice, choice === "cheap" ? "strong" : "cheap"] as const;
  return tiers.flatMap((tier) => PROVIDERS.map((provider) => ({ provider, model: TIER_MODELS[provider][tier] })));
}

/** The tier that a model stands for in {@link TIER_MODELS}; undefined for every other model. */
export function tierOf(model: string): Tier | undefined {
  return TIERS.find((tier) => PROVIDERS.some((provider) => TIER_MODELS[provider][tier] === model));
}
