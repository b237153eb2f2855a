import * as z from "zod";
import { testCaseSchema } from "../../domain/tests/test-case.ts";
import { traceOf } from "../../middleware/trace.ts";
import { replayHeaders } from "../executions/execution-headers.ts";
import { RUN_STATUSES } from "../../domain/runs/run.ts";
import { createRouter, json, nameSchema, pageOf, pageQuery, promptNameSchema, securedRoute } from "../router.ts";
import { comparisonView, listedComparisonView, toComparisonView, toListedComparison } from "./comparison-views.ts";

const MAX_SUBJECTS = 6;
const MAX_INPUTS = 200;
const MAX_REPEAT = 20;
const modelName = z.string().min(1).max(128);

const subjectBody = z.strictObject({
  version: z.int().min(1).optional().describe("A version"),
  label: nameSchema.optional().describe("The label whose version is compared, in place of `version`"),
  model: modelName.optional().describe("In place of the prompt's models"),
});

const judgeBody = z.strictObject({
  criteria: z.string().min(1).max(20_000).optional().describe("What makes an answer the better one"),
  model: modelName.optional().describe("In place of the deployment's judge"),
});

const compareBody = z
  .strictObject({
    prompt: promptNameSchema.describe("The prompt"),
    subjects: z
      .array(subjectBody)
      .min(2)
      .max(MAX_SUBJECTS)
      .describe("Versions by models, which answer the same inputs"),
    inputs: z
      .array(z.record(z.string(), z.unknown()))
      .min(1)
      .max(MAX_INPUTS)
      .optional()
      .describe("The variables of each input"),
    tests: z
      .union([z.literal(true), z.array(testCaseSchema).min(1).max(MAX_INPUTS)])
      .optional()
      .describe("In place of `inputs`: the tests of the newest version, or these"),
    judge: z
      .union([z.literal(true), judgeBody])
      .optional()
      .describe("Whether a model compares the answers in pairs, and how"),
    repeat: z.int().min(1).max(MAX_REPEAT).default(1).describe("Answers of each subject to each input"),
    max_cost_usd: z.number().positive().max(1_000_000).optional().describe("What all executions cost at most"),
  })
  .refine(({ inputs, tests }) => (inputs === undefined) !== (tests === undefined), {
    path: ["inputs"],
    message: "give either `inputs` or `tests`",
  });

const compare = securedRoute("executions:write", {
  method: "post",
  path: "/v1/compare",
  summary: "Compare versions and models on the same inputs",
  description:
    "Up to 50 executions are made within the request, which is answered after 10 seconds at the latest. At most 1,000 in all.",
  request: {
    headers: z.object({
      "idempotency-key": z
        .string()
        .optional()
        .describe("The same key and body give the first comparison again for a day"),
    }),
    body: json(compareBody, "What to compare, on what"),
  },
  responses: {
    200: json(comparisonView, "The comparison, which has ended"),
    202: json(comparisonView, "The comparison, which goes on; `Location` has its address"),
  },
});

const comparisonPath = z.object({ id: z.string().max(64).describe("The id of the comparison") });

const getComparison = securedRoute("executions:read", {
  method: "get",
  path: "/v1/comparisons/{id}",
  summary: "Read a comparison",
  request: { params: comparisonPath },
  responses: { 200: json(comparisonView, "The comparison, with what it found so far") },
});

const listComparisons = securedRoute("executions:read", {
  method: "get",
  path: "/v1/comparisons",
  summary: "List comparisons, newest first",
  request: {
    query: pageQuery.extend({
      prompt: promptNameSchema.optional().describe("Only those of this prompt"),
      status: z.enum(RUN_STATUSES).optional().describe("Only those that stand so"),
    }),
  },
  responses: { 200: json(pageOf(listedComparisonView), "A page of comparisons; they are kept for 90 days") },
});

const cancelComparison = securedRoute("executions:write", {
  method: "post",
  path: "/v1/comparisons/{id}/cancel",
  summary: "Cancel a comparison: nothing further is executed",
  request: { params: comparisonPath },
  responses: { 200: json(comparisonView, "The comparison; one that had ended is as it was") },
});

/** The routes of comparisons. */
export const comparisonRoutes = createRouter()
  .openapi(compare, async (c) => {
    const { tenant_id, key_id } = c.var.principal;
    const request = { tenant_id, key_id, trace: traceOf(c), ...c.req.valid("json") };
    const started = await c.var.services.startComparison(request, c.req.valid("header")["idempotency-key"]);
    const { id, status } = started.comparison;
    const headers = { location: `/v1/comparisons/${id}`, ...replayHeaders(started) };
    return c.json(toComparisonView(started), status === "running" ? 202 : 200, headers);
  })
  .openapi(listComparisons, async (c) => {
    const page = await c.var.services.listComparisons(c.var.principal.tenant_id, c.req.valid("query"));
    return c.json({ ...page, data: page.data.map(toListedComparison) }, 200);
  })
  .openapi(getComparison, async (c) => {
    const key = { tenant_id: c.var.principal.tenant_id, id: c.req.valid("param").id };
    return c.json(toComparisonView(await c.var.services.readComparison(key)), 200);
  })
  .openapi(cancelComparison, async (c) => {
    const key = { tenant_id: c.var.principal.tenant_id, id: c.req.valid("param").id };
    return c.json(toComparisonView(await c.var.services.cancelComparison(key)), 200);
  });
