import * as z from "zod";
import { AppError } from "../../domain/errors.ts";
import { GOALS } from "../../domain/optimizations/optimization.ts";
import { LEVELS } from "../../domain/optimizations/shorten-text.ts";
import { RUN_STATUSES } from "../../domain/runs/run.ts";
import { allows, type Principal } from "../../domain/tenants/api-key.ts";
import { testCaseSchema } from "../../domain/tests/test-case.ts";
import { traceOf } from "../../middleware/trace.ts";
import { replayHeaders } from "../executions/execution-headers.ts";
import { createRouter, json, nameSchema, pageOf, pageQuery, promptNameSchema, securedRoute } from "../router.ts";
import {
  optimizationSummaryView,
  optimizationView,
  toOptimizationSummary,
  toOptimizationView,
} from "./optimization-views.ts";

const MAX_TESTS = 200;

const optimizeBody = z.strictObject({
  goal: z.enum(GOALS).describe("Fewer tokens at no lower pass rate, or a higher score"),
  max_cost_usd: z.number().positive().max(1_000_000).describe("What all executions cost at most"),
  min_saving: z.number().min(0).max(0.95).default(0.3).describe("For `tokens`: the least share to save"),
  margin: z.number().min(0.01).max(0.2).default(0.05).describe("The largest loss of pass rate that counts as none"),
  level: z
    .enum(LEVELS)
    .default("telegraphic")
    .describe("The boldest of the fixed passes to try; with `safe` no example is left out, either"),
  reflections: z.int().min(0).max(20).default(4).describe("Candidates that a model proposes"),
  repeat: z
    .int()
    .min(1)
    .max(400)
    .optional()
    .describe("How often each test is tried to confirm a candidate; by default as often as the margin needs"),
  tests: z
    .union([z.literal(true), z.array(testCaseSchema).min(1).max(MAX_TESTS)])
    .optional()
    .describe("The version's own, or these"),
  version: z.int().min(1).optional().describe("The version to begin with"),
  label: nameSchema.optional().describe("The label whose version to begin with, in place of `version`"),
});

const optimize = securedRoute("executions:write", {
  method: "post",
  path: "/v1/prompts/{name}/optimize",
  summary: "Look for a shorter or better version of a prompt",
  description: "Needs the scope `prompts:write`, too: what its tests show to be as good is published, without a label.",
  request: {
    params: z.object({ name: promptNameSchema.describe("The prompt") }),
    headers: z.object({
      "idempotency-key": z
        .string()
        .optional()
        .describe("The same key and body give the first optimisation again for a day"),
    }),
    body: json(optimizeBody, "What to look for, and what it may cost"),
  },
  responses: { 202: json(optimizationView, "The optimisation, which goes on; `Location` has its address") },
});

const optimizationPath = z.object({ id: z.string().max(64).describe("The id of the optimisation") });

const getOptimization = securedRoute("executions:read", {
  method: "get",
  path: "/v1/optimizations/{id}",
  summary: "Read an optimisation",
  request: { params: optimizationPath },
  responses: { 200: json(optimizationView, "The optimisation, with what it found so far") },
});

const listOptimizations = securedRoute("executions:read", {
  method: "get",
  path: "/v1/optimizations",
  summary: "List optimisations, newest first",
  request: {
    query: pageQuery.extend({
      prompt: promptNameSchema.optional().describe("Only those of this prompt"),
      status: z.enum(RUN_STATUSES).optional().describe("Only those that stand so"),
    }),
  },
  responses: { 200: json(pageOf(optimizationSummaryView), "A page of optimisations") },
});

const cancelOptimization = securedRoute("executions:write", {
  method: "post",
  path: "/v1/optimizations/{id}/cancel",
  summary: "Cancel an optimisation: nothing further is executed or published",
  request: { params: optimizationPath },
  responses: { 200: json(optimizationView, "The optimisation; one that had ended is as it was") },
});

/** The routes of optimisations. */
export const optimizationRoutes = createRouter()
  .openapi(optimize, async (c) => {
    requirePublisher(c.var.principal);
    const { tenant_id, key_id } = c.var.principal;
    const { version, label, ...asked } = c.req.valid("json");
    const prompt = { name: c.req.valid("param").name, version, label };
    const key = c.req.valid("header")["idempotency-key"];
    const started = await c.var.services.startOptimization(
      { tenant_id, key_id, trace: traceOf(c), prompt, ...asked },
      key,
    );
    const headers = { location: `/v1/optimizations/${started.optimization.id}`, ...replayHeaders(started) };
    return c.json(toOptimizationView(started), 202, headers);
  })
  .openapi(getOptimization, async (c) => {
    const key = { tenant_id: c.var.principal.tenant_id, id: c.req.valid("param").id };
    return c.json(toOptimizationView(await c.var.services.readOptimization(key)), 200);
  })
  .openapi(listOptimizations, async (c) => {
    const page = await c.var.services.listOptimizations(c.var.principal.tenant_id, c.req.valid("query"));
    return c.json({ ...page, data: page.data.map(toOptimizationSummary) }, 200);
  })
  .openapi(cancelOptimization, async (c) => {
    const key = { tenant_id: c.var.principal.tenant_id, id: c.req.valid("param").id };
    return c.json(toOptimizationView(await c.var.services.cancelOptimization(key)), 200);
  });

function requirePublisher(principal: Principal): void {
  if (allows(principal, "prompts:write")) return;
  throw new AppError("permission_error", "The key lacks the scope `prompts:write`.");
}
