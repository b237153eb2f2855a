import { BaseAnthropic } from "@anthropic-ai/sdk/client";
import type { Fetch } from "../egress.ts";
import type { ProviderCall } from "../provider.ts";

/**
 * Maximum length of a call, in milliseconds. An explicit value also lets the SDK accept a large
 * `max_tokens` without streaming.
 */
const TIMEOUT_MS = 600_000;

/**
 * How to reach Anthropic (`https://api.anthropic.com`). `now` returns epoch milliseconds, for
 * `retry-after` dates.
 */
export interface AnthropicOptions {
  baseUrl: string;
  fetch: Fetch;
  now?: () => number;
}

/**
 * Anthropic's SDK for one call, because each call has its own key (0.05 ms). It makes one attempt:
 * the caller owns retries, keys and failover. It has no resources: each user adds the one that it
 * needs, so that only those are bundled. It logs and traces nothing, and takes no key from the
 * environment. An empty key is not sent.
 */
export function anthropicClient(
  { baseUrl, fetch }: AnthropicOptions,
  { apiKey, onActivity }: Pick<ProviderCall, "apiKey" | "onActivity">,
): BaseAnthropic {
  return new BaseAnthropic({
    // Without a key the SDK would look for one elsewhere.
    apiKey: apiKey === "" ? "none" : apiKey,
    defaultHeaders: { "user-agent": "pbt-edge", ...(apiKey === "" && { authorization: null }) },
    baseURL: baseUrl,
    fetch: async (input, init) => fetch(input, init, onActivity),
    maxRetries: 0,
    timeout: TIMEOUT_MS,
    logLevel: "off",
    openTelemetry: false,
    webhookKey: null,
  });
}
