import * as z from "zod";
import type { StoredTelemetry } from "../../services/traces/tenant-telemetry.ts";
import { createRouter, json, rfc3339, securedRoute } from "../router.ts";

const PATH = "/v1/telemetry";
const MAX_URL = 2_000;

const telemetryView = z.object({
  otlp_endpoint: z.string().describe("Traces are posted to `/v1/traces` below it"),
  headers: z.array(z.string()).describe("Their names; values are not shown"),
  sample: z.number().describe("The share of traces that are sent, from 0 to 1; all that failed or were slow are"),
  content: z.boolean().describe("Whether spans have what models were asked and what they said"),
  created_at: z.string().describe("When it was first set"),
  updated_at: z.string().describe("When it was last set"),
});

function toView(row: StoredTelemetry): z.infer<typeof telemetryView> {
  const { otlp_endpoint, header_names: headers, sample, content, created_at, updated_at } = row;
  const times = { created_at: rfc3339(created_at), updated_at: rfc3339(updated_at) };
  return { otlp_endpoint, headers, sample, content, ...times };
}

const putTelemetry = securedRoute("admin", {
  method: "put",
  path: PATH,
  summary: "Set where the tenant's traces are sent",
  request: {
    body: json(
      z.strictObject({
        otlp_endpoint: z
          .string()
          .min(1)
          .max(MAX_URL)
          .describe("An OTLP/HTTP endpoint: https, with a public host name. `/v1/traces` is appended to it"),
        headers: z.record(z.string(), z.string()).optional().describe("Sent with each request; stored encrypted"),
        sample: z.number().min(0).max(1).describe("The share of traces to send where no caller decides"),
        content: z.boolean().describe("Whether spans have what models were asked and what they said"),
      }),
      "The tenant's own collector. Traces of executions that failed or were slow are always sent",
    ),
  },
  responses: { 200: json(telemetryView, "Replaced"), 201: json(telemetryView, "Set") },
});

const getTelemetry = securedRoute("admin", {
  method: "get",
  path: PATH,
  summary: "Read where the tenant's traces are sent",
  responses: { 200: json(telemetryView, "The collector, without the values of its headers") },
});

const deleteTelemetry = securedRoute("admin", {
  method: "delete",
  path: PATH,
  summary: "Send the tenant's traces nowhere",
  responses: { 204: { description: "Deleted" } },
});

/** Where tenants have their traces sent. */
export const telemetryRoutes = createRouter()
  .openapi(putTelemetry, async (c) => {
    const { row, created } = await c.var.services.telemetry.put(c.var.principal.tenant_id, c.req.valid("json"));
    return c.json(toView(row), created ? 201 : 200);
  })
  .openapi(getTelemetry, async (c) =>
    c.json(toView(await c.var.services.telemetry.get(c.var.principal.tenant_id)), 200),
  )
  .openapi(deleteTelemetry, async (c) => {
    await c.var.services.telemetry.delete(c.var.principal.tenant_id);
    return c.body(null, 204);
  });
