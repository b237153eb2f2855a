import * as z from "zod";
import type { CompareSubject } from "../../domain/comparisons/comparison.ts";
import { RUN_STATUSES } from "../../domain/runs/run.ts";
import type {
  ComparedAnswer,
  ComparisonCounts,
  Difference,
  PairSummary,
  SubjectSummary,
} from "../../domain/comparisons/summarize-comparison.ts";
import type { ListedComparison, ReadComparison } from "../../services/comparisons/read-comparison.ts";
import { usd } from "../executions/execution-views.ts";
import { rfc3339 } from "../router.ts";

const count = z.int().min(0);
const rate = z.number().min(0).max(1);
const place = count.describe("The place of a subject, from 0");

const subjectView = z.object({
  version: z.int().describe("Its version"),
  label: z.string().nullable().describe("The label that led to the version"),
  model: z.string().nullable().describe("Null for the prompt's own"),
  answers: count.describe("Its answers so far"),
  failed: count.describe("Those that are an error"),
  pass_rate: rate.nullable().describe("The share that passed; null before the first"),
  interval: z.array(rate).describe("A 95 % interval of the pass rate: its ends"),
  score: rate.nullable().describe("The mean score"),
  cost_usd: z.number().nullable().describe("Of all answers; null where a price is unknown"),
  latency_ms: z.number().nullable().describe("The mean, ms"),
  tokens: z.number().nullable().describe("The mean of prompt and answer"),
});

const differenceView = z.object({
  difference: z.number().nullable().describe("The mean over the inputs: that of a less that of b"),
  interval: z.array(z.number()).nullable().describe("A 95 % interval of the difference; null where nothing is known"),
});

const pairView = z.object({
  a: place,
  b: place,
  wins: z
    .object({ a: count.describe("Those of a"), b: count.describe("Those of b"), ties: count.describe("Neither's") })
    .describe("Of answers to the same input: by the judge, or else by score"),
  preference: differenceView.nullable().describe("The share of a's wins less b's, by the judge; null without one"),
  score: differenceView,
  cost_usd: differenceView,
  latency_ms: differenceView,
  tokens: differenceView,
  verdict: z
    .enum(["a", "b"])
    .nullable()
    .describe("Who is better by preference, or else by score, where the interval excludes 0; else null"),
});

const answerView = z.object({
  subject: place,
  passed: z.boolean().describe("Whether it met what was expected"),
  score: rate.describe("How well it met it"),
  output: z.string().nullable().describe("The beginning of the answer"),
  error: z.object({ code: z.string(), detail: z.string() }).nullable().describe("Why there is no answer"),
  execution_id: z.string().nullable().describe("Its execution; null where none began"),
  cost_usd: z.number().nullable().describe("With the rubrics'; null where a price is unknown"),
  latency_ms: z.number().describe("How long it took, ms"),
  tokens: count.describe("Of prompt and answer"),
});

const head = {
  id: z.string().describe("The id of the comparison"),
  status: z.enum(RUN_STATUSES).describe("How it stands"),
  prompt: z.string().describe("The prompt's name"),
  created_at: z.string().describe("When it was accepted"),
  ended_at: z.string().nullable().describe("When it ended"),
};

const progress = {
  total: count.describe("Its executions, without those of rubrics"),
  done: count.describe("Those that have ended"),
  cost_usd: z.number().nullable().describe("With the judges'; null where a price is unknown"),
};

/** A comparison in the HTTP API. Money in US dollars. */
export const comparisonView = z.object({
  ...head,
  stopped: z
    .enum(["max_cost_usd"])
    .nullable()
    .describe("Why it ended without some of its executions: what was left did not cover the next one"),
  ...progress,
  subjects: z.array(subjectView).describe("What is compared, as it was asked for"),
  pairs: z.array(pairView).describe("Each two subjects, by their places"),
  inputs: z
    .array(
      z.object({
        name: z.string().describe("The test, or the number of the input"),
        round: count.describe("Which repetition, from 0"),
        answers: z.array(answerView).describe("Side by side"),
      }),
    )
    .describe("Each input with its answers so far"),
});

/** A comparison in a list. */
export const listedComparisonView = z.object({
  ...head,
  subjects: z.array(subjectView.pick({ version: true, label: true, model: true })).describe("What is compared"),
  inputs: count.describe("Its inputs"),
  repeat: count.describe("How often each subject answers each of them"),
  judged: z.boolean().describe("Whether a model compares the answers"),
  total: progress.total,
  max_cost_usd: z.number().nullable().describe("What it may cost; null without a limit"),
  counts: z
    .object({
      ...progress,
      subjects: z.array(subjectView.pick({ pass_rate: true, score: true })).describe("By their places"),
      pairs: z.array(pairView.pick({ a: true, b: true, verdict: true })).describe("Each two subjects"),
    })
    .nullable()
    .describe("What it had found by its end; null before that, and in those of earlier versions"),
});

/** Converts a comparison of a list. */
export function toListedComparison(comparison: ListedComparison): z.infer<typeof listedComparisonView> {
  const { id, status, prompt, created_at, ended_at, head: plan, counts } = comparison;
  const { max_cost_nanousd, ...shown } = plan;
  return {
    ...toHead({ id, status, prompt, created_at, ended_at }),
    ...shown,
    max_cost_usd: usd(max_cost_nanousd),
    counts: counts && toCounts(counts),
  };
}

function toCounts({ cost_nanousd, ...counts }: ComparisonCounts) {
  return { ...counts, cost_usd: usd(cost_nanousd) };
}

function toHead({ created_at, ended_at, ...rest }: Pick<ListedComparison, keyof typeof head>) {
  return { ...rest, created_at: rfc3339(created_at), ended_at: ended_at === null ? null : rfc3339(ended_at) };
}

type ComparisonView = z.infer<typeof comparisonView>;

/** Converts a comparison to its form in the HTTP API. */
export function toComparisonView({ comparison, summary }: ReadComparison): ComparisonView {
  const { id, status, plan, created_at, ended_at } = comparison;
  const { total, done, cost_nanousd, subjects, pairs, inputs } = summary;
  return {
    ...toHead({ id, status, prompt: plan.prompt, created_at, ended_at }),
    stopped: status === "completed" && done < total ? "max_cost_usd" : null,
    total,
    done,
    cost_usd: usd(cost_nanousd),
    subjects: subjects.map(toSubjectView),
    pairs: pairs.map(toPairView),
    inputs: inputs.map(({ answers, ...input }) => ({ ...input, answers: answers.map(toAnswerView) })),
  };
}

function toSubjectView({ trials, cost_nanousd, ...subject }: SubjectSummary & CompareSubject) {
  return { ...subject, answers: trials, cost_usd: usd(cost_nanousd) };
}

function toPairView({ cost_nanousd: { difference, interval }, ...pair }: PairSummary): ComparisonView["pairs"][number] {
  const cost: Difference = {
    difference: usd(difference),
    interval: interval && [interval[0] / 1e9, interval[1] / 1e9],
  };
  return { ...pair, cost_usd: cost };
}

function toAnswerView(answer: ComparedAnswer): ComparisonView["inputs"][number]["answers"][number] {
  const { subject, passed, score, output, error, execution_id, cost_nanousd, latency_ms, tokens = 0 } = answer;
  return { subject, passed, score, output, error, execution_id, cost_usd: usd(cost_nanousd), latency_ms, tokens };
}
