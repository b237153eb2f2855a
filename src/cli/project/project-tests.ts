import { Findings } from "../../domain/prompts/import/findings.ts";
import { importTests } from "../../domain/prompts/import/import-tests.ts";
import { readYaml } from "../../domain/prompts/import/read-yaml.ts";
import { type TestCase, toTestCase } from "../../domain/tests/test-case.ts";
import { AppError } from "../../domain/errors.ts";
import { faultsOf, UsageError } from "../errors.ts";
import { checkPrompt } from "./check-prompt.ts";
import type { LocalPrompt, PromptProject } from "./read-project.ts";

const TEST_FILE = /\.test\.(ya?ml|jsonl)$|\.(jsonl)$/;

/**
 * The cases of a prompt: those in its own file, and those in `tests/`. A file there belongs to the
 * prompt that its `prompt_file` names, or else to that of its own name: `tests/hello.test.yaml`,
 * `tests/hello.prompt.test.yaml` or `tests/hello.jsonl` with one case a line. Throws a UsageError
 * for a file with faults.
 */
export function testsOfPrompt(project: PromptProject, prompt: LocalPrompt): TestCase[] {
  const own = checkPrompt(prompt).definition?.tests.map(toTestCase) ?? [];
  const inFiles = [...project.files].flatMap(([path, text]) => {
    if (!path.startsWith(`${project.settings.testsFolder}/`) || !TEST_FILE.test(path)) return [];
    const { promptFile, raw } = readTestFile(path, text);
    return isAbout(project, prompt, path, promptFile) ? casesOf(path, raw) : [];
  });
  return withOwnNames([...own, ...inFiles]);
}

function readTestFile(path: string, text: string): { promptFile: string | undefined; raw: unknown } {
  try {
    if (path.endsWith(".jsonl")) {
      const lines = text.split("\n").filter((line) => line.trim() !== "");
      return { promptFile: undefined, raw: lines.map((line) => JSON.parse(line) as unknown) };
    }
    const { data } = readYaml(text);
    if (typeof data !== "object" || data === null || Array.isArray(data)) return { promptFile: undefined, raw: data };
    const { prompt_file: file, tests, test_cases: cases } = data as Record<string, unknown>;
    return { promptFile: typeof file === "string" ? file : undefined, raw: tests ?? cases };
  } catch (error) {
    throw new UsageError(`${path}: ${error instanceof AppError ? faultsOf(error) : String(error)}`);
  }
}

function isAbout(
  { settings }: PromptProject,
  prompt: LocalPrompt,
  path: string,
  promptFile: string | undefined,
): boolean {
  if (promptFile !== undefined) {
    const named = promptFile.replace(/^(?:\.{1,2}\/)*/, "");
    return prompt.path === named || prompt.path === `${settings.promptsFolder}/${named}`;
  }
  const stem = path
    .slice(settings.testsFolder.length + 1)
    .replace(TEST_FILE, "")
    .replace(/\.prompt$/, "");
  return stem.toLowerCase() === prompt.name;
}

function casesOf(path: string, raw: unknown): TestCase[] {
  const findings = new Findings();
  const cases = importTests(raw, findings).map(toTestCase);
  const [fault] = findings.errors;
  if (fault) throw new UsageError(`${path}: ${fault.path} ${fault.message}`);
  return cases;
}

/** The server tells cases apart by their names. */
function withOwnNames(cases: readonly TestCase[]): TestCase[] {
  const taken = new Set<string>();
  return cases.map((each) => {
    let name = each.name;
    for (let number = 2; taken.has(name); number += 1) name = `${each.name} (${number})`;
    taken.add(name);
    return { ...each, name };
  });
}
