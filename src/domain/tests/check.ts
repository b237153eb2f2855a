import type { FinishReason } from "../completions/completion.ts";
import { parseArguments, type ToolCall } from "../completions/tools.ts";
import { MAX_OUTPUT_LENGTH, validateOutput } from "../completions/output-schema.ts";
import { compilePattern, matchingSteps } from "../json-schema/pattern.ts";
import { MAX_STEPS } from "../json-schema/validate.ts";
import { stableJson } from "../../lib/stable-json.ts";
import type { Assertion } from "./assertion.ts";
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

/** What a judge says of an answer. `score` in [0, 1]. */
export interface Verdict {
  passed: boolean;
  score: number;
  reason: string;
}

/** The least score of a graded assertion without a threshold. */
const DEFAULT_THRESHOLDS = { keywords: 1, edit_similarity: 0.8, token_overlap: 0.8 };
/** The longest detail and the longest quotation in one, in UTF-16 units. */
const MAX_DETAIL = 400;
const MAX_QUOTE = 120;
const NANOUSD_PER_USD = 1e9;

/** How models begin to refuse. A provider's own filter says so in the finish reason. */
const REFUSAL =
  /^\W*(?:i(?:['’]m| am) (?:very |so |really )?(?:sorry|unable|not able|afraid)|sorry,|i (?:can['’]?t|cannot|can not|won['’]?t|will not|must decline)|as an ai\b|unfortunately,? i (?:can|am|['’]m))/i;

/** What an assertion finds before it is negated and weighed. */
interface Finding {
  score: number;
  /** Whether the score is enough; where absent, 1 is. */
  passed?: boolean;
  detail: string;
}

/** Checks an assertion against an answer. `verdict` is the judge's, for a rubric. Never throws. */
export function checkAssertion(assertion: Assertion, observed: Observed, verdict?: Verdict): Check {
  const { type, threshold, weight = 1, not = false } = assertion;
  const found = type === "llm_rubric" ? judged(assertion, verdict) : findingOf(assertion, observed);
  const least =
    threshold ?? (type in DEFAULT_THRESHOLDS ? DEFAULT_THRESHOLDS[type as keyof typeof DEFAULT_THRESHOLDS] : 1);
  const passed = found.passed ?? found.score >= least;
  return {
    kind: not ? `not ${type}` : type,
    passed: passed !== not,
    score: not ? 1 - found.score : found.score,
    weight,
    detail: shorten(not ? `expected the opposite: ${found.detail}` : found.detail, MAX_DETAIL),
  };
}

/** The check that stands for all assertions of an answer that was never given. */
export function failedCheck(kind: string, detail: string): Check {
  return { kind, passed: false, score: 0, weight: 1, detail: shorten(detail, MAX_DETAIL) };
}

function judged({ threshold, value }: Assertion, verdict: Verdict | undefined): Finding {
  if (!verdict) return { score: 0, passed: false, detail: "there was no verdict of the judge" };
  const { score, reason } = verdict;
  const passed = threshold === undefined ? verdict.passed : score >= threshold;
  return { score, passed, detail: `expected ${quote(value)}; the judge gave ${round(score)}: ${reason}` };
}

function findingOf(assertion: Exclude<Assertion, { type: "llm_rubric" }>, observed: Observed): Finding {
  const { output } = observed;
  switch (assertion.type) {
    case "equals":
      return equals(assertion, output);
    case "contains":
      return listed([assertion.value], "contain", output, assertion.ignore_case);
    case "contains_all":
      return listed(assertion.value, "contain all of", output, assertion.ignore_case);
    case "contains_any":
      return anyOf(assertion.value, output, assertion.ignore_case);
    case "starts_with": {
      const [text, start] = cased([output.trimStart(), assertion.value], assertion.ignore_case);
      return yesOrNo((text ?? "").startsWith(start ?? ""), `expected a start with ${quote(assertion.value)}`, output);
    }
    case "regex":
      return matches(assertion.value, output);
    case "is_json":
      return fitsSchema({}, output);
    case "json_schema":
      return fitsSchema(assertion.value, output);
    case "json_path":
      return atPath(assertion, output);
    case "keywords":
      return listed(assertion.value, "mention", output, true);
    case "edit_similarity":
      return likeness(editSimilarity(output, assertion.value), assertion.value, output);
    case "token_overlap":
      return likeness(tokenOverlap(output, assertion.value), assertion.value, output);
    case "tool_call":
      return callsTool(assertion.value, observed.tool_calls);
    case "refusal":
      return yesOrNo(isRefusal(observed), "expected a refusal", output);
    case "min_length":
      return binary(
        lengthOf(output) >= assertion.value,
        `expected ${assertion.value} or more; saw ${lengthOf(output)}`,
      );
    case "max_length":
      return atMost(assertion.value, lengthOf(output), "characters");
    case "max_latency_ms":
      return atMost(assertion.value, observed.latency_ms, "ms");
    case "max_cost_usd":
      return atMost(assertion.value, usdOf(observed.cost_nanousd), "USD");
    case "max_tokens":
      return atMost(assertion.value, observed.tokens, "tokens");
  }
}

function atMost(most: number, seen: number | null, unit: string): Finding {
  return binary(seen !== null && seen <= most, `expected at most ${most} ${unit}; saw ${seen ?? "no known price"}`);
}

function usdOf(nanousd: number | null): number | null {
  return nanousd === null ? null : nanousd / NANOUSD_PER_USD;
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}

/** A text is compared as a text; any other value with the JSON of the answer. */
function equals({ value, ignore_case }: Extract<Assertion, { type: "equals" }>, output: string): Finding {
  const expected = `expected ${quote(value)}`;
  if (typeof value !== "string") {
    const json = jsonOf(output);
    return yesOrNo(json !== undefined && stableJson(json.value) === stableJson(value), expected, output);
  }
  const [text, wanted] = cased([output.trim(), value.trim()], ignore_case);
  return yesOrNo(text === wanted, expected, output);
}

/** The score is the share of the texts that are there. */
function listed(texts: readonly string[], verb: string, output: string, ignoreCase?: boolean): Finding {
  const [text = ""] = cased([output], ignoreCase);
  const missing = texts.filter((each) => !text.includes(cased([each], ignoreCase)[0] ?? ""));
  const lacks = missing.length === 0 ? "" : `; ${missing.map(quote).join(", ")} missing in ${quote(output)}`;
  return {
    score: 1 - missing.length / texts.length,
    detail: `expected the answer to ${verb} ${texts.map(quote).join(", ")}${lacks}`,
  };
}

function anyOf(texts: readonly string[], output: string, ignoreCase?: boolean): Finding {
  const [text = ""] = cased([output], ignoreCase);
  const found = texts.some((each) => text.includes(cased([each], ignoreCase)[0] ?? ""));
  return yesOrNo(found, `expected one of ${texts.map(quote).join(", ")}`, output);
}

function matches(pattern: string, output: string): Finding {
  const expected = `expected a match of ${quote(pattern)}`;
  try {
    const automaton = compilePattern(pattern);
    if (matchingSteps(automaton, output.length) > MAX_STEPS)
      return binary(false, `${expected}; the answer is too long`);
    return yesOrNo(automaton.matcher(output).find(), expected, output);
  } catch {
    return binary(false, `${expected}; the pattern cannot be followed`);
  }
}

function fitsSchema(schema: Record<string, unknown>, output: string): Finding {
  const result = validateOutput(schema, output);
  if (result.ok) return binary(true, "expected JSON of the schema, and saw it");
  const faults = result.errors.map(({ path, message }) => `${path} ${message}`).join("; ");
  return binary(false, `expected JSON of the schema; ${faults}; saw ${quote(output)}`);
}

function atPath({ path = "", value }: Extract<Assertion, { type: "json_path" }>, output: string): Finding {
  const expected = `expected ${quote(value)} at ${path}`;
  const json = jsonOf(output);
  if (!json) return binary(false, `${expected}; the answer is no JSON: ${quote(output)}`);
  const seen = valueAt(json.value, path);
  const is = seen !== undefined && stableJson(seen) === stableJson(value);
  return binary(is, `${expected}; saw ${seen === undefined ? "nothing" : quote(seen)}`);
}

function likeness(score: number, value: string, output: string): Finding {
  return {
    score,
    detail: `expected a likeness of ${quote(value)}; saw ${quote(output)}, which scores ${round(score)}`,
  };
}

/** A call counts if it has the name and all of the expected arguments; it may have more. */
function callsTool(wanted: { name: string; arguments?: Record<string, unknown> }, calls: readonly ToolCall[]): Finding {
  const given = calls.map((call) => ({ name: call.name, arguments: parseArguments(call.arguments) }));
  const found = given.some(({ name, arguments: args }) => {
    if (name !== wanted.name) return false;
    return Object.entries(wanted.arguments ?? {}).every(
      ([key, value]) => stableJson(valueAt(args, key) ?? null) === stableJson(value),
    );
  });
  return binary(found, `expected the call ${quote(wanted)}; saw ${given.length === 0 ? "none" : quote(given)}`);
}

function isRefusal({ output, finish_reason }: Observed): boolean {
  return finish_reason === "content_filter" || REFUSAL.test(output.slice(0, 200));
}

/** The JSON of an answer, without a code fence around it; undefined where it is none. */
function jsonOf(output: string): { value: unknown } | undefined {
  if (output.length > MAX_OUTPUT_LENGTH) return undefined;
  const parsed = validateOutput({}, output);
  return parsed.ok ? { value: parsed.value } : undefined;
}

function binary(passed: boolean, detail: string): Finding {
  return { score: passed ? 1 : 0, detail };
}

function yesOrNo(passed: boolean, expected: string, output: string): Finding {
  return binary(passed, `${expected}; saw ${quote(output)}`);
}

function cased(texts: string[], ignoreCase = false): string[] {
  return ignoreCase ? texts.map((text) => text.toLowerCase()) : texts;
}

function quote(value: unknown): string {
  return shorten(
    typeof value === "string" ? `“${shorten(value, MAX_QUOTE)}”` : (JSON.stringify(value) ?? ""),
    MAX_QUOTE + 2,
  );
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`;
}

function round(score: number): number {
  return Math.round(score * 1_000) / 1_000;
}
