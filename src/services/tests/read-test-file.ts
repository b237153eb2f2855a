import { AppError, type FieldError, invalid } from "../../domain/errors.ts";
import { parseJsonBody } from "../../domain/json-body.ts";
import { Findings, isMapping } from "../../domain/prompts/import/findings.ts";
import { importTests } from "../../domain/prompts/import/import-tests.ts";
import { readYaml } from "../../domain/prompts/import/read-yaml.ts";
import { lineFinder } from "../../domain/prompts/import/yaml-lines.ts";
import { toTestCase } from "../../domain/tests/test-case.ts";

/** A file of tests as the body of a request, and where the fields of that body are in the file. */
export interface TestFile {
  body: Record<string, unknown>;
  /** Adds the line of its field to each fault. */
  placed: (faults: readonly FieldError[]) => FieldError[];
}

/** Fields of PBT's dialects that a case of ours does not have. */
const DIALECT = /^(?:inputs?|expected(?:_\w+)?|quality_criteria|min_score|max_length|description)$/;

/**
 * Reads a file of tests for a prompt: YAML with `tests` (or `test_cases`) beside the other fields
 * of a run, and the prompt by `prompt` or `prompt_file`. Cases are of PBT's form or ours. Throws
 * `bad_request` with the line for what is no YAML, and a 422 for a file that is another prompt's.
 */
export function readTestYaml(prompt: string, source: string): TestFile {
  const { data } = readYaml(source);
  if (!isMapping(data)) throw invalid([{ path: "body", message: "must be a mapping with tests" }]);
  const { prompt: named, prompt_file, test_cases, tests = test_cases, ...rest } = data;
  const key = data["tests"] === undefined && test_cases !== undefined ? "test_cases" : "tests";
  const placed = (faults: readonly FieldError[]) => {
    const lineOf = lineFinder(source);
    return faults.map(({ path, message }) => {
      const steps = path.split(".");
      const line = lineOf(steps[0] === "tests" ? [key, ...steps.slice(1)] : steps);
      return { path, message: `line ${line}: ${message}` };
    });
  };
  checkName(prompt, named ?? prompt_file, placed);
  const { name: _title, description: _about, ...body } = rest;
  // Of two lists neither is left out in silence: the schema refuses the other one.
  if (data["tests"] !== undefined && test_cases !== undefined) body["test_cases"] = test_cases;
  return { body: { ...body, tests: readCases(tests, placed) }, placed };
}

/** Reads cases, one JSON object a line. Throws a 422 that names the line. */
export function readTestLines(prompt: string, source: string): TestFile {
  const lines = source.split("\n").map((text, at) => ({ text, line: at + 1 }));
  const written = lines.filter(({ text }) => text.trim() !== "");
  const placed = (faults: readonly FieldError[]) =>
    faults.map(({ path, message }) => {
      const [, at = ""] = /^tests\.(\d+)/.exec(path) ?? [];
      const line = written[Number(at)]?.line;
      return { path, message: at === "" || line === undefined ? message : `line ${line}: ${message}` };
    });
  const items = written.map(({ text, line }, at) => {
    const notJson = () => new AppError("bad_request", `line ${line}: not JSON`);
    const item = parseJsonBody(text, notJson, `tests.${at}`);
    if (!isMapping(item)) return item;
    const { prompt: named, prompt_file, ...fields } = item;
    checkName(prompt, named ?? prompt_file, (faults) =>
      placed(faults.map((f) => ({ ...f, path: `tests.${at}.prompt` }))),
    );
    return fields;
  });
  return { body: { tests: readCases(items, placed) }, placed };
}

/** A file may say whose tests it has. The path of a prompt's file says it by its name. */
function checkName(prompt: string, named: unknown, placed: TestFile["placed"]): void {
  if (named === undefined) return;
  const name = typeof named === "string" ? named.replace(/\.prompt\.ya?ml$/, "") : "";
  if (name === prompt || name.endsWith(`/${prompt}`)) return;
  throw invalid(placed([{ path: "prompt", message: `is not ${prompt}, for which the tests are to be run` }]));
}

/** Cases of PBT's form as ours; others as they are, for the schema of the request to check. */
function readCases(raw: unknown, placed: TestFile["placed"]): unknown {
  if (!Array.isArray(raw)) return raw;
  const findings = new Findings();
  const cases = raw.map((item: unknown, at) => {
    if (!isMapping(item) || !Object.keys(item).some((key) => DIALECT.test(key))) return item;
    // The places before it stay empty, so that faults have the place in the file.
    const own = new Findings();
    const [test] = importTests([item], own);
    const here = (path: string) => path.replace("tests.0", `tests.${at}`);
    for (const { path, message } of own.errors) findings.fault(here(path), message);
    // In a file of tests, a field without effect is a mistake.
    for (const warning of own.warnings) {
      const [, path = `tests.${at}`] = /^(tests\.0\.\S+) is not known/.exec(warning) ?? [];
      findings.fault(here(path), path.startsWith("tests.0") ? "is not a known field" : warning);
    }
    return test && toTestCase(test);
  });
  if (findings.errors.length > 0) throw invalid(placed(findings.errors));
  return cases;
}
