import type { Next } from "hono";
import { cors } from "hono/cors";
import type { AppContext } from "./context.ts";

const RATE_LIMITS = ["requests", "tokens"].flatMap((kind) =>
  ["limit", "remaining", "reset"].map((part) => `x-ratelimit-${part}-${kind}`),
);
/**
 * What the official clients read of a reply, in a browser too: its id, its limits, and when to come
 * back.
 */
const READ_BY_CLIENTS = [
  "request-id",
  "openai-processing-ms",
  "retry-after-ms",
  "x-should-retry",
  ...["requests", "tokens"].flatMap((kind) =>
    ["limit", "remaining", "reset"].map((part) => `anthropic-ratelimit-${kind}-${part}`),
  ),
];
const READABLE = [
  "x-request-id",
  "x-pbt-execution-id",
  "x-pbt-cost-usd",
  "x-pbt-bookmark",
  "server-timing",
  "retry-after",
  "ratelimit",
  "ratelimit-policy",
  ...RATE_LIMITS,
  ...READ_BY_CLIENTS,
];

/**
 * Allows browsers of the configured origins to call. Without configured origins it sends no CORS
 * header. Returns a reply only where it is the whole answer.
 */
export async function allowOrigins(c: AppContext, next: Next): Promise<Response | void> {
  if (c.get("services").config.corsOrigins.length > 0) return allow(c, next);
  await next();
}

const allow = cors({
  origin: (origin, c: AppContext) => (c.get("services").config.corsOrigins.includes(origin) ? origin : null),
  exposeHeaders: READABLE,
});
