import { invalid } from "../errors.ts";
import { createEvaluator, type EvaluateTemplate } from "../template/render-template.ts";
import { type ParsedTemplate, parseTemplate } from "../template/parse-template.ts";

/** Whether a text is a template: any other stands for itself. */
const TEMPLATE = /\{[{%#]/;

/**
 * Parses a text of a chain; undefined where it is no template. White space around a lone
 * expression, as a block of YAML has it, is no part of it.
 */
export function parseStepTemplate(text: string, path: string): ParsedTemplate | undefined {
  if (!TEMPLATE.test(text)) return undefined;
  const trimmed = parseTemplate(text.trim(), path);
  const [only, ...more] = trimmed.program.body;
  return only?.type === "Output" && more.length === 0 ? trimmed : parseTemplate(text, path);
}

/** Calls `visit` with each text in a value of a chain, and its dotted path. */
export function eachText(value: unknown, path: string, visit: (text: string, path: string) => void): void {
  if (typeof value === "string") visit(value, path);
  else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) eachText(item, `${path}.${key}`, visit);
  }
}

/** What templates of a step may read. */
export type StepScope = Record<string, unknown>;

/**
 * What all templates of a step may spend together, however many items it has: the variables of all
 * of them are made at once, to see that they can be.
 */
const STEP_LIMITS = { steps: 100_000 };

/** An evaluator of a step's templates. */
export function evaluatorOf(scope: StepScope): EvaluateTemplate {
  return createEvaluator(scope, STEP_LIMITS);
}

/** Gives a value of a chain with its templates evaluated, for `more` to read. */
export type PreparedValue = (evaluate: EvaluateTemplate, more?: StepScope) => unknown;

/**
 * Parses the templates of a value once. What it returns throws `validation_error` at their path.
 */
export function prepareValue(value: unknown, path: string): PreparedValue {
  if (typeof value === "string") {
    const template = parseStepTemplate(value, path);
    return template ? (evaluate, more) => evaluate(template, more) : () => value;
  }
  if (Array.isArray(value)) {
    const items = value.map((item, at) => prepareValue(item, `${path}.${at}`));
    return (...given) => items.map((item) => item(...given));
  }
  if (typeof value !== "object" || value === null) return () => value;
  const members = Object.entries(value).map(([key, item]) => [key, prepareValue(item, `${path}.${key}`)] as const);
  return (...given) => Object.fromEntries(members.map(([key, member]) => [key, member(...given)]));
}

/** A condition as a template: a bare expression counts as one in braces. */
export function conditionText(when: string): string {
  return TEMPLATE.test(when) ? when : `{{ ${when} }}`;
}

/**
 * Whether a condition holds. A text must say `true` or `false`, or be empty: what a model says is
 * not true for being said. Any other value counts as in Jinja.
 */
export function evaluateCondition(when: string | boolean, path: string, evaluate: EvaluateTemplate): boolean {
  const value = typeof when === "boolean" ? when : prepareValue(conditionText(when), path)(evaluate);
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  if (typeof value !== "string") return Boolean(value);
  const said = value.trim().toLowerCase();
  if (said === "true") return true;
  if (said === "false" || said === "") return false;
  throw invalid([{ path, message: `gives ${JSON.stringify(value.slice(0, 80))}, not true or false; compare it` }]);
}
