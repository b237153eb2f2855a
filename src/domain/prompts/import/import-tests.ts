import { MAX_ASSERTIONS } from "../../tests/assertion.ts";
import { assertionsSchema, type PromptTest, toTestCase } from "../../tests/test-case.ts";
import type { Findings } from "./findings.ts";
import { Fields, isMapping, isTextList } from "./findings.ts";

/** Reads `tests` (or `test_cases`). Adds faults and warnings to `findings`. */
export function importTests(raw: unknown, findings: Findings): PromptTest[] {
  if (raw === undefined) return [];
  if (!Array.isArray(raw)) {
    findings.fault("tests", "must be a list");
    return [];
  }
  return raw.flatMap((item: unknown, at) => {
    if (isMapping(item)) return [importTest(item, at, findings)];
    findings.fault(`tests.${at}`, "must be a mapping with inputs");
    return [];
  });
}

function importTest(item: Record<string, unknown>, at: number, findings: Findings): PromptTest {
  const path = `tests.${at}`;
  const fields = new Fields(item);
  const name = fields.take("name") ?? fields.take("description") ?? `test ${at + 1}`;
  if (typeof name !== "string") findings.fault(`${path}.name`, "must be a text");
  const inputs = fields.take("inputs") ?? fields.take("variables") ?? fields.take("input") ?? {};
  if (!isMapping(inputs)) findings.fault(`${path}.inputs`, "must be a mapping of variables");
  const test: PromptTest = { name: typeof name === "string" ? name : "", inputs: isMapping(inputs) ? inputs : {} };
  const expected = fields.take("expected") ?? fields.take("expected_output");
  if (expected !== undefined) test.expected = expected;
  for (const key of ["expected_contains", "expected_keywords"] as const) {
    const value = fields.take(key);
    const texts = typeof value === "string" ? [value] : value;
    if (isTextList(texts)) test[key] = texts;
    else if (texts !== undefined) findings.fault(`${path}.${key}`, "must be a text or a list of texts");
  }
  for (const key of ["expected_criteria", "quality_criteria"] as const) {
    const value = fields.take(key);
    if (value !== undefined) test[key] = value;
  }
  const least = fields.take("min_score");
  if (typeof least === "number" && least >= 0 && least <= 1) test.min_score = least;
  else if (least !== undefined) findings.fault(`${path}.min_score`, "must be a number from 0 to 1");
  const longest = fields.take("max_length");
  if (typeof longest === "number") test.max_length = longest;
  else if (longest !== undefined) findings.fault(`${path}.max_length`, "must be a number");
  importAssertions(test, fields.take("assertions"), { path, findings });
  // Each rubric asks a judge, so a list of them without end would be calls without end.
  const { length } = toTestCase(test).assertions;
  if (length > MAX_ASSERTIONS) findings.fault(path, `has ${length} assertions, at most ${MAX_ASSERTIONS} are allowed`);
  for (const [key] of fields.rest()) findings.warn(`${path}.${key} is not known and has no effect.`);
  return test;
}

/** A faulty assertion is a fault: a test that leaves it out would pass for the wrong reason. */
function importAssertions(
  test: PromptTest,
  raw: unknown,
  { path, findings }: { path: string; findings: Findings },
): void {
  if (raw === undefined) return;
  const parsed = assertionsSchema.safeParse(raw);
  if (parsed.success) test.assertions = parsed.data;
  for (const issue of parsed.error?.issues ?? []) {
    findings.fault([path, "assertions", ...issue.path.map(String)].join("."), issue.message);
  }
}
