import { AppError, invalid } from "../errors.ts";
import type { ExecutionError } from "../executions/execution.ts";
import { type ChainStep, MAX_FAN_OUT } from "./chain.ts";
import type { ChainItem, ChainPlan, ChainRunStatus, StepAnswer } from "./chain-run.ts";
import type { EvaluateTemplate } from "../template/render-template.ts";
import { evaluateCondition, evaluatorOf, prepareValue, type StepScope } from "./step-template.ts";

/**
 * How a step ended. It is skipped because of its own condition, or of a step that it needs:
 * `failure` says whether a step that failed is behind it.
 */
export type StepEnd =
  | { status: "succeeded"; answers: readonly StepAnswer[] }
  | { status: "failed"; error: ExecutionError }
  | { status: "skipped"; failure: boolean; reason: string };

/** One execution that a step needs. */
export interface StepCall {
  step: ChainStep;
  item: number;
  /** Made anew at each read. */
  readonly variables: Record<string, unknown>;
}

/** How a step stands: it waits for others, its executions are to be made, or it has ended. */
export interface StepState {
  step: ChainStep;
  /** Those of the step; none while it waits, and none once it has ended. */
  calls: StepCall[];
  end?: StepEnd;
}

/**
 * How each step of a run stands by the items that have ended, in the order of the file. The same
 * items always give the same, so that whoever takes up a run goes on where the last one was.
 * `earlier`: how the run stood before, which saves evaluating its templates again.
 */
export function standOf(
  { definition, inputs }: Pick<ChainPlan, "definition" | "inputs">,
  items: readonly ChainItem[],
  earlier: readonly StepState[] = [],
): StepState[] {
  const byStep = Map.groupBy(items, ({ step }) => step);
  const states = new Map<string, StepState>();
  for (const { step, calls, end } of earlier) {
    if (!end && calls.length === 0) continue;
    states.set(step.id, end ? { step, calls, end } : foldItems(step, calls, byStep.get(step.id) ?? []));
  }
  const { steps } = definition;
  for (let before = -1; before < states.size;) {
    before = states.size;
    for (const step of steps) {
      if (states.has(step.id) || !step.needs.every((need) => states.get(need)?.end)) continue;
      states.set(step.id, stateOf(step, { inputs, states, items: byStep.get(step.id) ?? [] }));
    }
  }
  return steps.map((step) => states.get(step.id) ?? { step, calls: [] });
}

interface Before {
  inputs: Record<string, unknown>;
  states: ReadonlyMap<string, StepState>;
  items: readonly ChainItem[];
}

/** The state of a step, all of whose needs have ended. */
function stateOf(step: ChainStep, before: Before): StepState {
  const needs = step.needs.map((id) => ({ id, end: before.states.get(id)?.end }));
  const failed = needs.find(({ end }) => end?.status === "failed" || (end?.status === "skipped" && end.failure));
  if (failed)
    return skipped(step, true, `steps.${failed.id} ${failed.end?.status === "failed" ? "failed" : "was skipped"}`);
  let calls: StepCall[] | undefined;
  try {
    calls = callsOf(step, scopeOf(before, needs));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    // What a step that was skipped did not give may be needed here, or there may be a default.
    const missing = needs.find(({ end }) => end?.status === "skipped");
    if (missing) return skipped(step, false, `steps.${missing.id} was skipped`);
    return { step, calls: [], end: { status: "failed", error: { code: error.code, detail: error.detail } } };
  }
  if (!calls) return skipped(step, false, "its condition is false");
  return foldItems(step, calls, before.items);
}

function skipped(step: ChainStep, failure: boolean, reason: string): StepState {
  return { step, calls: [], end: { status: "skipped", failure, reason } };
}

/**
 * The executions of a step; undefined where its condition does not hold. All their variables are
 * made here, to see that they can be, and made again when they are read: those of all the steps of
 * a run may take more memory than there is.
 */
function callsOf(step: ChainStep, scope: StepScope): StepCall[] | undefined {
  const path = `steps.${step.id}`;
  const evaluate = evaluatorOf(scope);
  if (step.when !== undefined && !evaluateCondition(step.when, `${path}.when`, evaluate)) return undefined;
  const prepared = prepareValue(step.variables, `${path}.variables`);
  const list = step.for_each === undefined ? undefined : prepareValue(step.for_each, `${path}.for_each`);
  const itemsOf = (by: EvaluateTemplate) => (list ? itemScopes(list(by), `${path}.for_each`) : [undefined]);
  const items = itemsOf(evaluate);
  for (const more of items) prepared(evaluate, more);
  return items.map((_more, item) => ({
    step,
    item,
    get variables() {
      const again = evaluatorOf(scope);
      return prepared(again, itemsOf(again)[item]) as StepCall["variables"];
    },
  }));
}

/** What the templates of each item may read. */
function itemScopes(list: unknown, path: string): StepScope[] {
  if (!Array.isArray(list)) throw invalid([{ path, message: "must give a list" }]);
  if (list.length > MAX_FAN_OUT) {
    throw invalid([{ path, message: `gives ${list.length} items; a step has at most ${MAX_FAN_OUT}` }]);
  }
  return list.map((item: unknown, index) => ({ item, index }));
}

function scopeOf({ inputs, states }: Before, needs: readonly { id: string; end: StepEnd | undefined }[]): StepScope {
  const steps = needs.map(({ id, end }) => [id, readableOf(end, states.get(id)?.step.for_each !== undefined)]);
  return { inputs, steps: Object.fromEntries(steps) as StepScope };
}

/**
 * What templates may read of a step that ended: lists where it has items. One that was skipped has
 * its status alone.
 */
function readableOf(end: StepEnd | undefined, hasItems: boolean): StepScope {
  if (end?.status !== "succeeded") return { status: end?.status };
  const { status, answers } = end;
  const listOf = (key: "output" | "output_json" | "tool_calls") => answers.map((each) => each[key] ?? null);
  if (hasItems) {
    return { status, output: listOf("output"), output_json: listOf("output_json"), tool_calls: listOf("tool_calls") };
  }
  const { output, output_json, tool_calls } = answers[0] ?? {};
  return { status, output, ...(output_json !== undefined && { output_json }), ...(tool_calls && { tool_calls }) };
}

/** A step by those of its items that have ended. Once it has, nobody needs its variables. */
function foldItems(step: ChainStep, calls: StepCall[], items: readonly ChainItem[]): StepState {
  const ends = items.toSorted((a, b) => a.item - b.item).flatMap(({ end }) => (end ? [end] : []));
  if (ends.length < calls.length) return { step, calls };
  const failures = ends.filter((end) => end.status === "failed");
  const [first] = failures;
  if (!first) {
    const answers = ends.filter((end) => end.status === "succeeded");
    return { step, calls: [], end: { status: "succeeded", answers } };
  }
  const of = step.for_each === undefined ? "" : `${failures.length} of ${calls.length} items failed, the first: `;
  return {
    step,
    calls: [],
    end: { status: "failed", error: { ...first.error, detail: `${of}${first.error.detail}` } },
  };
}

/** How a run stands by its steps; `running` until each has ended. The last step has the result. */
export function statusOf(states: readonly StepState[]): Exclude<ChainRunStatus, "cancelled"> {
  if (states.some(({ end }) => !end)) return "running";
  if (states.every(({ end }) => end?.status !== "failed")) return "succeeded";
  const last = states.at(-1)?.end;
  return last?.status === "succeeded" || (last?.status === "skipped" && !last.failure) ? "partial" : "failed";
}

/** The output of a step that succeeded: a list where it has items; null for any other step. */
export function outputOf({ step, end }: StepState): (string | null)[] | string | null {
  if (end?.status !== "succeeded") return null;
  const outputs = end.answers.map(({ output }) => output);
  return step.for_each === undefined ? (outputs[0] ?? null) : outputs;
}
