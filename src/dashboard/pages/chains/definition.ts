import type { OperationResult } from "../../../client/index.ts";
import type { ChainDefinition, ChainStep } from "../../../domain/chains/chain.ts";
import type { GraphStep } from "./graph-layout.ts";

/** A version of a chain. */
export type ShownChain = Exclude<OperationResult<"GET /v1/chains/{name}">, string>;

/** A step of a version as its file says it, with the steps that it reads. */
export type DefinedStep = Omit<ChainStep, "needs" | "retries" | "variables"> &
  Partial<Pick<ChainStep, "retries" | "variables">> & { needs: string[] };

/** The steps of a version in the order of its file. */
export function stepsOf({ definition, steps }: ShownChain): DefinedStep[] {
  const needs = new Map(steps.map((step) => [step.id, step.needs]));
  return (definition.steps as unknown as DefinedStep[]).map((step) => ({ ...step, needs: needs.get(step.id) ?? [] }));
}

/** A step as it is drawn. */
export interface DrawnStep extends GraphStep {
  prompt: string;
  /** What it is besides: conditional, repeated, tried again. */
  note?: string | undefined;
  /** How it stands in a run. */
  status?: string | undefined;
}

/** What a version declares as its inputs. */
export function inputsOf({ definition }: ShownChain): ChainDefinition["inputs"] {
  return definition.inputs as ChainDefinition["inputs"];
}

/** A step for the drawing, with how it stands in a run. */
export function drawnStep(step: DefinedStep, status?: string): DrawnStep {
  const notes = [
    step.when === undefined ? "" : "when",
    step.for_each === undefined ? "" : "for each",
    step.retries ? `${step.retries} ${step.retries === 1 ? "retry" : "retries"}` : "",
  ].filter(Boolean);
  return { id: step.id, prompt: step.prompt, needs: step.needs, note: notes.join(", "), status };
}
