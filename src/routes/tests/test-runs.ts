import * as z from "zod";
import { invalid } from "../../domain/errors.ts";
import { toJunit } from "../../domain/tests/junit.ts";
import { testCaseSchema } from "../../domain/tests/test-case.ts";
import { sseEvent } from "../../lib/sse.ts";
import { streamOf } from "../../lib/stream-of.ts";
import type { SentBody } from "../../middleware/context.ts";
import { traceOf } from "../../middleware/trace.ts";
import type { SeenProgress } from "../../services/tests/follow-test-run.ts";
import { readTestLines, readTestYaml } from "../../services/tests/read-test-file.ts";
import { replayHeaders } from "../executions/execution-headers.ts";
import { usd } from "../executions/execution-views.ts";
import { toFieldErrors } from "../field-errors.ts";
import { createRouter, json, nameSchema, pageOf, pageQuery, promptNameSchema, securedRoute } from "../router.ts";
import { listedRunView, testRunView, toListedRunView, toTestRunView } from "./test-run-views.ts";

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
  reuse: z
    .boolean()
    .default(false)
    .describe("Stored results stand for tests whose prompt, case, model and judge did not change"),
  max_cost_usd: z
    .number()
    .positive()
    .max(1_000_000)
    .optional()
    .describe("No call begins whose worst case does not fit; needs known prices"),
});

const { models: _models, tests: _tests, ...flat } = runBody.shape;
const number = z.coerce.number();
const runQuery = z
  .object({
    ...flat,
    version: number.pipe(flat.version.unwrap()),
    repeat: number.pipe(flat.repeat.unwrap()),
    concurrency: number.pipe(flat.concurrency.unwrap()),
    max_cost_usd: number.pipe(flat.max_cost_usd.unwrap()),
    reuse: z.stringbool(),
  })
  .partial();

/** What is asked of a run, in whichever form it was sent. */
function askedRun(
  name: string,
  { text, type }: SentBody,
  query: z.infer<typeof runQuery>,
  json: z.infer<typeof runBody> | string,
): z.infer<typeof runBody> {
  if (typeof json !== "string" && (type === "application/json" || text === "")) return json;
  const file = type === "application/yaml" ? readTestYaml(name, text) : readTestLines(name, text);
  const read = runBody.safeParse({ ...query, ...file.body });
  if (!read.success) throw invalid(file.placed(toFieldErrors(read.error)));
  return read.data;
}

const promptPath = z.object({ name: promptNameSchema.describe("The prompt") });

const startRun = securedRoute("executions:write", {
  method: "post",
  path: "/v1/prompts/{name}/tests/run",
  summary: "Run the tests of a version",
  description:
    "Up to 50 trials run within the request, which is answered after 10 seconds at the latest. Every trial is an execution.",
  request: {
    params: promptPath,
    headers: z.object({
      "idempotency-key": z.string().optional().describe("The same key and body give the first run again for a day"),
    }),
    query: runQuery,
    body: {
      required: true,
      description:
        "What to run; nothing of it is needed. As YAML a file of tests; as NDJSON one case a line, with the other fields in the query",
      content: {
        "application/json": { schema: runBody },
        "application/yaml": { schema: z.string() },
        "application/x-ndjson": { schema: z.string() },
      },
    },
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

const listRuns = securedRoute("executions:read", {
  method: "get",
  path: "/v1/prompts/{name}/test-runs",
  summary: "List the test runs of a prompt, newest first",
  request: {
    params: promptPath,
    query: pageQuery.extend({
      version: z.coerce.number().int().min(1).optional().describe("Only runs of this version"),
    }),
  },
  responses: { 200: json(pageOf(listedRunView), "A page of the runs; they are kept for 90 days") },
});

const getEvents = securedRoute("executions:read", {
  method: "get",
  path: "/v1/test-runs/{id}/events",
  summary: "The progress of a test run as server-sent events",
  description:
    "`progress {status, ended, passed, cost_usd}` with the trials so far at each change, and `done` with the run at its end. After five minutes the stream ends without `done`: connect again.",
  request: { params: runPath },
  responses: { 200: { description: "The events", content: { "text/event-stream": { schema: z.string() } } } },
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
    const { name } = c.req.valid("param");
    const { version, label, ...asked } = askedRun(name, c.get("body"), c.req.valid("query"), c.req.valid("json"));
    const prompt = { name, version, label };
    const key = c.req.valid("header")["idempotency-key"];
    const started = await c.var.services.startTestRun({ tenant_id, key_id, trace: traceOf(c), prompt, ...asked }, key);
    const headers = { location: `/v1/test-runs/${started.run.id}`, ...replayHeaders(started) };
    return c.json(toTestRunView(started), started.run.status === "running" ? 202 : 200, headers);
  })
  .openapi(listRuns, async (c) => {
    const query = { prompt: c.req.valid("param").name, ...c.req.valid("query") };
    const { data, next_cursor } = await c.var.services.listTestRuns(c.var.principal.tenant_id, query);
    return c.json({ data: data.map(toListedRunView), next_cursor }, 200);
  })
  .openapi(getEvents, async (c) => {
    const { tenant_id } = c.var.principal;
    const seen = await c.var.services.followTestRun({ tenant_id, id: c.req.valid("param").id });
    c.header("content-type", "text/event-stream; charset=utf-8");
    return c.body(streamOf(seen, encodeProgress), 200);
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

function encodeProgress({ cost_nanousd, ended_run, ...seen }: SeenProgress): Uint8Array {
  const progress = sseEvent("progress", { ...seen, cost_usd: usd(cost_nanousd) });
  if (!ended_run) return progress;
  return Uint8Array.from([...progress, ...sseEvent("done", toTestRunView(ended_run))]);
}
