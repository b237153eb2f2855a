import type { VariableSpec } from "../prompts/prompt.ts";

/**
 * One step of a chain: a prompt, and what it is given. Texts are Jinja templates that may read
 * `inputs`, the `steps` before it and, with `for_each`, `item` and `index`. A template that is one
 * `{{ expression }}` stands for its value, whatever its type.
 */
export interface ChainStep {
  id: string;
  prompt: string;
  version?: number;
  label?: string;
  variables: Record<string, unknown>;
  /** Whether the step runs: a template, or a bare expression. It always does where absent. */
  when?: string | boolean;
  /** A list, or a template of one: the step runs once for each of its items. */
  for_each?: string | unknown[];
  /** How often a failed execution is tried again. */
  retries: number;
  /** The steps that it reads, in the order of the file. */
  needs: string[];
}

/** A chain: steps in an order that their references give. The last one gives its result. */
export interface ChainDefinition {
  description?: string;
  inputs: Record<string, VariableSpec>;
  steps: ChainStep[];
}

/** The most steps of a chain, and the most items of one step. */
export const MAX_STEPS = 50;
export const MAX_FAN_OUT = 100;
/** The most times that a failed execution of a step is tried again. */
export const MAX_RETRIES = 5;

/** What a template may read of a step. */
export const STEP_FIELDS = ["status", "output", "output_json", "tool_calls"] as const;
