import type { OperationBody } from "../../../client/index.ts";
import { numberOf } from "../../ui/number-of.ts";
import { versionOf } from "./version-choice.ts";

type CompareBody = OperationBody<"POST /v1/compare">;

/** A subject as the form holds it. */
export interface SubjectChoice {
  /** As `versionOptions` has it. */
  version: string;
  model: string;
}

/** What the form of a comparison holds. */
export interface ComparisonForm {
  prompt: string;
  subjects: readonly SubjectChoice[];
  /** The tests of the newest version, or `inputs`. */
  source: "tests" | "inputs";
  /** Variables, one JSON object a line. */
  inputs: string;
  isJudged: boolean;
  criteria: string;
  judgeModel: string;
  repeat: string;
  maxCost: string;
}

/** The fewest and most subjects of a comparison. */
export const SUBJECTS = { least: 2, most: 6 } as const;

/** The request of a form. Throws an Error that names the line of an input that is no JSON object. */
export function comparisonBody(form: ComparisonForm): CompareBody {
  const { criteria, judgeModel } = form;
  return {
    prompt: form.prompt,
    subjects: form.subjects.map(({ version, model }) => ({
      ...versionOf(version),
      ...(model.trim() !== "" && { model: model.trim() }),
    })),
    ...(form.source === "tests" ? { tests: true as const } : { inputs: inputsOf(form.inputs) }),
    ...(form.isJudged && {
      judge: {
        ...(criteria.trim() !== "" && { criteria: criteria.trim() }),
        ...(judgeModel.trim() !== "" && { model: judgeModel.trim() }),
      },
    }),
    repeat: numberOf(form.repeat),
    max_cost_usd: numberOf(form.maxCost),
  };
}

/** The variables in a text of one JSON object a line. */
export function inputsOf(text: string): Record<string, unknown>[] {
  const inputs = text
    .split("\n")
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== "")
    .map(({ line, number }) => inputOf(line, number));
  if (inputs.length === 0) throw new Error("Inputs: give at least one line of variables.");
  return inputs;
}

function inputOf(line: string, number: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Error(`Inputs: line ${number} is not JSON.`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(`Inputs: line ${number} is not a JSON object of variables.`);
  }
  return value as Record<string, unknown>;
}
