import * as z from "zod";
import { type BudgetState, DEFAULT_ALERTS, nanousdOf } from "../../domain/budgets/budget.ts";
import { BUDGET_WINDOWS } from "../../domain/budgets/budget-window.ts";
import { promptNameSchema } from "../../domain/name.ts";
import { usd } from "../executions/execution-views.ts";
import { createRouter, json, rfc3339, securedRoute } from "../router.ts";

const MAX_USD = 1_000_000;
const limit = z.number().min(0).max(MAX_USD).optional();

const scope = z
  .string()
  .max(160)
  .refine(isScope, "must be `tenant`, `key:<id>` or `prompt:<name>`")
  .describe("`tenant`, `key:<id>` or `prompt:<name>`");
const budgetPath = z.object({ scope });

function isScope(text: string): boolean {
  const [kind = "", ...rest] = text.split(":");
  const name = rest.join(":");
  return (
    text === "tenant" ||
    (kind === "key" && /^key_[0-9a-f-]{1,60}$/.test(name)) ||
    (kind === "prompt" && promptNameSchema.safeParse(name).success)
  );
}

const budgetView = z.object({
  scope: z.string(),
  daily_usd: z.number().nullable(),
  monthly_usd: z.number().nullable(),
  alerts: z.array(z.number()),
});

const stateView = z.object({
  scope: z.string(),
  window: z.enum(BUDGET_WINDOWS).describe("A day or a month of UTC"),
  limit_usd: z.number(),
  spent_usd: z.number(),
  reserved_usd: z.number().describe("Reserved for calls under way, or lent for calls to come"),
  remaining_usd: z.number(),
  resets_at: z.string(),
});

const putBudget = securedRoute("admin", {
  method: "put",
  path: "/v1/budgets/{scope}",
  summary: "Set what a tenant, a key or a prompt may spend",
  request: {
    params: budgetPath,
    body: json(
      z
        .strictObject({
          daily_usd: limit,
          monthly_usd: limit,
          alerts: z
            .array(z.number().gt(0).max(1))
            .max(10)
            .default([...DEFAULT_ALERTS])
            .describe("Shares of a limit at which an alert is due, once in each window"),
        })
        .refine(({ daily_usd, monthly_usd }) => daily_usd !== undefined || monthly_usd !== undefined, {
          path: ["monthly_usd"],
          message: "or `daily_usd` is needed",
        }),
      "The limits in US dollars",
    ),
  },
  responses: { 200: json(budgetView, "Replaced"), 201: json(budgetView, "Set") },
});

const listBudgets = securedRoute("usage:read", {
  method: "get",
  path: "/v1/budgets",
  summary: "How every budget stands in each of its windows",
  responses: { 200: json(z.object({ data: z.array(stateView), next_cursor: z.null() }), "The budgets") },
});

const deleteBudget = securedRoute("admin", {
  method: "delete",
  path: "/v1/budgets/{scope}",
  summary: "Remove a budget",
  request: { params: budgetPath },
  responses: { 204: { description: "Removed" } },
});

/** What tenants, keys and prompts may spend. */
export const budgetRoutes = createRouter()
  .openapi(putBudget, async (c) => {
    const { scope: of } = c.req.valid("param");
    const { daily_usd, monthly_usd, alerts } = c.req.valid("json");
    const budget = {
      scope: of,
      daily_nanousd: nanousdOf(daily_usd),
      monthly_nanousd: nanousdOf(monthly_usd),
      alerts: [...new Set(alerts)].toSorted((a, b) => a - b),
    };
    const isNew = await c.var.services.setBudget(c.var.principal.tenant_id, budget);
    const view = { ...budget, daily_usd: daily_usd ?? null, monthly_usd: monthly_usd ?? null };
    return c.json(budgetView.parse(view), isNew ? 201 : 200);
  })
  .openapi(listBudgets, async (c) => {
    const states = await c.var.services.listBudgets(c.var.principal.tenant_id);
    return c.json({ data: states.map(toView), next_cursor: null }, 200);
  })
  .openapi(deleteBudget, async (c) => {
    await c.var.services.removeBudget(c.var.principal.tenant_id, c.req.valid("param").scope);
    return c.body(null, 204);
  });

function toView({ limit: most, spent, reserved, resets_at, ...of }: BudgetState): z.infer<typeof stateView> {
  return {
    ...of,
    limit_usd: usd(most) ?? 0,
    spent_usd: usd(spent) ?? 0,
    reserved_usd: usd(reserved) ?? 0,
    remaining_usd: usd(Math.max(0, most - spent - reserved)) ?? 0,
    resets_at: rfc3339(resets_at),
  };
}
