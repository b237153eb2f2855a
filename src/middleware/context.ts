import type { Context, MiddlewareHandler } from "hono";
import type { Principal } from "../domain/tenants/api-key.ts";
import type { RateLimits } from "../domain/rate-limit-headers.ts";
import type { Services } from "../deps/services.ts";
import { startTimings, type Timings } from "../domain/executions/timings.ts";

/** The bindings and variables of a request in Hono. */
export interface AppEnv {
  Bindings: Env;
  Variables: {
    request_id: string;
    timings: Timings;
    services: Services;
    principal: Principal;
    /** The limits for the response headers. */
    rate_limits?: RateLimits;
    /** The body of the request as text, including a byte order mark; empty if there is none. */
    body: string;
  };
}

/** The Hono context of a request. */
export type AppContext = Context<AppEnv>;

/** How long a browser that came by https comes back by https alone. */
const YEAR_S = 31_536_000;
const SAFE_ID = /^[\w.:-]{1,128}$/;
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/**
 * Sets the variables of a request, and adds its id, its trace (W3C Trace Context) and the default
 * headers to the response.
 */
export function requestContext(servicesOf: (env: Env) => Services): MiddlewareHandler<AppEnv> {
  return async function requestContextMiddleware(c, next) {
    const given = c.req.header("x-request-id");
    const requestId = given !== undefined && SAFE_ID.test(given) ? given : crypto.randomUUID();
    c.set("request_id", requestId);
    c.set(
      "timings",
      startTimings(() => performance.now()),
    );
    c.set("services", servicesOf(c.env));
    c.set("body", "");
    await next();
    // Not `c.header`: it creates a new response with each call once there is a response.
    const { headers } = c.res;
    headers.set("x-request-id", requestId);
    headers.set("traceparent", continueTrace(c.req.header("traceparent")));
    headers.set("x-content-type-options", "nosniff");
    if (c.req.url.startsWith("https:")) headers.set("strict-transport-security", `max-age=${YEAR_S}`);
    if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
  };
}

function continueTrace(given: string | undefined): string {
  const [, trace, , flags] = TRACEPARENT.exec(given ?? "") ?? [];
  const valid = trace !== undefined && !/^0+$/.test(trace);
  return `00-${valid ? trace : randomHex(32)}-${randomHex(16)}-${valid ? flags : "00"}`;
}

function randomHex(length: number): string {
  return crypto.randomUUID().replaceAll("-", "").slice(-length).padStart(length, "1");
}
