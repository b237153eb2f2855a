import type { DoorName } from "../domain/completions/relay.ts";
import { anthropicRateLimits } from "../domain/doors/messages/rate-limits.ts";
import type { AppContext } from "./context.ts";

/** The headers by which the original API of a door describes each of its replies. */
export function doorHeadersOf(c: AppContext, door: DoorName): Record<string, string> {
  if (door !== "messages") return { "openai-processing-ms": String(Math.round(c.get("timings").total())) };
  return { "request-id": c.get("request_id"), ...anthropicRateLimits(c.get("rate_limits") ?? {}, Date.now()) };
}
