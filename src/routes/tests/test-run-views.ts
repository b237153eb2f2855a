import * as z from "zod";
import type { ListedTestRun, TestCounts, TestOutcome } from "../../domain/tests/test-run.ts";
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
  reused_from: z.string().nullable().describe("The run whose results these are, where nothing was executed"),
  latency_ms: z.number().describe("The mean of its trials, ms"),
});

const status = z.enum(["running", "completed", "cancelled"]).describe("How the run stands");

const head = {
  id: z.string().describe("The id of the run"),
  status,
  prompt: z
    .object({ name: z.string().describe("Its name"), version: z.int().describe("The version that was run") })
    .describe("The prompt that is tested"),
  created_at: z.string().describe("When the run was accepted"),
  ended_at: z.string().nullable().describe("When it ended"),
};

const counts = {
  total: count.describe("Tests by models"),
  passed: count.describe("Those all of whose trials passed"),
  failed: count.describe("Those with a trial that did not pass"),
  flaky: count.describe("Those that passed and failed"),
  pass_rate: rate.nullable().describe("The share of trials that passed; null before the first"),
  interval,
  pass_hat_k: z.array(rate).describe("The chance that k trials of a test all pass, for k = 1, 2, …"),
  score: z.number().nullable().describe("The weighted mean of the scores; null before the first"),
  cost_usd: z.number().nullable().describe("With the judges'; null where a price is unknown"),
};

/** A test run in the HTTP API. Money in US dollars. */
export const testRunView = z.object({
  ...head,
  repeat: count.describe("How often each test is tried"),
  max_cost_usd: z.number().nullable().describe("What the run may cost; null without a limit"),
  ...counts,
  results: z.array(resultView).describe("The tests that have begun, in their order"),
});

/** Converts a run to its form in the HTTP API. */
export function toTestRunView({ run, summary }: ReadRun): z.infer<typeof testRunView> {
  const { plan } = run;
  const { outcomes, ...counted } = summary;
  return {
    ...toHead({ ...run, prompt: plan.prompt }),
    repeat: plan.repeat,
    max_cost_usd: usd(plan.max_cost_nanousd ?? null),
    ...toCounts(counted),
    results: outcomes.map(toResultView),
  };
}

/** A test run in a list. */
export const listedRunView = z.object({
  ...head,
  counts: z.object(counts).nullable().describe("What it counted at its end; null before that"),
});

/** Converts a run of a list. */
export function toListedRunView(run: ListedTestRun): z.infer<typeof listedRunView> {
  return { ...toHead(run), counts: run.counts && toCounts(run.counts) };
}

function toHead({ id, status: state, prompt, created_at, ended_at }: Omit<ListedTestRun, "counts">) {
  const ended = ended_at === null ? null : rfc3339(ended_at);
  return { id, status: state, prompt, created_at: rfc3339(created_at), ended_at: ended };
}

function toCounts({ cost_nanousd, ...counted }: TestCounts) {
  return { ...counted, cost_usd: usd(cost_nanousd) };
}

function toResultView({
  weight: _weight,
  unanswered: _unanswered,
  shown,
  ...outcome
}: TestOutcome): z.infer<typeof resultView> {
  const { checks, output, execution_id, error, reused_from = null } = shown;
  return {
    ...outcome,
    checks: checks.map(({ weight: _share, ...check }) => check),
    output,
    execution_id,
    error,
    reused_from,
  };
}
