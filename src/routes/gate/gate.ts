import * as z from "zod";
import { KEY_STRATEGIES } from "../../domain/gate/protocol/key-strategy.ts";
import { createRouter, json, nameSchema, securedRoute } from "../router.ts";

const bucket = z.object({ limit: z.number().nullable(), used: z.number() });

const breakerView = z.object({
  model: z.string(),
  state: z.enum(["closed", "open", "half_open"]),
  passes: z.int().describe("In a row, of the two that close it: checks while open, calls while half open"),
  check_in_ms: z.number().nullable().describe("Until the next check while open; null where none is awaited"),
  cool_in_ms: z.number().optional().describe("How long the model's own limit still rests it"),
});

const keyView = z.object({
  name: z.string(),
  api_key: z.string().describe("Redacted: the last four characters"),
  weight: z.int(),
  status: z.enum(["ok", "cooling", "parked"]),
  parked_for: z.enum(["credentials", "quota"]).nullable().describe("Why the provider refused the key"),
  ready_in_ms: z.number(),
  requests: bucket.describe("In the last minute, what is lent out included"),
  tokens: bucket,
  concurrency: bucket.describe("Calls at a time, what is lent out included"),
  ttft_ms: z.number().nullable(),
  latency_ms: z.number().nullable(),
  breakers: z.array(breakerView),
});

const laneView = z.object({
  concurrency: z.int(),
  in_flight: z.int(),
  waiting: z.int(),
  oldest_wait_ms: z.number(),
});

const gateView = z.object({
  provider: nameSchema,
  strategy: z.enum(KEY_STRATEGIES).describe("How a key is chosen among those with room"),
  concurrency: bucket.describe("Calls at a time of all keys together, what is lent out included"),
  tests: bucket.describe("The same for test runs"),
  keys: z.array(keyView),
  lanes: z.object({ high: laneView, standard: laneView, batch: laneView }),
  leases: z.int(),
});

const getGate = securedRoute("admin", {
  method: "get",
  path: "/v1/gate",
  summary: "The gates to the providers, live: keys, limits, lanes and breakers",
  responses: { 200: json(z.object({ data: z.array(gateView) }), "A gate for each provider that has a key") },
});

/** `GET /v1/gate`: the live state of a tenant's provider gates. */
export const gateRoutes = createRouter().openapi(getGate, async (c) => {
  const data = await c.var.services.readGate(c.var.principal.tenant_id);
  return c.json({ data }, 200);
});
