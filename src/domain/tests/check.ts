import type { FinishReason } from "../completions/completion.ts";
import { parseArguments, type ToolCall } from "../completions/tools.ts";
import { validateOutput } from "../completions/output-schema.ts";
import { compilePattern, matchingSteps } from "../json-schema/pattern.ts";
import type { JsonSchema } from "../json-schema/schema.ts";
import { MAX_STEPS } from "../json-schema/validate.ts";
import { isRecord } from "../json-schema/values.ts";
import { stableJson } from "../../lib/stable-json.ts";
import type { Assertion, AssertionType, ExpectedCall } from "./assertion.ts";
import { valueAt } from "./json-path.ts";
import { editSimilarity, tokenOverlap } from "./similarity.ts";

/** What is known of an answer that assertions are about. Times in ms, money in nano-dollars. */
export interface Observed {
  output: string;
  tool_calls: readonly ToolCall[];
  finish_reason: FinishReason | null;
  latency_ms: number;
  /** Null where no price is known. */
  cost_nanousd: number | null;
  tokens: number;
}

/** The result of one assertion. `score` in [0, 1]; `detail` says what was expected and seen. */
export interface Check {
  kind: string;
  passed: boolean;
  score: number;
  weight: number;
  detail: string;
}

/** What a model says of an answer, a judge or one that makes vectors. `score` in [0, 1]. */
export interface Verdict {
  passed: boolean;
  score: number;
  reason: string;
  /** Whether it could say nothing, so that neither the assertion nor its opposite is met. */
  isMissing?: true;
}

/** The least score of a graded assertion without a threshold. */
const DEFAULT_THRESHOLDS: Partial<Record<AssertionType, number>> = {
  edit_similarity: 0.8,
  token_overlap: 0.8,
  embedding_similarity: 0.8,
};
/** The longest detail and the longest quotation in one, in UTF-16 units. */
const MAX_DETAIL = 400;
const MAX_QUOTE = 120;
const NANOUSD_PER_USD = 1e9;

/** How models begin to refuse. A provider's own filter says so in the finish reason. */
const REFUSAL =
  /^\W*(?:i(?:['’]m| am) (?:very |so |really )?(?:sorry|unable|not able|afraid)|sorry,|i (?:can['’]?t|cannot|can not|won['’]?t|will not|must decline)|as an ai\b|unfortunately,? i (?:can|am|['’]m))/i;
const REFUSAL_LENGTH = 200;

/** What an assertion finds before it is negated and weighed. */
interface Finding {
  score: number;
  /** Whether the score is enough; where absent, the threshold says so. */
  passed?: boolean;
  /** What was seen, where that is not the answer's text. */
  seen?: string;
  /** Whether nothing could be found out: the opposite is not met either. */
  isUnknown?: boolean;
}

/** An assertion that a model has to be asked about. */
export type AskedAssertion = Extract<Assertion, { type: "llm_rubric" | "embedding_similarity" }>;

/** Whether a model has to be asked about an assertion: its verdict belongs to the check. */
export function isAsked(assertion: Assertion): assertion is AskedAssertion {
  return assertion.type === "llm_rubric" || assertion.type === "embedding_similarity";
}

/** Checks an assertion against an answer, with the verdict of whom it asks. Never throws. */
export function checkAssertion(assertion: Assertion, observed: Observed, verdict?: Verdict): Check {
  const { type, value, path, weight = 1, not = false } = assertion;
  const kind = not ? `not ${type}` : type;
  const threshold = assertion.threshold ?? DEFAULT_THRESHOLDS[type] ?? 1;
  const found = isAsked(assertion) ? judged(assertion, verdict) : findingOf(assertion, observed);
  const { score, passed = score >= threshold, seen = quote(observed.output), isUnknown = false } = found;
  const expected = [kind, path, value === undefined ? undefined : quote(value)].filter((each) => each !== undefined);
  return {
    kind,
    passed: !isUnknown && passed !== not,
    score: not && !isUnknown ? 1 - score : score,
    weight,
    detail: shorten(`expected ${expected.join(" ")}; saw ${seen}`, MAX_DETAIL),
  };
}

/** The check that stands for all assertions of an answer that was never given. */
export function failedCheck(kind: string, detail: string): Check {
  return { kind, passed: false, score: 0, weight: 1, detail: shorten(detail, MAX_DETAIL) };
}

function judged({ type, threshold = DEFAULT_THRESHOLDS[type], model }: Assertion, verdict?: Verdict): Finding {
  if (!verdict) return unknown("no verdict");
  const { score, reason, isMissing = false } = verdict;
  const passed = threshold === undefined ? verdict.passed : score >= threshold;
  return { score, passed, seen: `${round(score)} by ${model ?? "the judge"}: ${reason}`, isUnknown: isMissing };
}

function findingOf(assertion: Exclude<Assertion, AskedAssertion>, observed: Observed): Finding {
  const { type, value, ignore_case = false } = assertion;
  const output = ignore_case || type === "keywords" ? observed.output.toLowerCase() : observed.output;
  const cased = (text: string) => (ignore_case || type === "keywords" ? text.toLowerCase() : text);
  const has = (text: string) => output.includes(cased(text));
  switch (type) {
    case "equals":
      return binary(typeof value === "string" ? output.trim() === cased(value.trim()) : equalsJson(output, value));
    case "contains":
      return binary(has(value));
    case "contains_all":
    case "keywords":
      return { score: value.filter(has).length / value.length };
    case "contains_any":
      return binary(value.some(has));
    case "starts_with":
      return binary(output.trimStart().startsWith(cased(value)));
    case "regex":
      return matches(value, output);
    case "is_json":
      return fitsSchema({}, output);
    case "json_schema":
      return fitsSchema(value, output);
    case "json_path":
      return atPath(assertion, output);
    case "edit_similarity":
      return likeness(editSimilarity(output, cased(value)), output);
    case "token_overlap":
      return likeness(tokenOverlap(output, value), output);
    case "tool_call":
      return callsTool(value, observed.tool_calls);
    case "refusal":
      return binary(observed.finish_reason === "content_filter" || REFUSAL.test(output.slice(0, REFUSAL_LENGTH)));
    case "min_length":
    case "max_length":
    case "max_latency_ms":
    case "max_cost_usd":
    case "max_tokens":
      break;
  }
  return withinBound(assertion, observed);
}

type Bound = Extract<Assertion, { value: number }>;

function withinBound({ type, value }: Bound, { output, latency_ms, cost_nanousd, tokens }: Observed): Finding {
  switch (type) {
    case "min_length":
      return binary(lengthOf(output) >= value, `${lengthOf(output)} characters`);
    case "max_length":
      return binary(lengthOf(output) <= value, `${lengthOf(output)} characters`);
    case "max_latency_ms":
      return binary(latency_ms <= value, `${latency_ms} ms`);
    case "max_cost_usd":
      return costs(value, cost_nanousd);
    case "max_tokens":
      break;
  }
  return binary(tokens <= value, `${tokens} tokens`);
}

function costs(most: number, nanousd: number | null): Finding {
  if (nanousd === null) return unknown("no known price");
  const usd = nanousd / NANOUSD_PER_USD;
  return binary(usd <= most, `${usd} USD`);
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}

function matches(pattern: string, output: string): Finding {
  try {
    const automaton = compilePattern(pattern);
    const isLong = matchingSteps(automaton, output.length) > MAX_STEPS;
    return isLong ? unknown("an answer that is too long") : binary(automaton.matcher(output).find());
  } catch {
    return unknown("a pattern that cannot be followed");
  }
}

function fitsSchema(schema: JsonSchema, output: string): Finding {
  const result = validateOutput(schema, output);
  if (result.ok) return binary(true);
  const faults = result.errors.map(({ path, message }) => `${path} ${message}`);
  const isUnknown = result.errors.some(({ path }) => path === "output_schema");
  return { ...binary(false, `${faults.join("; ")} in ${quote(output)}`), isUnknown };
}

function equalsJson(output: string, value: unknown): boolean {
  const json = validateOutput({}, output);
  return json.ok && stableJson(json.value) === stableJson(value);
}

function atPath({ path = "", value }: Extract<Assertion, { type: "json_path" }>, output: string): Finding {
  const json = validateOutput({}, output);
  if (!json.ok) return fitsSchema({}, output);
  const seen = valueAt(json.value, path);
  return binary(seen !== undefined && stableJson(seen) === stableJson(value), quote(seen));
}

function likeness(score: number, output: string): Finding {
  return { score, seen: `${quote(output)}, which scores ${round(score)}` };
}

/** A call counts if it has the name and all of the expected arguments; it may have more. */
function callsTool({ name, arguments: wanted = {} }: ExpectedCall, calls: readonly ToolCall[]): Finding {
  const given = calls.map((call) => ({ name: call.name, arguments: parseArguments(call.arguments) }));
  const found = given.some((call) => {
    const args = isRecord(call.arguments) ? call.arguments : {};
    return (
      call.name === name && Object.entries(wanted).every(([key, value]) => stableJson(args[key]) === stableJson(value))
    );
  });
  return binary(found, quote(given));
}

function binary(passed: boolean, seen?: string): Finding {
  return { score: passed ? 1 : 0, ...(seen !== undefined && { seen }) };
}

/** What a check finds that cannot be made. */
function unknown(seen: string): Finding {
  return { score: 0, passed: false, seen, isUnknown: true };
}

function quote(value: unknown): string {
  if (typeof value === "string") return `“${shorten(value, MAX_QUOTE)}”`;
  return shorten(JSON.stringify(value) ?? "nothing", MAX_QUOTE);
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`;
}

function round(score: number): number {
  return Math.round(score * 1_000) / 1_000;
}
