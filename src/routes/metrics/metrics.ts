import * as z from "zod";
import { EXPOSITION_TYPE } from "../../domain/metrics/exposition.ts";
import { LIVE_SUMS, sumsIn, timesIn } from "../../domain/metrics/live-totals.ts";
import { sseEvent } from "../../lib/sse.ts";
import { streamOf } from "../../lib/stream-of.ts";
import type { LiveEvent, LivePoint } from "../../services/metrics/follow-metrics.ts";
import { createRouter, rfc3339, securedRoute } from "../router.ts";

const getMetrics = securedRoute("usage:read", {
  method: "get",
  path: "/metrics",
  summary: "Metrics in the text format of Prometheus",
  description: "A tenant's key is told the metrics of its tenant, the root key those of the whole deployment.",
  "x-accepts-root": true,
  responses: {
    200: { description: "The metrics", content: { "text/plain": { schema: z.string() } } },
  },
});

const followLive = securedRoute("usage:read", {
  method: "get",
  path: "/v1/metrics/live",
  summary: "What happens now, as server-sent events",
  description: `\`history {points}\` with the last minutes, then \`update\` at least twice a second: \`at\`, \`ms\`, the sums ${LIVE_SUMS.join(", ").replaceAll("_nanousd", "_usd")} of these \`ms\`, \`active\` by lane, and \`duration\`, \`first_token\` and \`overhead\` of the last minute as \`{p50, p95, p99}\` in ms. A comment instead of an update says that nothing is known now. After five minutes the stream ends: connect again. At most 20 streams of a tenant are open.`,
  responses: { 200: { description: "The events", content: { "text/event-stream": { schema: z.string() } } } },
});

/** `GET /metrics` for Prometheus, and `GET /v1/metrics/live` for pages. */
export const metricsRoutes = createRouter()
  .openapi(getMetrics, async (c) => {
    const text = await c.var.services.readMetrics(c.get("principal")?.tenant_id ?? null);
    return c.body(text, 200, { "content-type": EXPOSITION_TYPE });
  })
  .openapi(followLive, async (c) => {
    const events = await c.var.services.followMetrics(c.var.principal.tenant_id);
    c.header("content-type", "text/event-stream; charset=utf-8");
    return c.body(streamOf(events, encodeEvent), 200);
  });

const SILENCE = new TextEncoder().encode(": nothing is known now\n\n");

function encodeEvent(event: LiveEvent): Uint8Array {
  if (event.type === "silence") return SILENCE;
  if (event.type === "history") return sseEvent("history", { points: event.points.map(toView) });
  const { point, minute, active } = event;
  return sseEvent("update", { ...toView(point), active, ...timesIn(minute) });
}

function toView({ at, ms, totals }: LivePoint) {
  const { cost_nanousd, saved_nanousd, ...sums } = sumsIn(totals);
  return { at: rfc3339(at), ms, ...sums, cost_usd: cost_nanousd / 1e9, saved_usd: saved_nanousd / 1e9 };
}
