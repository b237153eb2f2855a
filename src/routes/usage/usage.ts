import * as z from "zod";
import { invalid } from "../../domain/errors.ts";
import { USAGE_GROUPS, type UsageGroup, type UsageRow } from "../../domain/usage/usage.ts";
import { readUsage } from "../../storage/executions/usage.ts";
import { usd } from "../executions/execution-views.ts";
import { createRouter, json, nameSchema, securedRoute } from "../router.ts";

const DAY_MS = 86_400_000;
/** What is read where `from` is absent, and the most that is read at once. */
const DEFAULT_SPAN_MS = 30 * DAY_MS;
const LONGEST_SPAN_MS = 92 * DAY_MS;
const MOST_GROUPS = 10_000;

const time = z.iso.datetime({ offset: true });
const groups = z
  .string()
  .transform((text) => text.split(",").map((part) => part.trim()))
  .pipe(z.array(z.enum(USAGE_GROUPS)).min(1).max(USAGE_GROUPS.length))
  .transform((list) => [...new Set(list)]);

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

const getUsage = securedRoute("usage:read", {
  method: "get",
  path: "/v1/usage",
  summary: "What was executed, spent and saved",
  request: {
    query: z.object({
      from: time.optional().describe("30 days before `to` where absent"),
      to: time.optional().describe("Now where absent"),
      group_by: z.string().optional().describe("Several of prompt,model,provider,key,user,hour,day, by commas"),
    }),
  },
  responses: {
    200: json(z.object({ data: z.array(usageRow) }), "A row for each group; one in all without `group_by`"),
  },
});

const purge = securedRoute("prompts:write", {
  method: "delete",
  path: "/v1/cache",
  summary: "Drop a prompt's stored answers",
  request: { query: z.object({ prompt: nameSchema }) },
  responses: { 204: { description: "Dropped: here at once, elsewhere within the bound on staleness" } },
});

/** Usage with the cache's part in it, and the purging of stored answers. */
export const usageRoutes = createRouter()
  .openapi(getUsage, async (c) => {
    const { from, to, group_by } = c.req.valid("query");
    const until = to === undefined ? Date.now() + 1 : Date.parse(to);
    const since = from === undefined ? until - DEFAULT_SPAN_MS : Date.parse(from);
    if (since >= until) throw invalid([{ path: "from", message: "must be before `to`" }]);
    if (until - since > LONGEST_SPAN_MS) throw invalid([{ path: "from", message: "is more than 92 days before `to`" }]);
    const by = groupsOf(group_by);
    const query = { from: since, to: until, group_by: by, limit: MOST_GROUPS };
    const rows = await readUsage(c.var.services.shards, c.var.principal.tenant_id, query);
    if (rows.length > MOST_GROUPS) {
      throw invalid([{ path: "group_by", message: `makes more than ${MOST_GROUPS} groups: ask for a shorter time` }]);
    }
    return c.json({ data: rows.map(toView) }, 200);
  })
  .openapi(purge, async (c) => {
    await c.var.services.publishPrompt.purge(c.var.principal.tenant_id, c.req.valid("query").prompt);
    return c.body(null, 204);
  });

function groupsOf(text: string | undefined): UsageGroup[] {
  if (text === undefined) return [];
  const parsed = groups.safeParse(text);
  if (parsed.success) return parsed.data;
  throw invalid([{ path: "group_by", message: `must be some of ${USAGE_GROUPS.join(",")}` }]);
}

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
