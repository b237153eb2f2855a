import type { WireFailure } from "./wire.ts";

interface ErrorWords {
  type: string;
  code: string | null;
  message: string;
}

/** Errors by status; https://platform.openai.com/docs/guides/error-codes. */
const WORDS: Record<number, ErrorWords> = {
  400: { type: "invalid_request_error", code: null, message: "Invalid request." },
  401: { type: "invalid_request_error", code: "invalid_api_key", message: "Incorrect API key provided." },
  403: {
    type: "request_forbidden",
    code: "unsupported_country_region_territory",
    message: "Country, region, or territory not supported.",
  },
  404: {
    type: "invalid_request_error",
    code: "model_not_found",
    message: "The model does not exist or you do not have access to it.",
  },
  413: { type: "invalid_request_error", code: null, message: "Maximum content size limit exceeded." },
  429: { type: "requests", code: "rate_limit_exceeded", message: "Rate limit reached. Please try again later." },
  503: {
    type: "service_unavailable",
    code: null,
    message: "The engine is currently overloaded, please try again later.",
  },
};
const SERVER_ERROR: ErrorWords = {
  type: "server_error",
  code: null,
  message: "The server had an error while processing your request. Sorry about that!",
};

/** OpenAI's error body. An empty `code` in the failure becomes null. */
export function openaiError(failure: WireFailure): { error: ErrorWords & { param: string | null } } {
  const words =
    WORDS[failure.status] ?? (failure.status < 500 ? { ...SERVER_ERROR, type: "invalid_request_error" } : SERVER_ERROR);
  const type = failure.type ?? (failure.code === "insufficient_quota" ? "insufficient_quota" : words.type);
  const code = failure.code === "" ? null : (failure.code ?? words.code);
  return { error: { message: failure.message ?? words.message, type, param: failure.param ?? null, code } };
}
