import type { OperationResult } from "../../../client/index.ts";

/** A run of a chain. */
export type ShownChainRun = OperationResult<"GET /v1/chain-runs/{id}">;
/** A step of a run. */
export type RunStep = ShownChainRun["steps"][number];
/** How a step stands. */
export type StepStatus = RunStep["status"];

/** What the events of a run have told so far. */
export interface FollowedRun {
  id: string | null;
  steps: RunStep[];
  /** The text of the last step. */
  text: string;
  /** The run once it has ended, or goes on in the queue. */
  run: ShownChainRun | null;
  /** Why the stream ended too early. */
  fault: { code: string; detail: string } | null;
}

/** What is known before the first event. */
export const NOTHING_FOLLOWED: FollowedRun = { id: null, steps: [], text: "", run: null, fault: null };

/**
 * What is known after one more event of a run's stream. `last` is the step that gives the result:
 * where it is made again, its text begins anew.
 */
export function withRunEvent(known: FollowedRun, event: string, value: unknown, last: string): FollowedRun {
  switch (event) {
    case "start":
      return { ...known, id: (value as { id: string }).id };
    case "step":
      return { ...known, steps: withStep(known.steps, value as RunStep) };
    case "delta":
      return { ...known, text: known.text + (value as { text: string }).text };
    case "retry":
      return (value as { step: string }).step === last ? { ...known, text: "" } : known;
    case "done": {
      const run = value as ShownChainRun;
      return { ...known, run, id: run.id, steps: run.steps };
    }
    case "error":
      return { ...known, fault: value as { code: string; detail: string } };
    default:
      return known;
  }
}

function withStep(steps: readonly RunStep[], step: RunStep): RunStep[] {
  const isKnown = steps.some(({ id }) => id === step.id);
  return isKnown ? steps.map((each) => (each.id === step.id ? step : each)) : [...steps, step];
}

/** Whether a step begins no more execution. */
export function hasEnded({ status }: Pick<RunStep, "status">): boolean {
  return status !== "pending" && status !== "running";
}

/** The output of a step as a text; a list has a paragraph for each item. */
export function outputText(output: RunStep["output"]): string | null {
  if (!Array.isArray(output)) return output;
  return output.map((each, index) => `${index + 1}. ${each ?? "–"}`).join("\n\n");
}
