import type { Findings } from "./findings.ts";
import { isMapping } from "./findings.ts";
import { renameSettings } from "./foreign-settings.ts";

const KEYS = ["modelParameters", "responseFormat", "jsonSchema", "testData", "evaluators"];

/** Whether a file has keys of GitHub Models' `*.prompt.yml`. */
export function isGithubModels(data: Record<string, unknown>): boolean {
  return KEYS.some((key) => Object.hasOwn(data, key));
}

/**
 * Renames the keys of GitHub Models to ours: parameters become settings, `jsonSchema` the
 * `output_schema`, `testData` tests, and an evaluator that looks for a text a part of every test.
 * Adds a warning for what has no counterpart, which stays in the metadata.
 *
 * Source: docs.github.com/en/github-models/use-github-models/storing-prompts-in-github-repositories
 */
export function fromGithubModels(source: Record<string, unknown>, findings: Findings): Record<string, unknown> {
  const { modelParameters, responseFormat, jsonSchema, testData, evaluators, ...data } = source;
  if (isMapping(modelParameters)) {
    data["settings"] = { ...renameSettings(modelParameters), ...(isMapping(data["settings"]) ? data["settings"] : {}) };
  } else if (modelParameters !== undefined) findings.fault("modelParameters", "must be a mapping");
  const schema = readSchema(jsonSchema, findings);
  if (schema !== undefined) data["output_schema"] ??= schema;
  checkFormat(responseFormat, schema !== undefined, findings);
  const { checks, others } = sortEvaluators(evaluators, findings);
  const cases = readCases(testData, checks, findings);
  if (cases.length > 0)
    data["tests"] = [...(Array.isArray(data["tests"]) ? (data["tests"] as unknown[]) : []), ...cases];
  if (others.length > 0) {
    const metadata = isMapping(data["metadata"]) ? data["metadata"] : {};
    data["metadata"] = { ...metadata, evaluators: others };
  }
  return data;
}

/** The schema in `{name, strict, schema}`, in a plain schema, or in the JSON of either. */
function readSchema(written: unknown, findings: Findings): unknown {
  if (written === undefined) return undefined;
  let value = written;
  if (typeof written === "string") {
    try {
      value = JSON.parse(written);
    } catch {
      findings.fault("jsonSchema", "is a text that is not JSON");
      return undefined;
    }
  }
  if (!isMapping(value)) {
    findings.fault("jsonSchema", "must be a JSON Schema");
    return undefined;
  }
  return isMapping(value["schema"]) ? value["schema"] : value;
}

function checkFormat(format: unknown, hasSchema: boolean, findings: Findings): void {
  if (format === undefined || format === "text") return;
  if (format === "json_schema") {
    if (!hasSchema) findings.fault("jsonSchema", "is missing: responseFormat is json_schema");
  } else if (format === "json_object") {
    findings.warn("responseFormat json_object has no effect: give the fields of the answer in jsonSchema.");
  } else findings.fault("responseFormat", `must be text, json_object or json_schema, not ${JSON.stringify(format)}`);
}

/** What each test of a file expects of its answer. */
interface TestChecks {
  expected_contains?: string[];
  assertions?: Record<string, unknown>[];
}

/** Evaluators that look at the answer's text, and the others, which nothing here runs. */
function sortEvaluators(evaluators: unknown, findings: Findings): { checks: TestChecks; others: unknown[] } {
  if (evaluators === undefined) return { checks: {}, others: [] };
  if (!Array.isArray(evaluators)) {
    findings.fault("evaluators", "must be a list");
    return { checks: {}, others: [] };
  }
  const contains: string[] = [];
  const assertions: Record<string, unknown>[] = [];
  const others: unknown[] = [];
  evaluators.forEach((evaluator: unknown, at) => {
    const check = isMapping(evaluator) ? evaluator["string"] : undefined;
    const [kind, wanted] = isMapping(check) && Object.keys(check).length === 1 ? (Object.entries(check)[0] ?? []) : [];
    const assertion = typeof wanted === "string" ? assertionOf(kind, wanted) : undefined;
    if (kind === "contains" && typeof wanted === "string") {
      contains.push(wanted);
      findings.warn(`evaluators.${at} was read as expected_contains of every test.`);
    } else if (assertion) {
      assertions.push(assertion);
      findings.warn(`evaluators.${at} was read as the assertion ${assertion["type"]} of every test.`);
    } else {
      others.push(evaluator);
      findings.warn(`evaluators.${at} has no counterpart; it was kept in the metadata and has no effect.`);
    }
  });
  const checks = {
    ...(contains.length > 0 && { expected_contains: contains }),
    ...(assertions.length > 0 && { assertions }),
  };
  return { checks, others };
}

function assertionOf(kind: string | undefined, value: string): { type: string; value: string } | undefined {
  if (kind === "startsWith") return { type: "starts_with", value };
  if (kind === "endsWith") return { type: "regex", value: `${value.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&")}$` };
  return kind === "equals" ? { type: "equals", value } : undefined;
}

/**
 * A test for each mapping of variables. `expected` is the answer, `messages` a conversation of its
 * own.
 */
function readCases(testData: unknown, checks: TestChecks, findings: Findings): Record<string, unknown>[] {
  if (testData === undefined) return [];
  if (!Array.isArray(testData)) {
    findings.fault("testData", "must be a list");
    return [];
  }
  return testData.flatMap((item: unknown, at) => {
    if (!isMapping(item)) {
      findings.fault(`testData.${at}`, "must be a mapping of variables");
      return [];
    }
    const { expected, ...inputs } = item;
    const answer = expected === undefined ? {} : { expected };
    return [{ name: `testData ${at + 1}`, inputs, ...answer, ...structuredClone(checks) }];
  });
}
