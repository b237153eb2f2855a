import * as z from "zod";
import { NO_ENDPOINT, type StoredTelemetry } from "../../services/traces/tenant-telemetry.ts";
import { createRouter, json, rfc3339, securedRoute } from "../router.ts";

const PATH = "/v1/telemetry";
const MAX_URL = 2_000;
const CONTENT =
  "Whether records of executions have what was asked, and spans what models were asked and what they said";

const telemetryView = z.object({
  otlp_endpoint: z.string().nullable().describe("Traces are posted to `/v1/traces` below it; null for no collector"),
  headers: z.array(z.string()).describe("Their names; values are not shown"),
  sample: z.number().describe("The share of traces that are sent, from 0 to 1; all that failed or were slow are"),
  content: z.boolean().describe(CONTENT),
  created_at: z.string().describe("When it was first set"),
  updated_at: z.string().describe("When it was last set"),
});

function toView(row: StoredTelemetry): z.infer<typeof telemetryView> {
  const { header_names: headers, sample, content, created_at, updated_at } = row;
  const otlp_endpoint = row.otlp_endpoint === NO_ENDPOINT ? null : row.otlp_endpoint;
  const times = { created_at: rfc3339(created_at), updated_at: rfc3339(updated_at) };
  return { otlp_endpoint, headers, sample, content, ...times };
}

const putTelemetry = securedRoute("admin", {
  method: "put",
  path: PATH,
  summary: "Set where the tenant's traces are sent, and whether content is recorded",
  request: {
    body: json(
      z.strictObject({
        otlp_endpoint: z
          .string()
          .min(1)
          .max(MAX_URL)
          .optional()
          .describe("An OTLP/HTTP endpoint: https, with a public host name. `/v1/traces` is appended to it"),
        headers: z.record(z.string(), z.string()).optional().describe("Sent with each request; stored encrypted"),
        sample: z
          .number()
          .min(0)
          .max(1)
          .optional()
          .describe("The share of traces to send where no caller decides; required with an `otlp_endpoint`"),
        content: z.boolean().describe(CONTENT),
      }),
      "The tenant's own collector, if it has one, and whether content is recorded. Traces of executions that failed or were slow are always sent",
    ),
  },
  responses: { 200: json(telemetryView, "Replaced"), 201: json(telemetryView, "Set") },
});

const getTelemetry = securedRoute("admin", {
  method: "get",
  path: PATH,
  summary: "Read where the tenant's traces are sent, and whether content is recorded",
  responses: { 200: json(telemetryView, "The setting, without the values of its headers") },
});

const deleteTelemetry = securedRoute("admin", {
  method: "delete",
  path: PATH,
  summary: "Send the tenant's traces nowhere, and record no content",
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
