import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import type { AppEnv } from "./context.ts";

const RATE_LIMITS = ["requests", "tokens"].flatMap((kind) =>
  ["limit", "remaining", "reset"].map((part) => `x-ratelimit-${part}-${kind}`),
);
const READABLE = [
  "x-request-id",
  "x-pbt-execution-id",
  "x-pbt-cost-usd",
  "server-timing",
  "retry-after",
  "ratelimit",
  "ratelimit-policy",
  ...RATE_LIMITS,
];

/**
 * Allows browsers of the configured origins to call. Without configured origins it sends no CORS
 * header.
 */
export function allowOrigins(): MiddlewareHandler<AppEnv> {
  const allow = cors({
    origin: (origin, c) => (c.var.services.config.corsOrigins.includes(origin) ? origin : null),
    exposeHeaders: READABLE,
  });
  return async function allowOriginsMiddleware(c, next) {
    return c.var.services.config.corsOrigins.length > 0 ? allow(c, next) : next();
  };
}
