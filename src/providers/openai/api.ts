import { APIError } from "openai/error";
import type { Fetch } from "../egress.ts";
import type { ApiFormat } from "../provider-api.ts";

/**
 * How to reach OpenAI (`https://api.openai.com/v1`). `now` returns epoch milliseconds, for
 * `retry-after` dates.
 */
export interface OpenAIOptions {
  baseUrl: string;
  fetch: Fetch;
  now?: () => number;
}

/** What all requests to OpenAI have in common. An empty key is not sent. */
export const OPENAI_FORMAT: ApiFormat = {
  credentials: (apiKey): Record<string, string> => (apiKey === "" ? {} : { authorization: `Bearer ${apiKey}` }),
  errorOf: (status, body, text, headers) => APIError.generate(status, body, body ? undefined : text, headers),
};
