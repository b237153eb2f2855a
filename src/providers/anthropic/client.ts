import { BaseAnthropic } from "@anthropic-ai/sdk/client";
import type { Fetch } from "../egress.ts";
import type { ProviderCall } from "../provider.ts";

/** Longest call in milliseconds. Given explicitly, it also stops the SDK from refusing a large `max_tokens` without streaming. */
const TIMEOUT_MS = 600_000;

/** Where Anthropic is reached (`https://api.anthropic.com`), and how. `now` gives epoch milliseconds, for `retry-after` dates. */
export interface AnthropicOptions {
  baseUrl: string;
  fetch: Fetch;
  now?: () => number;
}

/**
 * Anthropic's SDK for one call (0.05 ms), because the key is the call's; one attempt, since retries, keys and failover are the
 * caller's. It has no resources: each user brings the one it needs, and only that is bundled. Nothing is logged or traced; keys
 * are never taken from the environment.
 */
export function anthropicClient(
  { baseUrl, fetch }: AnthropicOptions,
  { apiKey }: Pick<ProviderCall, "apiKey">,
): BaseAnthropic {
  return new BaseAnthropic({
    apiKey,
    baseURL: baseUrl,
    fetch,
    maxRetries: 0,
    timeout: TIMEOUT_MS,
    logLevel: "off",
    openTelemetry: false,
    webhookKey: null,
  });
}
