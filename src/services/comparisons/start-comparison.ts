import {
  type ComparisonRun,
  comparedSteps,
  type ComparisonPlan,
  type CompareSubject,
  MAX_COMPARED,
} from "../../domain/comparisons/comparison.ts";
import { DEFAULT_CRITERIA } from "../../domain/comparisons/pairwise-judge.ts";
import { invalid, toAppError } from "../../domain/errors.ts";
import { newId } from "../../domain/id.ts";
import { LATEST_LABEL } from "../../domain/prompts/label.ts";
import type { TraceContext } from "../../domain/trace-context.ts";
import { type TestCase, toTestCase } from "../../domain/tests/test-case.ts";
import type { RunKey } from "../../storage/runs/run-repository.ts";
import { boundCost } from "../batches/bound-cost.ts";
import { type CommitRun, startOnce } from "../runs/start-once.ts";
import { startRun } from "../runs/start-run.ts";
import { testOptions } from "../tests/test-options.ts";
import type { ComparisonDeps } from "./comparison-deps.ts";
import { readComparison, type ReadComparison } from "./read-comparison.ts";
import { runComparison } from "./run-comparison.ts";

/** What is asked of a comparison. `tests` true: those of the newest version. */
export interface ComparisonRequest {
  tenant_id: string;
  key_id: string;
  prompt: string;
  /** That of the HTTP request. It is no part of what a key of idempotency stands for. */
  trace?: TraceContext;
  subjects: { version?: number; label?: string; model?: string }[];
  inputs?: Record<string, unknown>[];
  tests?: true | TestCase[];
  judge?: true | { criteria?: string; model?: string };
  repeat: number;
  max_cost_usd?: number;
}

/** A comparison that was started. `replayed`: by an earlier request with the same idempotency key. */
export interface StartedComparison extends ReadComparison {
  replayed: boolean;
}

const NANOUSD_PER_USD = 1e9;

/**
 * Starts a comparison, once for each idempotency key; it is committed by the time this resolves, and goes on whoever vanishes.
 * Returns it as it is then: a small one has mostly ended. Throws `not_found` for a prompt, version
 * or label that does not exist, and `validation_error` where there is nothing to compare, too much,
 * or a limit that cannot be held, and as {@link startOnce} does.
 */
export async function startComparison(
  deps: ComparisonDeps,
  request: ComparisonRequest,
  key?: string,
): Promise<StartedComparison> {
  const { tenant_id, key_id: _caller, trace: _trace, ...asked } = request;
  const { comparisons } = deps;
  const { id, replayed } = await startOnce(deps, {
    tenant_id,
    key,
    request: { form: "comparison", ...asked },
    id: newId("cmp", deps.now()),
    find: async (of) => comparisons.find({ tenant_id, id: of }),
    start: async (of, commit) => start(deps, request, of, commit),
  });
  return { ...(await readComparison(deps, { tenant_id, id })), replayed };
}

/** Begins a comparison once it is committed. */
async function start(deps: ComparisonDeps, request: ComparisonRequest, id: string, commit: CommitRun): Promise<void> {
  const { comparisons } = deps;
  const run = await planComparison(deps, request, id);
  await requireBounds(deps, run);
  const runs = {
    create: async (planned: ComparisonRun) => commit(async () => comparisons.create(planned)),
    countOpen: async (tenantId: string, most: number) => comparisons.countOpen(tenantId, most),
  };
  const work = async (of: RunKey, lastStartMs: number) => runComparison(deps, of, lastStartMs);
  await startRun(deps, { runs, run, steps: comparedSteps(run.plan), work });
}

async function planComparison(deps: ComparisonDeps, request: ComparisonRequest, id: string): Promise<ComparisonRun> {
  const { tenant_id, key_id, prompt, repeat, judge, max_cost_usd } = request;
  const subjects = await Promise.all(request.subjects.map(async (subject) => subjectOf(deps, request, subject)));
  const criteria = { criteria: DEFAULT_CRITERIA, model: null, ...(judge === true ? {} : judge) };
  const shape = {
    prompt,
    subjects,
    cases: await casesOf(deps, request),
    repeat,
    judge: judge === undefined ? null : criteria,
  };
  const steps = comparedSteps(shape);
  if (steps > MAX_COMPARED) {
    const message = `are ${steps} executions by subject, repetition and judge; a comparison has at most ${MAX_COMPARED}`;
    throw invalid([{ path: request.inputs ? "inputs" : "tests", message }]);
  }
  const now = deps.now();
  const plan: ComparisonPlan = {
    ...shape,
    ...(request.trace && { trace: request.trace }),
    concurrency: deps.settings.concurrency,
    max_cost_nanousd: max_cost_usd === undefined ? null : Math.round(max_cost_usd * NANOUSD_PER_USD),
    execution_ids: Array.from({ length: steps }, () => newId("exe", now)),
  };
  return { id, tenant_id, key_id, plan, status: "running", created_at: now, ended_at: null };
}

async function subjectOf(
  deps: ComparisonDeps,
  { tenant_id, prompt: name }: ComparisonRequest,
  { model, ...reference }: ComparisonRequest["subjects"][number],
): Promise<CompareSubject> {
  const { row, label } = await deps.resolve(tenant_id, { name, ...reference }, deps.random(), true);
  return { version: row.version, label, model: model ?? null };
}

async function casesOf(deps: ComparisonDeps, { tenant_id, prompt: name, inputs, tests }: ComparisonRequest) {
  if (inputs) {
    return inputs.map((variables, at): TestCase => ({ name: `input ${at + 1}`, variables, assertions: [], weight: 1 }));
  }
  if (tests !== true) return tests ?? [];
  const { row } = await deps.resolve(tenant_id, { name, label: LATEST_LABEL }, deps.random(), true);
  const cases = row.definition.tests.map(toTestCase);
  if (cases.length > 0) return cases;
  throw invalid([{ path: "tests", message: "the newest version has none; give some, or `inputs`" }]);
}

/** Under a limit each subject must have a price, which one input tells. Its faults are its own. */
async function requireBounds(deps: ComparisonDeps, { id, tenant_id, key_id, plan }: ComparisonRun): Promise<void> {
  const [one] = plan.cases;
  if (plan.max_cost_nanousd === null || !one) return;
  const { variables, messages } = one;
  for (const { version, model } of plan.subjects) {
    const options = {
      ...testOptions({ id }, one.name),
      prompt: { name: plan.prompt, version },
      ...(messages && { messages }),
      ...(model !== null && { model }),
    };
    await boundCost(deps, { tenant_id, key_id, lane: "standard", variables, options }).catch((thrown: unknown) => {
      const { errors = [] } = toAppError(thrown);
      if (errors.some(({ path }) => path === "max_cost_usd")) throw thrown;
    });
  }
}
