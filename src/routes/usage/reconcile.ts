import * as z from "zod";
import { PROVIDERS } from "../../domain/completions/completion.ts";
import type { ReconcileReport } from "../../services/usage/reconcile-usage.ts";
import { createRouter, json, rfc3339, securedRoute } from "../router.ts";

const NANOUSD_PER_USD = 1e9;

const difference = z.object({
  from: z.string(),
  to: z.string(),
  model: z.string().describe("Without the date of its snapshot"),
  kind: z.string().describe("Of token, or `web_search`"),
  ours: z.number(),
  theirs: z.number(),
  difference: z.number().describe("What the provider counts more than we do; negative where it is less"),
  uncounted_calls: z.int().describe("Our calls to the model in this time whose usage the provider did not tell us"),
});

const answer = z.object({
  data: z.array(difference),
  unit: z
    .enum(["tokens", "usd"])
    .describe("Of a usage export: tokens, or uses of a tool; of a cost export: US dollars"),
  compared: z.object({
    from: z.string(),
    to: z.string(),
    models: z.array(z.string()),
    calls: z.int().describe("Our calls, failed and repeated ones and those of batches included"),
    uncounted_calls: z.int().describe("Calls that the provider may have billed without telling us their usage"),
    complete_until: z.string().nullable().describe("Of later executions, only those that have ended are counted"),
  }),
  not_compared: z.array(
    z.object({
      from: z.string(),
      to: z.string(),
      item: z.string().nullable(),
      reason: z
        .enum(["older_records", "no_price", "not_tokens"])
        .describe(
          "Records from before calls were counted; our calls have no price; the item is about no model's tokens",
        ),
    }),
  ),
});

const reconcile = securedRoute("usage:read", {
  method: "post",
  path: "/v1/usage/reconcile",
  summary: "Compare what was counted here with a provider's usage or cost export",
  request: {
    body: json(
      z.strictObject({
        provider: z.enum(PROVIDERS),
        rows: z
          .array(z.looseObject({}))
          .min(1)
          .max(2_300)
          .describe("Buckets of the export, or its pages, as the provider's API gives them"),
      }),
      "The export, with buckets of whole hours or days, grouped by model (usage), line item or description (costs)",
    ),
  },
  responses: { 200: json(answer, "The differences, and what was compared") },
});

/** The comparison with what the providers bill. */
export const reconcileRoutes = createRouter().openapi(reconcile, async (c) => {
  const report = await c.var.services.reconcileUsage(c.var.principal.tenant_id, c.req.valid("json"));
  return c.json(toView(report), 200);
});

function toView(report: ReconcileReport): z.infer<typeof answer> {
  const { unit, from, to, models, calls, uncounted_calls, complete_until } = report;
  const amount = (number: number) => (unit === "usd" ? Math.round(number) / NANOUSD_PER_USD : number);
  const times = (of: { from: number; to: number }) => ({ from: rfc3339(of.from), to: rfc3339(of.to) });
  return {
    data: report.differences.map(({ ours, theirs, ...each }) => ({
      ...each,
      ...times(each),
      ours: amount(ours),
      theirs: amount(theirs),
      difference: amount(theirs - ours),
    })),
    unit,
    compared: {
      ...times({ from, to }),
      models,
      calls,
      uncounted_calls,
      complete_until: complete_until === null ? null : rfc3339(complete_until),
    },
    not_compared: report.not_compared.map((each) => ({ ...each, ...times(each) })),
  };
}
