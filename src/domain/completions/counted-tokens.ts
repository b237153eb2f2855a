import type { ProviderName, Usage } from "./completion.ts";

/**
 * The tokens of a call that count towards its provider's limits a minute.
 * Anthropic does not count what its cache served (`cache_read_input_tokens`); it counts uncached
 * input, cache writes and output. OpenAI counts all. Source: platform.claude.com/docs/en/api/
 * rate-limits, "Cache-aware ITPM": true of all models but Haiku 3.5 and older ones, which are
 * retired.
 */
export function countedTokens(provider: ProviderName, usage: Usage): number {
  const uncounted = provider === "anthropic" ? Math.min(usage.cached_tokens ?? 0, usage.prompt_tokens) : 0;
  return usage.total_tokens - uncounted;
}
