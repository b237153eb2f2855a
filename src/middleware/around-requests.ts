import type { MiddlewareHandler } from "hono";
import type { Services } from "../deps/services.ts";
import { allowOrigins } from "./allow-origins.ts";
import { type AppEnv, beginRequest, commonHeaders } from "./context.ts";
import { dropEmptyParameters } from "./empty-parameters.ts";
import { countRequest } from "./count-requests.ts";
import { logRequest } from "./log-requests.ts";
import { addRateLimits } from "./rate-limits.ts";
import { isComplete } from "./complete-response.ts";

/**
 * What holds for every request: its variables, CORS, the headers of its response, its count and its
 * line in the log. It is one middleware, because each one costs every request a step of its own.
 */
export function aroundRequests(servicesOf: (env: Env) => Services): MiddlewareHandler<AppEnv> {
  return async function aroundRequestsMiddleware(c, next) {
    beginRequest(c, servicesOf);
    dropEmptyParameters(c);
    const reply = await allowOrigins(c, next);
    if (reply) c.res = reply;
    const response = c.res;
    if (!isComplete(response)) {
      const { headers } = response;
      addRateLimits(c, response);
      for (const [name, value] of Object.entries(commonHeaders(c))) {
        if (name !== "cache-control" || !headers.has(name)) headers.set(name, value);
      }
    }
    countRequest(c, response.status);
    logRequest(c, response.status);
  };
}
