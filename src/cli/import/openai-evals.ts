import { importOpenAIEval } from "../../domain/tests/import/openai-evals.ts";
import { UsageError } from "../errors.ts";
import {
  type ImportedFile,
  type ImportSource,
  mappingOf,
  promptFile,
  promptNameOf,
  testsFile,
} from "./imported-file.ts";

/**
 * Reads an eval of OpenAI's Evals as its API gives it (`GET /v1/evals/{id}`), translated as the
 * server does it: its graders become the assertions of a file of tests. The items are in the eval
 * or in a file of JSONL. With the `data_source` of a run its messages become a prompt; else the
 * tests are for the prompt that is named.
 */
export function importOpenaiEvals(source: ImportSource): ImportedFile[] {
  const data = readEval(source);
  const items = source.items === undefined ? data["items"] : readItems(source.items);
  const {
    prompts,
    models,
    tests,
    left_out: left,
  } = importOpenAIEval({ ...data, ...(items !== undefined && { items }) });
  const warnings = left.map(({ path, reason }) => `not taken over: ${path}, because ${reason}`);
  if (tests.length === 0) {
    throw new UsageError(`${source.name} has no items: give its lines of JSONL with --items. ${warnings.join("; ")}`);
  }
  const [prompt] = prompts;
  if (source.prompt !== undefined) return [testsFile(source, source.prompt, tests, { warnings })];
  if (!prompt) {
    throw new UsageError(`${source.name} has no prompt, only tests: say which prompt they are for with --prompt.`);
  }
  const name = promptNameOf(typeof data["name"] === "string" ? data["name"] : source.name.replace(/\.json$/, ""));
  const file = promptFile(source, name, { models, messages: prompt.messages }, warnings);
  return [file, testsFile(source, name, tests, { promptPath: file.path })];
}

function readEval({ name, text }: ImportSource): Record<string, unknown> {
  let data: Record<string, unknown>;
  try {
    data = mappingOf(JSON.parse(text));
  } catch (error) {
    throw new UsageError(`${name} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (data["testing_criteria"] === undefined) {
    throw new UsageError(`${name} is no eval: it has no testing_criteria. \`GET /v1/evals/{id}\` gives one.`);
  }
  return data;
}

function readItems(text: string): unknown[] {
  return text.split("\n").flatMap((line, at) => {
    if (line.trim() === "") return [];
    try {
      return [JSON.parse(line) as unknown];
    } catch (error) {
      throw new UsageError(`--items, line ${at + 1}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
}
