import * as z from "zod";
import { LANES } from "../../domain/lane.ts";
import { USAGE_GROUPS, type UsageRow } from "../../domain/usage/usage.ts";
import { ORDER_SUMS, type UsageOrder } from "../../domain/usage/usage-selection.ts";
import { usd } from "../executions/execution-views.ts";
import { createRouter, nameSchema, promptNameSchema, rfc3339, securedRoute, timeSchema } from "../router.ts";
import { toUsageCsv } from "./usage-csv.ts";

const usageRow = z.looseObject({
  executions: z.int(),
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
  cost_usd: z.number(),
  saved_usd: z.number(),
  errors: z.int(),
  cache: z
    .object({
      hits: z.object({ memory: z.int(), edge: z.int(), kv: z.int(), flight: z.int() }),
      saved_tokens: z.int(),
    })
    .describe("Answers that no call was made for, by where they came from, and the tokens that were not spent on them"),
});

const usageAnswer = z.object({
  data: z.array(usageRow),
  from: z.string().describe("The time that is covered begins here; earlier than asked for where old hours are whole"),
  to: z.string().describe("And ends before this"),
  complete_until: z
    .string()
    .nullable()
    .describe("All executions that started before are counted; of later ones, those that have ended"),
});

const ORDERS = ORDER_SUMS.flatMap((name): UsageOrder[] => [name, `-${name}`]);

const getUsage = securedRoute("usage:read", {
  method: "get",
  path: "/v1/usage",
  summary: "What was executed, spent and saved",
  request: {
    query: z.object({
      from: timeSchema.optional().describe("30 days before `to` where absent"),
      to: timeSchema.optional().describe("Now where absent: everything counts so far"),
      group_by: z.string().optional().describe(`Several of ${USAGE_GROUPS.join()}, by commas`),
      prompt: promptNameSchema.optional().describe("Only executions of this prompt; so with the names that follow"),
      version: z.coerce.number().int().min(1).optional(),
      label: nameSchema.optional(),
      model: z.string().max(256).optional(),
      provider: z.string().max(128).optional(),
      key: z.string().max(64).optional().describe("The id of the API key"),
      user: z.string().max(256).optional(),
      tag: z.string().max(128).optional(),
      lane: z.enum(LANES).optional(),
      order: z
        .enum(ORDERS)
        .optional()
        .describe("By a sum, the least first, or with a minus the greatest; by the groups where absent"),
      limit: z.coerce.number().int().min(1).max(10_000).optional().describe("The most rows; all where absent"),
      format: z.enum(["json", "csv"]).optional().describe("json where absent"),
    }),
  },
  responses: {
    200: {
      description: "A row for each group; one in all without `group_by`",
      content: { "application/json": { schema: usageAnswer }, "text/csv": { schema: z.string() } },
    },
  },
});

const purge = securedRoute("prompts:write", {
  method: "delete",
  path: "/v1/cache",
  summary: "Drop a prompt's stored answers",
  request: { query: z.object({ prompt: promptNameSchema }) },
  responses: { 204: { description: "Dropped: here at once, elsewhere within the bound on staleness" } },
});

/** Usage, including what the cache saved, and the purge of stored answers. */
export const usageRoutes = createRouter()
  .openapi(getUsage, async (c) => {
    const { from, to, group_by, format, order, limit, ...filter } = c.req.valid("query");
    const report = await c.var.services.readUsage(c.var.principal.tenant_id, {
      from: from === undefined ? undefined : Date.parse(from),
      to: to === undefined ? undefined : Date.parse(to),
      group_by,
      filter,
      order,
      limit,
    });
    const data = report.rows.map(toView);
    const complete_until = report.complete_until === null ? null : rfc3339(report.complete_until);
    if (format === "csv") {
      if (complete_until !== null) c.header("x-pbt-complete-until", complete_until);
      return c.body(toUsageCsv(report.groups, data), 200, { "content-type": "text/csv; charset=utf-8" });
    }
    return c.json({ data, from: rfc3339(report.from), to: rfc3339(report.to), complete_until }, 200);
  })
  .openapi(purge, async (c) => {
    await c.var.services.purgeAnswers(c.var.principal.tenant_id, c.req.valid("query").prompt);
    return c.body(null, 204);
  });

function toView({ groups: values, ...row }: UsageRow): z.infer<typeof usageRow> {
  const { memory_hits: memory, edge_hits: edge, kv_hits: kv, flight_hits: flight, saved_tokens } = row;
  return {
    ...values,
    executions: row.executions,
    prompt_tokens: row.prompt_tokens,
    completion_tokens: row.completion_tokens,
    total_tokens: row.prompt_tokens + row.completion_tokens,
    cost_usd: usd(row.cost_nanousd) ?? 0,
    saved_usd: usd(row.saved_nanousd) ?? 0,
    errors: row.errors,
    cache: { hits: { memory, edge, kv, flight }, saved_tokens },
  };
}
