import * as z from "zod";
import type { LimitForecast } from "../../services/insights/read-forecast.ts";
import { createRouter, json, rfc3339, securedRoute } from "../router.ts";
import { expectedView, rounded, toExpectedView } from "./insight-views.ts";

const NANOUSD_PER_USD = 1e9;
/** A limit that is to be raised should not be reached again at once. */
const RESERVE = 1.1;
const UNITS = ["requests_per_minute", "tokens_per_minute", "usd_per_day", "usd_per_month", "bytes"] as const;

const time = (text: string) => z.string().nullable().describe(text);

const limitView = z.object({
  resource: z.string().describe("`provider:<name>` (its keys), `budget:<scope>` or `storage`"),
  unit: z.enum(UNITS),
  limit: z.number(),
  most: expectedView.describe("The most that will be used at a time within the horizon"),
  exhausted_at: z
    .object({
      expected: time("When the forecast first exceeds the limit; null if not within the horizon"),
      earliest: time("When its upper bound does"),
      latest: time("When its lower bound does"),
    })
    .describe("The interval of the date of exhaustion"),
  raise_to: z.number().nullable().describe("What the limit should be: the upper bound and a tenth; null where it fits"),
  raise_before: time("By when: the earliest time of exhaustion"),
});

const dayView = z.object({
  day: z.string().describe("The 24 hours from this time on"),
  executions: expectedView,
  tokens: expectedView,
  cost_usd: expectedView,
});

const getForecast = securedRoute("usage:read", {
  method: "get",
  path: "/v1/insights/forecast",
  summary: "What will be needed, and when limits will be reached",
  request: {
    query: z.object({
      days: z.coerce.number().int().min(1).max(90).default(30).describe("How far ahead"),
    }),
  },
  responses: {
    200: json(
      z.object({
        data: z.array(limitView).describe("Limits, those that are reached first at the front"),
        next_cursor: z.null(),
        days: z.array(dayView).describe("The demand; its bounds are the sums of those of its hours"),
        learned_from: z
          .object({ from: z.string(), to: z.string() })
          .nullable()
          .describe("The hours that it was made of; null where there are less than two weeks, and then no forecast"),
        relative_error: z
          .number()
          .nullable()
          .describe("How wrong forecasts of the last weeks were, where taking the week before is 1; null if unknown"),
      }),
      "The limits, and the demand by the day",
    ),
  },
});

/** What is to come. */
export const forecastRoutes = createRouter().openapi(getForecast, async (c) => {
  const report = await c.var.services.readForecast(c.var.principal.tenant_id, c.req.valid("query").days);
  const { learned } = report;
  const soonest = report.limits.toSorted((a, b) => (a.earliest ?? Infinity) - (b.earliest ?? Infinity) || 0);
  return c.json(
    {
      data: soonest.map(toLimitView),
      next_cursor: null,
      days: report.days.map(({ at, executions, tokens, cost_nanousd }) => ({
        day: rfc3339(at),
        executions: toExpectedView(executions),
        tokens: toExpectedView(tokens),
        cost_usd: toExpectedView(cost_nanousd, NANOUSD_PER_USD),
      })),
      learned_from: learned && { from: rfc3339(learned.from), to: rfc3339(learned.to) },
      relative_error: learned?.relative_error == null ? null : rounded(learned.relative_error),
    },
    200,
  );
});

function toLimitView(forecast: LimitForecast): z.infer<typeof limitView> {
  const { resource, limit, most, expected, earliest, latest } = forecast;
  const isMoney = forecast.unit === "nanousd_per_day" || forecast.unit === "nanousd_per_month";
  const divisor = isMoney ? NANOUSD_PER_USD : 1;
  const unit = UNITS.find((name) => name === forecast.unit.replace("nanousd", "usd")) ?? "bytes";
  const timeOf = (ms: number | null) => (ms === null ? null : rfc3339(ms));
  const needed = (most.high * RESERVE) / divisor;
  return {
    resource,
    unit,
    limit: limit / divisor,
    most: toExpectedView(most, divisor),
    exhausted_at: { expected: timeOf(expected), earliest: timeOf(earliest), latest: timeOf(latest) },
    raise_to: earliest === null ? null : isMoney ? Math.ceil(needed * 100) / 100 : Math.ceil(needed),
    raise_before: timeOf(earliest),
  };
}
