import type { OpenAI } from "openai";
import type { Fetch } from "../egress.ts";
import type { ProviderCall } from "../provider.ts";

/**
 * How to reach OpenAI (`https://api.openai.com/v1`). `now` returns epoch milliseconds, for
 * `retry-after` dates.
 */
export interface OpenAIOptions {
  baseUrl: string;
  fetch: Fetch;
  now?: () => number;
}

/**
 * OpenAI's SDK for one call, because each call has its own key (0.05 ms). It makes one attempt: the
 * caller owns retries, keys and failover. It is imported with the first call and not at start-up,
 * because it includes all resources. It logs nothing, and takes no key, organization or project
 * from the environment. An empty key is not sent.
 */
export async function openAIClient(
  { baseUrl, fetch }: OpenAIOptions,
  { apiKey, onActivity }: Pick<ProviderCall, "apiKey" | "onActivity">,
): Promise<OpenAI> {
  const { OpenAI } = await import("openai/client");
  return new OpenAI({
    // The SDK insists on a key.
    apiKey: apiKey === "" ? "none" : apiKey,
    defaultHeaders: { "user-agent": "pbt-edge", ...(apiKey === "" && { authorization: null }) },
    baseURL: baseUrl,
    fetch: async (input, init) => fetch(input, init, onActivity),
    maxRetries: 0,
    logLevel: "off",
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
  });
}
