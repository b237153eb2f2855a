import * as z from "zod";
import type { Message } from "../completions/message.ts";
import { messagesSchema } from "../completions/message-schema.ts";
import { type Assertion, assertionSchema, MAX_ASSERTIONS } from "./assertion.ts";
import { type Check, checkAssertion, type Observed, type Verdict } from "./check.ts";

/** One test case as prompt files write it, in the normal shape of all dialects. */
export interface PromptTest {
  name: string;
  inputs: Record<string, unknown>;
  expected?: unknown;
  expected_contains?: string[];
  expected_keywords?: string[];
  expected_criteria?: unknown;
  quality_criteria?: unknown;
  min_score?: number;
  max_length?: number;
  /** Our own way to say what is expected. Absent where the file has none. */
  assertions?: Assertion[];
}

/** One case to be run: what the prompt is given, and what is expected of its answer. */
export interface TestCase {
  name: string;
  variables: Record<string, unknown>;
  messages?: Message[];
  assertions: Assertion[];
  /** Its share in the score of a run. */
  weight: number;
  /** The least score of the case; where absent, every assertion has to pass. */
  threshold?: number;
}

/**
 * Whether a case says what an answer may take or cost: a stored one takes no time and costs
 * nothing.
 */
export function isMeasured({ assertions }: Pick<TestCase, "assertions">): boolean {
  return assertions.some(({ type }) => type === "max_latency_ms" || type === "max_cost_usd");
}

/** The assertions of a case, as the API and prompt files write them. */
export const assertionsSchema = z.array(assertionSchema).max(MAX_ASSERTIONS);

/** A case in the body of a request. */
export const testCaseSchema = z.strictObject({
  name: z.string().min(1).max(200).describe("The name of the case"),
  variables: z.record(z.string(), z.unknown()).default({}).describe("The variables of the prompt"),
  messages: messagesSchema.optional().describe("A conversation after the prompt's own messages"),
  assertions: assertionsSchema.default([]).describe("What is expected; without any, the execution has to succeed"),
  weight: z.number().min(0).max(1_000).default(1).describe("Its share in the score of the run"),
  threshold: z.number().min(0).max(1).optional().describe("The least score; else every assertion has to pass"),
}) satisfies z.ZodType<TestCase>;

/** The case that a prompt file's test means. */
export function toTestCase(test: PromptTest): TestCase {
  const { name, inputs, min_score } = test;
  const assertions = [...written(test), ...(test.assertions ?? [])];
  return { name, variables: inputs, assertions, weight: 1, ...(min_score !== undefined && { threshold: min_score }) };
}

/** The fields of PBT's dialects as assertions. */
function written(test: PromptTest): Assertion[] {
  const { expected, expected_contains, expected_keywords, max_length, min_score } = test;
  return [
    ...(expected === undefined ? [] : [expectation({ value: expected, min_score })]),
    ...(expected_contains?.length ? [{ type: "contains_all", value: expected_contains } as const] : []),
    ...(expected_keywords?.length ? [{ type: "keywords", value: expected_keywords } as const] : []),
    ...(max_length === undefined ? [] : [{ type: "max_length", value: max_length } as const]),
    ...[test.expected_criteria, test.quality_criteria].flatMap(rubrics),
  ];
}

type Equal = Extract<Assertion, { type: "equals" }>;

/** With a least score an expected text need not be met word by word. */
function expectation({ value, min_score }: { value: Equal["value"]; min_score: number | undefined }): Assertion {
  if (typeof value !== "string" || value === "" || min_score === undefined) return { type: "equals", value };
  return { type: "token_overlap", value, threshold: min_score };
}

/** Criteria are a text, a list of texts, or texts by name: one rubric each. */
function rubrics(criteria: unknown): Assertion[] {
  if (Array.isArray(criteria)) return criteria.flatMap((each: unknown) => rubrics(each));
  if (typeof criteria === "object" && criteria !== null) {
    return Object.entries(criteria).map(([name, text]) => ({ type: "llm_rubric", value: `${name}: ${textOf(text)}` }));
  }
  return criteria === undefined || criteria === "" ? [] : [{ type: "llm_rubric", value: textOf(criteria) }];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** How an answer did in a case. `score` is the weighted mean of the checks'. */
export interface Grade {
  passed: boolean;
  score: number;
  checks: Check[];
}

/** Grades an answer. `verdicts` are the judge's, each at the place of its rubric. */
export function gradeAnswer(
  { assertions, threshold }: Pick<TestCase, "assertions" | "threshold">,
  observed: Observed,
  verdicts: readonly (Verdict | undefined)[] = [],
): Grade {
  return gradeChecks(
    assertions.map((assertion, at) => checkAssertion(assertion, observed, verdicts[at])),
    threshold,
  );
}

/** The grade of some checks. Those without weight are only reported. */
export function gradeChecks(checks: Check[], threshold?: number): Grade {
  const counted = checks.filter(({ weight }) => weight > 0);
  const total = counted.reduce((sum, { weight }) => sum + weight, 0);
  const score = total === 0 ? 1 : counted.reduce((sum, each) => sum + each.score * each.weight, 0) / total;
  const passed = threshold === undefined ? counted.every((check) => check.passed) : score >= threshold - ROUNDING;
  return { passed, score, checks };
}

/** A mean of scores that all equal the threshold may come out a little below it. */
const ROUNDING = 1e-9;
