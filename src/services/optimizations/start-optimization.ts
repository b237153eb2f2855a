import { invalid, toAppError } from "../../domain/errors.ts";
import { newId } from "../../domain/id.ts";
import { draftCandidates } from "../../domain/optimizations/draft-candidates.ts";
import {
  type Goal,
  leastPairs,
  mostExecutions,
  type OptimizationPlan,
  type OptimizationRun,
} from "../../domain/optimizations/optimization.ts";
import { type PromptMessages, textsOf } from "../../domain/optimizations/prompt-texts.ts";
import { namesIn } from "../../domain/optimizations/reflection.ts";
import type { Level } from "../../domain/optimizations/shorten-text.ts";
import type { PromptDefinition } from "../../domain/prompts/prompt.ts";
import type { PromptReference } from "../../domain/prompts/prompt-reference.ts";
import type { TraceContext } from "../../domain/trace-context.ts";
import { type TestCase, toTestCase } from "../../domain/tests/test-case.ts";
import type { RunKey } from "../../storage/runs/run-repository.ts";
import { boundCost } from "../batches/bound-cost.ts";
import { type CommitRun, startOnce } from "../runs/start-once.ts";
import { startRun } from "../runs/start-run.ts";
import { testOptions } from "../tests/test-options.ts";
import { estimatePrompt } from "./estimate-prompt.ts";
import type { OptimizationDeps } from "./optimization-deps.ts";
import { readOptimization, type ReadOptimization } from "./read-optimization.ts";
import { runOptimization } from "./run-optimization.ts";

/** What is asked of an optimisation. Without `tests`, or with true, those of the version's file. */
export interface OptimizationRequest {
  tenant_id: string;
  key_id: string;
  prompt: PromptReference;
  /** That of the HTTP request. It is no part of what a key of idempotency stands for. */
  trace?: TraceContext;
  goal: Goal;
  min_saving: number;
  margin: number;
  max_cost_usd: number;
  /** The boldest of the fixed passes to try. */
  level: Level;
  reflections: number;
  tests?: true | TestCase[];
  repeat?: number;
}

/** An optimisation that was started. `replayed`: by an earlier request with the same key. */
export interface StartedOptimization extends ReadOptimization {
  replayed: boolean;
}

const NANOUSD_PER_USD = 1e9;
/** The most executions of an optimisation: its plan names each of them. */
const MOST_EXECUTIONS = 5_000;

/**
 * Starts an optimisation, once for each idempotency key, which goes on in the queue. Throws `not_found` for a prompt, version or
 * label that does not exist, and `validation_error` where there is too much to try, no test for a
 * score, or a limit that cannot be held, and as {@link startOnce} does.
 */
export async function startOptimization(
  deps: OptimizationDeps,
  request: OptimizationRequest,
  key?: string,
): Promise<StartedOptimization> {
  const { tenant_id, key_id: _caller, trace: _trace, ...asked } = request;
  const { optimizations } = deps;
  const { id, replayed } = await startOnce(deps, {
    tenant_id,
    key,
    request: { form: "optimization", ...asked },
    id: newId("opt", deps.now()),
    find: async (of) => optimizations.find({ tenant_id, id: of }),
    start: async (of, commit) => start(deps, request, of, commit),
  });
  return { ...(await readOptimization(deps, { tenant_id, id })), replayed };
}

/** Puts an optimisation on the queue once it is committed. */
async function start(deps: OptimizationDeps, request: OptimizationRequest, id: string, commit: CommitRun) {
  const { optimizations } = deps;
  const { row } = await deps.resolve(request.tenant_id, request.prompt, deps.random(), true);
  const run = planOptimization(deps, request, row, id);
  await requireBounds(deps, run);
  const runs = {
    create: async (planned: OptimizationRun) => commit(async () => optimizations.create(planned)),
    countOpen: async (tenantId: string, most: number) => optimizations.countOpen(tenantId, most),
  };
  const work = async (of: RunKey, lastStartMs: number) => runOptimization(deps, of, lastStartMs);
  await startRun(deps, { runs, run, steps: Infinity, work });
}

function planOptimization(
  deps: OptimizationDeps,
  request: OptimizationRequest,
  { name, version, definition }: { name: string; version: number; definition: PromptDefinition },
  id: string,
): OptimizationRun {
  const { tenant_id, key_id, goal, min_saving, margin, max_cost_usd, level, tests = true } = request;
  const cases = tests === true ? definition.tests.map(toTestCase) : tests;
  if (goal === "score" && cases.length === 0) {
    throw invalid([{ path: "tests", message: "the version has none, and only tests give a score" }]);
  }
  const reflections = cases.length === 0 ? 0 : request.reflections;
  const repeat = request.repeat ?? Math.ceil(leastPairs(margin) / Math.max(1, cases.length));
  const estimate = (messages: PromptMessages) => estimatePrompt({ ...definition, messages }, cases);
  const shape = { cases, repeat, reflections, candidates: draftCandidates(definition, level, estimate) };
  const executions = mostExecutions(shape);
  if (executions > MOST_EXECUTIONS) {
    const message = `may take ${executions} executions with ${cases.length} cases; at most ${MOST_EXECUTIONS} are made`;
    throw invalid([{ path: "repeat", message }]);
  }
  const now = deps.now();
  const plan: OptimizationPlan = {
    ...shape,
    ...(request.trace && { trace: request.trace }),
    prompt: { name, version },
    goal,
    min_saving,
    margin,
    reflection_model: deps.settings.optimizerModel,
    concurrency: deps.settings.concurrency,
    max_cost_nanousd: Math.round(max_cost_usd * NANOUSD_PER_USD),
    unused_variables: unusedIn(definition),
    execution_ids: Array.from({ length: executions }, () => newId("exe", now)),
  };
  return { id, tenant_id, key_id, plan, status: "running", created_at: now, ended_at: null };
}

function unusedIn({ messages, variables }: PromptDefinition): string[] {
  // A placeholder, or a medium, uses a variable outside of a text.
  const rest = JSON.stringify(messages);
  const used = namesIn(textsOf(messages));
  return Object.keys(variables).filter((name) => !used.has(name) && !rest.includes(name));
}

/** The limit needs a price for each model that is asked. A fault of a case is its own. */
async function requireBounds(deps: OptimizationDeps, { id, tenant_id, key_id, plan }: OptimizationRun): Promise<void> {
  const [one] = plan.cases;
  if (!one) return;
  const { variables, messages } = one;
  const options = { ...testOptions({ id }, one.name), prompt: plan.prompt, ...(messages && { messages }) };
  await boundCost(deps, { tenant_id, key_id, lane: "standard", variables, options }).catch((thrown: unknown) => {
    const { errors = [] } = toAppError(thrown);
    if (errors.some(({ path }) => path === "max_cost_usd")) throw thrown;
  });
}
