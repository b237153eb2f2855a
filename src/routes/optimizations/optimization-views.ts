import * as z from "zod";
import type { AssessedCandidate, Confirmation } from "../../domain/optimizations/assess-candidates.ts";
import { GOALS, type OptimizationPlan, type OptimizationRun } from "../../domain/optimizations/optimization.ts";
import { RUN_STATUSES } from "../../domain/runs/run.ts";
import { textsOf } from "../../domain/optimizations/prompt-texts.ts";
import { LEVELS } from "../../domain/optimizations/shorten-text.ts";
import type { ListedOptimization, ReadOptimization } from "../../services/optimizations/read-optimization.ts";
import { usd } from "../executions/execution-views.ts";
import { rfc3339 } from "../router.ts";

const count = z.int().min(0);
const rate = z.number().min(0).max(1);

const candidateView = z.object({
  origin: z
    .enum(["original", "passes", "fewer_examples", "reflection"])
    .describe("The version itself, what fixed passes made of it, that with fewer examples, or a model's proposal"),
  level: z.enum(LEVELS).nullable().describe("The boldest of the fixed passes that made it"),
  parent: count.nullable().describe("The place of the candidate that it was made of, from 0"),
  changes: z.array(z.string()).describe("What was done"),
  texts: z.array(z.string()).describe("Its templates, in the order of the messages"),
  tokens: z.number().describe("Of the prompt, as billed in the tests, or else estimated; the mean of the tests"),
  saving: z.number().describe("The share of the version's tokens that it saves"),
  trials: count.describe("Tests that it was tried on"),
  pass_rate: rate.nullable().describe("The share of them that passed"),
  score: rate.nullable().describe("Their mean score"),
  on_front: z.boolean().describe("Whether no other one has fewer tokens and a higher score"),
});

const confirmationView = z.object({
  candidate: count.describe("The place of the candidate, from 0"),
  pairs: count.describe("Trials of both sides so far"),
  planned: count.describe("Those that are to be made"),
  pass_rates: z.array(rate).describe("The version's, and the candidate's"),
  difference: z.number().describe("The candidate less the version: of pass rates, or for the goal `score` of scores"),
  interval: z.array(z.number()).nullable().describe("A 95 % interval of the difference"),
  shown: z.boolean().describe("Whether the interval lies above the margin, or for the goal `score` above 0"),
});

const head = {
  id: z.string().describe("The id of the optimisation"),
  status: z.enum(RUN_STATUSES).describe("How it stands"),
  prompt: z
    .object({ name: z.string().describe("Its name"), version: z.int().describe("The version it begins with") })
    .describe("The prompt"),
  goal: z.enum(GOALS).describe("What it looks for"),
  min_saving: rate.describe("The least share of tokens to save"),
  margin: rate.describe("The largest loss of pass rate that counts as none"),
  max_cost_usd: z.number().describe("What it may cost"),
  created_at: z.string().describe("When it was accepted"),
  ended_at: z.string().nullable().describe("When it ended"),
};

const published = z.int().nullable().describe("The version that was published, without a label");

/** What optimisations have in lists. */
export const optimizationSummaryView = z.object({
  ...head,
  counts: z
    .object({
      cost_usd: z.number().nullable().describe("What it cost; null where a price is unknown"),
      published,
    })
    .nullable()
    .describe("What it had found by its end; null before that, and in those of earlier versions"),
});

/** An optimisation in the HTTP API. Money in US dollars. */
export const optimizationView = z.object({
  ...head,
  tests: count.describe("The cases that candidates are tried on"),
  repeat: count.describe("How often each is tried of both sides to confirm a candidate"),
  cost_usd: z.number().nullable().describe("What it cost so far; null where a price is unknown"),
  unused_variables: z.array(z.string()).describe("Declared variables that no template uses"),
  candidates: z.array(candidateView).describe("The version first"),
  failed_proposals: z.array(z.string()).describe("Why proposals of the model could not be tried"),
  confirmation: confirmationView.nullable().describe("What trials made anew say of the candidate that was chosen"),
  published,
  reason: z.string().nullable().describe("Why nothing was published"),
});

type HeadOfPlan = Pick<OptimizationPlan, "prompt" | "goal" | "min_saving" | "margin" | "max_cost_nanousd">;

type OptimizationView = z.infer<typeof optimizationView>;

/** Converts an optimisation to its form in lists. */
export function toOptimizationSummary(run: ListedOptimization): z.infer<typeof optimizationSummaryView> {
  const { prompt, head: plan, counts, ...rest } = run;
  return {
    ...toHead({ ...rest, ...plan, prompt: { name: prompt, version: plan.version } }),
    counts: counts && { cost_usd: usd(counts.cost_nanousd), published: counts.published },
  };
}

function toHead(of: Pick<OptimizationRun, "id" | "status" | "created_at" | "ended_at"> & HeadOfPlan) {
  const { id, status, prompt, goal, min_saving, margin, max_cost_nanousd, created_at, ended_at } = of;
  return {
    id,
    status,
    prompt,
    goal,
    min_saving,
    margin,
    max_cost_usd: usd(max_cost_nanousd) ?? 0,
    created_at: rfc3339(created_at),
    ended_at: ended_at === null ? null : rfc3339(ended_at),
  };
}

/** Converts an optimisation to its form in the HTTP API. */
export function toOptimizationView({ optimization, known, cost_nanousd, reason }: ReadOptimization): OptimizationView {
  const { cases, repeat, unused_variables } = optimization.plan;
  return {
    ...toHead({ ...optimization, ...optimization.plan }),
    tests: cases.length,
    repeat,
    cost_usd: usd(cost_nanousd),
    unused_variables,
    candidates: known.candidates.map(toCandidateView),
    failed_proposals: known.proposals.flatMap(({ fault }) => fault ?? []),
    confirmation: toConfirmationView(known.confirmation, known.choice?.chosen ?? null),
    published: known.publication?.published ?? null,
    reason,
  };
}

function toCandidateView(candidate: AssessedCandidate): OptimizationView["candidates"][number] {
  const {
    origin,
    level = null,
    parent,
    changes,
    messages,
    tokens,
    saving,
    trials,
    pass_rate,
    score,
    isOnFront,
  } = candidate;
  const texts = textsOf(messages);
  return { origin, level, parent, changes, texts, tokens, saving, trials, pass_rate, score, on_front: isOnFront };
}

function toConfirmationView(made: Confirmation | null, candidate: number | null): OptimizationView["confirmation"] {
  if (made === null || candidate === null) return null;
  const { isShown, ...rest } = made;
  return { candidate, ...rest, shown: isShown };
}
