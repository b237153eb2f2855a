import * as z from "zod";
import { FALSE_ALARMS_A_WEEK } from "../../domain/insights/false-alarms.ts";
import { METRICS } from "../../domain/insights/metric.ts";
import { toAnomalyData } from "../../domain/insights/told-anomalies.ts";
import { createRouter, json, promptNameSchema, rfc3339, securedRoute } from "../router.ts";
import { leftOutView, toLeftOutView } from "./insight-views.ts";

const METRIC_TEXT =
  "`rate`: executions an hour; `errors`: the share that failed; `latency`: the geometric mean, ms; " +
  "`cost`: US dollars an execution; `quality`: the mean score of feedback";

const anomalyView = z.object({
  subject: z.object({ kind: z.enum(["prompt", "model"]), name: z.string() }).describe("What it is about"),
  metric: z.enum(METRICS).describe(METRIC_TEXT),
  direction: z.enum(["up", "down"]).describe("Whether it is above or below what is expected"),
  severity: z.enum(["warning", "critical"]).describe("Critical where it is very far from what is expected"),
  since: z.string().describe("When its first hour began"),
  until: z.string().nullable().describe("When its last hour ended; null while it lasts"),
  found_at: z.string().describe("The end of the hour in which it could be told from chance"),
  worst: z
    .object({
      at: z.string().describe("When the hour began"),
      observed: z.number(),
      expected: z.number(),
      low: z.number().describe("The lower bound of the 95 % interval of what was expected"),
      high: z.number().describe("The upper bound of the 95 % interval of what was expected"),
    })
    .describe("The hour that is furthest from what was expected"),
});

const getAnomalies = securedRoute("usage:read", {
  method: "get",
  path: "/v1/insights/anomalies",
  summary: "What was unusual in the last week",
  request: {
    query: z.object({
      prompt: promptNameSchema.optional().describe("Only those of this prompt, which is examined in any case"),
      model: z.string().min(1).max(200).optional().describe("Only those of this model, or of the prompt"),
    }),
  },
  responses: {
    200: json(
      z.object({
        data: z.array(anomalyView),
        next_cursor: z.null(),
        from: z.string().describe("The time that was looked at begins here, by whole hours"),
        to: z.string().describe("And ends before this: the last hour that is complete"),
        watched_series: z.int().describe("Metrics of prompts and models that have enough data"),
        learning_series: z.int().describe("Those that have too little to say what is usual: two weeks are needed"),
        false_alarms_a_week: z
          .number()
          .describe("The most false alarms that are to be expected of all of them together"),
        left_out: leftOutView,
      }),
      `The anomalies, the newest first. All series together raise about ${FALSE_ALARMS_A_WEEK} false alarm a week`,
    ),
  },
});

/** What was unusual. */
export const anomalyRoutes = createRouter().openapi(getAnomalies, async (c) => {
  const report = await c.var.services.readAnomalies(c.var.principal.tenant_id, c.req.valid("query"));
  return c.json(
    {
      data: report.anomalies.map(toAnomalyData),
      next_cursor: null,
      from: rfc3339(report.from),
      to: rfc3339(report.to),
      watched_series: report.watched,
      learning_series: report.learning,
      false_alarms_a_week: FALSE_ALARMS_A_WEEK,
      left_out: toLeftOutView(report.left_out),
    },
    200,
  );
});
