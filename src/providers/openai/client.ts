import type { OpenAI } from "openai";
import type { Fetch } from "../egress.ts";
import type { ProviderCall } from "../provider.ts";

/** Where OpenAI is reached (`https://api.openai.com/v1`), and how. `now` gives epoch milliseconds, for `retry-after` dates. */
export interface OpenAIOptions {
  baseUrl: string;
  fetch: Fetch;
  now?: () => number;
}

/**
 * OpenAI's SDK for one call (0.05 ms), because the key is the call's; one attempt, since retries, keys and failover are the caller's.
 * It is evaluated with the first call, not as the Worker comes up: it brings all of its resources. Nothing is logged; keys, organization and project are never taken from the environment.
 */
export async function openAIClient(
  { baseUrl, fetch }: OpenAIOptions,
  { apiKey }: Pick<ProviderCall, "apiKey">,
): Promise<OpenAI> {
  const { OpenAI } = await import("openai/client");
  return new OpenAI({
    apiKey,
    baseURL: baseUrl,
    fetch,
    maxRetries: 0,
    logLevel: "off",
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
  });
}
