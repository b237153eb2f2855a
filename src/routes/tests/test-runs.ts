import * as z from "zod";
import { toJunit } from "../../domain/tests/junit.ts";
import { testCaseSchema } from "../../domain/tests/test-case.ts";
import { createRouter, json, nameSchema, promptNameSchema, securedRoute } from "../router.ts";
import { testRunView, toTestRunView } from "./test-run-views.ts";

const MAX_TESTS = 200;
const MAX_MODELS = 8;
const MAX_REPEAT = 20;
const MAX_CONCURRENCY = 1_000;

const runBody = z.strictObject({
  version: z.int().min(1).optional().describe("The version to test"),
  label: nameSchema.optional().describe("The label whose version to test, in place of `version`"),
  models: z
    .array(z.string().min(1).max(128))
    .min(1)
    .max(MAX_MODELS)
    .optional()
    .describe("Each runs all tests, in place of the prompt's"),
  tests: z.array(testCaseSchema).min(1).max(MAX_TESTS).optional().describe("Cases in place of the version's own"),
  repeat: z.int().min(1).max(MAX_REPEAT).default(1).describe("Trials of each test"),
  concurrency: z
    .int()
    .min(1)
    .max(MAX_CONCURRENCY)
    .optional()
    .describe("Trials at a time, within the deployment's limit"),
});

const startRun = securedRoute("executions:write", {
  method: "post",
  path: "/v1/prompts/{name}/tests/run",
  summary: "Run the tests of a version",
  description:
    "Up to 50 trials run within the request, which is answered after 10 seconds at the latest. Every trial is an execution.",
  request: {
    params: z.object({ name: promptNameSchema.describe("The prompt") }),
    body: json(runBody, "What to run; nothing of it is needed"),
  },
  responses: {
    200: json(testRunView, "The run, which has ended"),
    202: json(testRunView, "The run, which goes on; `Location` has its address"),
  },
});

const runPath = z.object({ id: z.string().max(64).describe("The id of the run") });

const getRun = securedRoute("executions:read", {
  method: "get",
  path: "/v1/test-runs/{id}",
  summary: "Read a test run",
  request: { params: runPath },
  responses: { 200: json(testRunView, "The run, with its results so far") },
});

const getJunit = securedRoute("executions:read", {
  method: "get",
  path: "/v1/test-runs/{id}/junit.xml",
  summary: "Read a test run as JUnit XML",
  request: { params: runPath },
  responses: {
    200: { description: "The results so far", content: { "application/xml": { schema: z.string() } } },
  },
});

const cancelRun = securedRoute("executions:write", {
  method: "post",
  path: "/v1/test-runs/{id}/cancel",
  summary: "Cancel a test run: no further trial begins",
  request: { params: runPath },
  responses: { 200: json(testRunView, "The run; one that had ended is as it was") },
});

/** The routes of tests: run them, read a run, cancel it. */
export const testRunRoutes = createRouter()
  .openapi(startRun, async (c) => {
    const { tenant_id, key_id } = c.var.principal;
    const { version, label, ...asked } = c.req.valid("json");
    const prompt = { name: c.req.valid("param").name, version, label };
    const started = await c.var.services.startTestRun({ tenant_id, key_id, prompt, ...asked });
    const location = `/v1/test-runs/${started.run.id}`;
    return c.json(toTestRunView(started), started.run.status === "running" ? 202 : 200, { location });
  })
  .openapi(getRun, async (c) => {
    const { tenant_id } = c.var.principal;
    return c.json(toTestRunView(await c.var.services.readTestRun({ tenant_id, id: c.req.valid("param").id })), 200);
  })
  .openapi(getJunit, async (c) => {
    const { tenant_id } = c.var.principal;
    const { run, summary } = await c.var.services.readTestRun({ tenant_id, id: c.req.valid("param").id });
    return c.body(toJunit(run, summary), 200, { "content-type": "application/xml; charset=utf-8" });
  })
  .openapi(cancelRun, async (c) => {
    const { tenant_id } = c.var.principal;
    return c.json(toTestRunView(await c.var.services.cancelTestRun({ tenant_id, id: c.req.valid("param").id })), 200);
  });
