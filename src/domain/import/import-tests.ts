import type { PromptTest } from "../prompt.ts";
import { type Findings, readNumber, readTexts } from "./fields.ts";
import { isPlainObject } from "./read-source.ts";

/** The test cases of a file, under any of the names that dialects give their fields. Expectations are kept as written. */
export function importTests(findings: Findings, value: unknown): PromptTest[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    findings.errors.push({ path: "tests", message: "must be a list" });
    return [];
  }
  return value.flatMap((given: unknown, index): PromptTest[] => {
    const path = `tests.${index}`;
    const inputs = isPlainObject(given) ? (given["inputs"] ?? given["variables"] ?? given["input"] ?? {}) : undefined;
    if (!isPlainObject(given) || !isPlainObject(inputs)) {
      findings.errors.push({ path, message: "must be a mapping with `inputs`" });
      return [];
    }
    const name = typeof given["name"] === "string" ? given["name"] : `test ${index + 1}`;
    const contains = readTexts(findings, `${path}.expected_contains`, given["expected_contains"]);
    const keywords = readTexts(findings, `${path}.expected_keywords`, given["expected_keywords"]);
    return [
      {
        name,
        inputs,
        expected: given["expected"] ?? given["expected_output"],
        ...(contains.length > 0 ? { expected_contains: contains } : {}),
        ...(keywords.length > 0 ? { expected_keywords: keywords } : {}),
        expected_criteria: given["expected_criteria"],
        quality_criteria: given["quality_criteria"],
        min_score: readNumber(findings, `${path}.min_score`, given["min_score"], { min: 0, max: 100 }),
        max_length: readNumber(findings, `${path}.max_length`, given["max_length"], { min: 0, max: 1e9 }),
      },
    ];
  });
}
