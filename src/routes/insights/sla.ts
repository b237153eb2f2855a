import * as z from "zod";
import type { Compliance, MeasuredCompliance } from "../../domain/insights/compliance.ts";
import type { LatencyOfTime } from "../../domain/insights/latencies-over-time.ts";
import { BURN_WINDOWS, type BurnWindow, type PromptSla } from "../../services/insights/read-sla.ts";
import { createRouter, json, promptNameSchema, rfc3339, securedRoute, timeSchema } from "../router.ts";
import { leftOutView, rounded, toLeftOutView } from "./insight-views.ts";

const share = (text: string) => z.number().nullable().describe(text);

const measuredView = z.object({
  availability: share("The share that did not fail; failures that the caller caused are left out; null of none"),
  within_latency: share("The share that took no longer than the objective allows; null of none"),
  latency_ms: share("The time within which the share of the objective's percentile was answered"),
  availability_burn: share("How fast the allowed failures are used up: 1 is just as fast as is allowed"),
  latency_burn: share("The same for executions that took too long"),
});

const complianceView = z.object({
  executions: z.int(),
  measured: measuredView,
  without_provider: measuredView.describe("As if no provider had failed, and as if their calls had taken no time"),
});

const slaView = z.object({
  prompt: z.string(),
  objective: z.object({
    availability: z.number(),
    percentile: z.number().describe("The share that must be answered within `latency_ms`"),
    latency_ms: z.number(),
    source: z.enum(["prompt", "default"]).describe("Whether the prompt's `metadata.sla` gives it"),
    ignored: z.array(z.string()).describe("Fields of `metadata.sla` that are no objective"),
  }),
  ...complianceView.shape,
  burn: z
    .object({ "1h": complianceView, "6h": complianceView, "3d": complianceView })
    .describe("The same for the last hours, each with the one under way"),
  satisfaction: z
    .array(
      z.object({
        version: z.int(),
        ratings: z.int(),
        score: z.number().describe("The mean, from 0 to 1"),
        low: z.number().describe("The lower bound of its 95 % interval (Wilson)"),
        high: z.number().describe("The upper bound of its 95 % interval (Wilson)"),
      }),
    )
    .describe("The feedback on executions that started in the time, the newest version first"),
});

const latencyView = z.object({
  at: z.string().describe("When the hour or the day began"),
  executions: z.int(),
  p50_ms: share("The median; null where all were of the batch lane"),
  p95_ms: share("The time that 95 of 100 did not exceed"),
  p99_ms: share("The time that 99 of 100 did not exceed"),
});

const getSla = securedRoute("usage:read", {
  method: "get",
  path: "/v1/insights/sla",
  summary: "How prompts keep their objectives, and what end users think of them",
  request: {
    query: z.object({
      prompt: promptNameSchema.optional().describe("Only this one"),
      from: timeSchema.optional().describe("30 days before `to` where absent; hours count whole"),
      to: timeSchema.optional().describe("Now where absent"),
      over_time: z
        .enum(["hour", "day"])
        .optional()
        .describe("Tells latencies by the hour or by the day of UTC, of all executions or of those of `prompt`"),
    }),
  },
  responses: {
    200: json(
      z.object({
        data: z.array(slaView),
        next_cursor: z.null(),
        from: z.string().describe("The time that is measured begins here"),
        to: z.string().describe("And ends before this"),
        left_out: leftOutView,
        over_time: z
          .array(latencyView)
          .optional()
          .describe("Where it was asked for; times without an execution are left out"),
      }),
      "The prompts with the most executions, those first",
    ),
  },
});

/** How objectives are kept. */
export const slaRoutes = createRouter().openapi(getSla, async (c) => {
  const { prompt, from, to, over_time } = c.req.valid("query");
  const report = await c.var.services.readSla(c.var.principal.tenant_id, {
    prompt,
    over_time,
    from: from === undefined ? undefined : Date.parse(from),
    to: to === undefined ? undefined : Date.parse(to),
  });
  return c.json(
    {
      data: report.prompts.map(toView),
      next_cursor: null,
      from: rfc3339(report.from),
      to: rfc3339(report.to),
      left_out: toLeftOutView(report.left_out),
      ...(report.over_time && { over_time: report.over_time.map(toLatencyView) }),
    },
    200,
  );
});

function toLatencyView({ at, executions, ...times }: LatencyOfTime): z.infer<typeof latencyView> {
  return {
    at: rfc3339(at),
    executions,
    p50_ms: times.p50_ms === null ? null : rounded(times.p50_ms),
    p95_ms: times.p95_ms === null ? null : rounded(times.p95_ms),
    p99_ms: times.p99_ms === null ? null : rounded(times.p99_ms),
  };
}

function toView({ prompt, objective, burn, satisfaction, ...overall }: PromptSla): z.infer<typeof slaView> {
  const windows = Object.keys(BURN_WINDOWS) as BurnWindow[];
  return {
    prompt,
    objective,
    ...toComplianceView(overall),
    burn: Object.fromEntries(windows.map((window) => [window, toComplianceView(burn[window])])) as Record<
      BurnWindow,
      z.infer<typeof complianceView>
    >,
    satisfaction: satisfaction.map(({ score, low, high, ...each }) => ({
      ...each,
      score: rounded(score),
      low: rounded(low),
      high: rounded(high),
    })),
  };
}

function toComplianceView({ executions, measured, without_provider }: Compliance): z.infer<typeof complianceView> {
  return {
    executions,
    measured: toMeasuredView(measured),
    without_provider: toMeasuredView(without_provider),
  };
}

function toMeasuredView(measured: MeasuredCompliance): z.infer<typeof measuredView> {
  const shown = Object.entries(measured).map(([name, value]: [string, number | null]) => [
    name,
    value === null ? null : rounded(value),
  ]);
  return Object.fromEntries(shown) as MeasuredCompliance;
}
