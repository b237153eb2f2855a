import type { Usage } from "../../completions/completion.ts";

/** The tiers that the API names. Everything else, such as another provider's, is none of them. */
const TIERS: ReadonlySet<string> = new Set(["standard", "priority", "batch"]);

/**
 * Usage as Anthropic counts it: `input_tokens` are without what the cache read and wrote. All zero
 * where the provider counted nothing.
 */
export function toMessagesUsage(usage: Usage | null) {
  const { cached_tokens = 0, cache_write_tokens = 0, cache_write_1h_tokens: longer = 0 } = usage ?? {};
  const { service_tier: tier = "standard", inference_geo = null, web_searches, reasoning_tokens } = usage ?? {};
  const isFast = tier === "fast";
  return {
    input_tokens: Math.max(0, (usage?.prompt_tokens ?? 0) - cached_tokens - cache_write_tokens),
    cache_creation_input_tokens: cache_write_tokens,
    cache_read_input_tokens: cached_tokens,
    cache_creation: {
      ephemeral_5m_input_tokens: Math.max(0, cache_write_tokens - longer),
      ephemeral_1h_input_tokens: longer,
    },
    output_tokens: usage?.completion_tokens ?? 0,
    output_tokens_details: reasoning_tokens === undefined ? null : { thinking_tokens: reasoning_tokens },
    server_tool_use: web_searches === undefined ? null : { web_search_requests: web_searches, web_fetch_requests: 0 },
    service_tier: isFast ? "standard" : TIERS.has(tier) ? tier : null,
    speed: isFast ? "fast" : null,
    inference_geo,
  };
}
