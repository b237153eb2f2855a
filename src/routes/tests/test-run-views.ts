import * as z from "zod";
import type { TestOutcome } from "../../domain/tests/test-run.ts";
import type { ReadRun } from "../../services/tests/read-test-run.ts";
import { usd } from "../executions/execution-views.ts";
import { rfc3339 } from "../router.ts";

const count = z.int().min(0);
const rate = z.number().min(0).max(1);
const interval = z.array(rate).describe("A 95 % interval of the pass rate: its ends");

const checkView = z.object({
  kind: z.string().describe("The assertion's type, after `not ` where that is expected"),
  passed: z.boolean().describe("Whether it was met"),
  score: rate.describe("How well it was met"),
  detail: z.string().describe("What was expected and seen"),
});

const resultView = z.object({
  test: z.string().describe("The name of the case"),
  model: z.string().nullable().describe("Null for the prompt's own"),
  repeats: count.describe("Its trials so far"),
  passed: z.boolean().describe("Whether all trials passed"),
  flaky: z.boolean().describe("Whether only some trials passed"),
  pass_rate: rate.describe("The share of trials that passed"),
  interval,
  scores: z.array(rate).describe("The score of each trial"),
  checks: z.array(checkView).describe("Those of the first trial that failed, or else of the first"),
  output: z.string().nullable().describe("The beginning of its answer"),
  execution_id: z.string().nullable().describe("Its execution; null where none began"),
  error: z
    .object({ code: z.string().describe("As of an execution"), detail: z.string().describe("What went wrong") })
    .nullable()
    .describe("Why it has no answer"),
  latency_ms: z.number().describe("The mean of its trials, ms"),
});

/** A test run in the HTTP API. Money in US dollars. */
export const testRunView = z.object({
  id: z.string().describe("The id of the run"),
  status: z.enum(["running", "completed", "cancelled"]).describe("How the run stands"),
  prompt: z
    .object({ name: z.string().describe("Its name"), version: z.int().describe("The version that was run") })
    .describe("The prompt that is tested"),
  repeat: count.describe("How often each test is tried"),
  total: count.describe("Tests by models"),
  passed: count.describe("Those all of whose trials passed"),
  failed: count.describe("Those with a trial that did not pass"),
  flaky: count.describe("Those that passed and failed"),
  pass_rate: rate.nullable().describe("The share of trials that passed; null before the first"),
  interval,
  pass_hat_k: z.array(rate).describe("The chance that k trials of a test all pass, for k = 1, 2, …"),
  score: z.number().nullable().describe("The weighted mean of the scores; null before the first"),
  cost_usd: z.number().nullable().describe("With the judges'; null where a price is unknown"),
  created_at: z.string().describe("When the run was accepted"),
  ended_at: z.string().nullable().describe("When it ended"),
  results: z.array(resultView).describe("The tests that have begun, in their order"),
});

/** Converts a run to its form in the HTTP API. */
export function toTestRunView({ run, summary }: ReadRun): z.infer<typeof testRunView> {
  const { id, status, plan, created_at, ended_at } = run;
  const { outcomes, cost_nanousd, ...counts } = summary;
  return {
    id,
    status,
    prompt: plan.prompt,
    repeat: plan.repeat,
    ...counts,
    cost_usd: usd(cost_nanousd),
    created_at: rfc3339(created_at),
    ended_at: ended_at === null ? null : rfc3339(ended_at),
    results: outcomes.map(toResultView),
  };
}

function toResultView({
  weight: _weight,
  unanswered: _unanswered,
  shown,
  ...outcome
}: TestOutcome): z.infer<typeof resultView> {
  const { checks, output, execution_id, error } = shown;
  return {
    ...outcome,
    checks: checks.map(({ weight: _share, ...check }) => check),
    output,
    execution_id,
    error,
  };
}
