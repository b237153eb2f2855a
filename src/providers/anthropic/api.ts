import { APIError } from "@anthropic-ai/sdk/error";
import type { Fetch } from "../egress.ts";
import type { ApiFormat } from "../provider-api.ts";

/** The API version of the SDK, whose types the requests have. */
const API_VERSION = "2026-10-21";

/**
 * How to reach Anthropic (`https://api.anthropic.com`). `now` returns epoch milliseconds, for
 * `retry-after` dates.
 */
export interface AnthropicOptions {
  baseUrl: string;
  fetch: Fetch;
  now?: () => number;
}

/** What all requests to Anthropic have in common. An empty key is not sent. */
export const ANTHROPIC_FORMAT: ApiFormat = {
  credentials: (apiKey) => ({
    "anthropic-version": API_VERSION,
    ...(apiKey !== "" && { authorization: `Bearer ${apiKey}` }),
  }),
  errorOf: (status, body, text, headers) => APIError.generate(status, body, body ? undefined : text, headers),
};
