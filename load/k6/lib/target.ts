import { check } from "k6";
import http, { type RefinedResponse } from "k6/http";
import { Counter } from "k6/metrics";
import { COMPLEXITIES, type Job, type Run } from "./workload.ts";

/** The address of the loaded server. */
export const BASE_URL = (__ENV["BASE_URL"] ?? "http://127.0.0.1:8787").replace(/\/$/, "");
const API_KEY = __ENV["API_KEY"] ?? "";
const SEED = Number(__ENV["SEED"] ?? 1);
/** Markers for the mock provider by prompt, as JSON; only local runs set it. */
const PACING = JSON.parse(__ENV["PACING"] ?? "{}") as Record<string, string>;
/** A little longer than an execution may take (30 s). */
const TIMEOUT = "35s";

const SOURCES = Object.fromEntries(
  COMPLEXITIES.map((complexity) => [
    `load-${complexity}`,
    open(import.meta.resolve(`../../prompts/load-${complexity}.prompt.yaml`)),
  ]),
);

const repeatedInputs = new Counter("repeated_inputs");
const cachedAnswers = new Counter("cached_answers");

/** The headers of every call. */
export const HEADERS = { authorization: `Bearer ${API_KEY}`, "content-type": "application/json" };

/** k6's `setup`: publishes the prompts and begins a run. Throws where the server refuses. */
export function beginRun(): Run & { startedAt: number } {
  if (API_KEY === "") throw new Error("API_KEY is not set: a key with the scopes prompts:write and executions:write");
  for (const [name, source] of Object.entries(SOURCES)) {
    const headers = { ...HEADERS, "content-type": "application/yaml" };
    const answer = http.put(`${BASE_URL}/v1/prompts/${name}`, source, { headers, tags: { form: "setup" } });
    if (answer.status >= 300) throw new Error(`PUT ${name}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
  return { id: Date.now().toString(36), seed: SEED, startedAt: Date.now() };
}

/** The request body of a job. */
export function bodyOf(job: Job, pacing = PACING[job.prompt]): string {
  const variables = pacing === undefined ? job.variables : { ...job.variables, pacing };
  return JSON.stringify({ prompt: job.prompt, model: job.model, stream: job.stream, variables });
}

/** Executes a job and checks that the answer is complete. */
export function execute(job: Job, tags: Record<string, string>): RefinedResponse<"text"> {
  const form = job.stream ? "stream" : "whole";
  const answer = send(job, { ...tags, form, model: job.model });
  check(answer, { "the answer is complete": (given) => isComplete(job, given) }, tags);
  count(job, answer);
  return answer;
}

/** Executes a job that the server may refuse with 429 or 503 and a `Retry-After`. */
export function executeUnderPressure(job: Job, tags: Record<string, string>): void {
  const answer = send(job, { ...tags, form: job.stream ? "stream" : "whole", model: job.model });
  const honest = (status: number) => (status === 429 || status === 503) && answer.headers["Retry-After"] !== undefined;
  check(
    answer,
    { "complete, or refused with Retry-After": (given) => isComplete(job, given) || honest(given.status) },
    tags,
  );
  count(job, answer);
}

function send(job: Job, tags: Record<string, string>): RefinedResponse<"text"> {
  return http.post(`${BASE_URL}/v1/executions`, bodyOf(job), {
    headers: HEADERS,
    tags,
    timeout: TIMEOUT,
    responseType: "text",
  });
}

function isComplete(job: Job, answer: RefinedResponse<"text">): boolean {
  const end = job.stream ? "event: done" : '"status":"succeeded"';
  return answer.status === 200 && (answer.body ?? "").includes(end);
}

function count(job: Job, answer: RefinedResponse<"text">): void {
  repeatedInputs.add(job.repeated ? 1 : 0);
  cachedAnswers.add(answer.headers["X-Pbt-Cache"]?.startsWith("hit") === true ? 1 : 0);
}
