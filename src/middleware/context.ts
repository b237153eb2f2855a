import type { Context } from "hono";
import type { Principal } from "../domain/tenants/api-key.ts";
import type { RateLimits } from "../domain/rate-limit-headers.ts";
import type { Services } from "../deps/services.ts";
import type { BodyHold } from "./body-room.ts";
import { startTimings, type Timings } from "../domain/executions/timings.ts";
import { continueTrace, type TraceContext, traceparentOf } from "../domain/trace-context.ts";

/** A body as it was sent, and which of the accepted types it has. */
export interface SentBody {
  /** With a byte order mark, where there is one; empty where there is no body. */
  text: string;
  type: string;
}

/** What a request met that is a fault of ours or of our storage. */
export interface RequestFault {
  fault: "storage_outage" | "unexpected";
  /** Its class and message. */
  error: string;
}

/** The bindings and variables of a request in Hono. */
export interface AppEnv {
  Bindings: Env;
  Variables: {
    request_id: string;
    timings: Timings;
    trace: TraceContext;
    services: Services;
    principal: Principal;
    /** When the session ends that its cookie shows, in Unix ms. Absent where a key was sent. */
    session_expires_at?: number;
    /** The limits for the response headers. */
    rate_limits?: RateLimits;
    /** What went wrong on our side, for the log. */
    fault?: RequestFault;
    /** The body, where the route takes one. */
    body: SentBody;
    /** The body's place, where it is given back when the answer has ended. */
    body_hold?: BodyHold;
    /** Whether the answer is still being written when its handler has returned. */
    is_streaming?: boolean;
  };
}

/** The Hono context of a request. */
export type AppContext = Context<AppEnv>;

/** How long a browser that came by https comes back by https alone. */
const YEAR_S = 31_536_000;
const SAFE_ID = /^[\w.:-]{1,128}$/;

/**
 * Sets the variables of a request. The services come last: where they cannot be built, the reply
 * that says so has the request's id.
 */
export function beginRequest(c: AppContext, servicesOf: (env: Env) => Services): void {
  const given = c.req.header("x-request-id");
  c.set("request_id", given !== undefined && SAFE_ID.test(given) ? given : crypto.randomUUID());
  c.set("timings", startTimings(readClock));
  c.set("trace", continueTrace(traceHeadersOf(c), { trace_id: randomHex(32), span_id: randomHex(16) }));
  const services = servicesOf(c.env);
  c.set("services", services);
  if (!services.place.isKnown) services.place.note(c.req.raw.cf);
}

function readClock(): number {
  return performance.now();
}

/**
 * The headers of every response: the request's id, its trace (W3C Trace Context), and what keeps
 * browsers and caches careful.
 */
export function commonHeaders(c: AppContext): Record<string, string> {
  return {
    "x-request-id": c.get("request_id"),
    traceparent: traceparentOf(c.get("trace")),
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    ...(c.req.raw.url.startsWith("https:") && { "strict-transport-security": `max-age=${YEAR_S}` }),
  };
}

function traceHeadersOf(c: AppContext) {
  return { traceparent: c.req.header("traceparent"), tracestate: c.req.header("tracestate") };
}

function randomHex(length: number): string {
  return crypto.randomUUID().replaceAll("-", "").slice(-length).padStart(length, "1");
}
