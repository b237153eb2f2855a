import { invalid } from "../../domain/errors.ts";
import { readSource } from "../../domain/prompts/import/read-source.ts";
import type { SourceFormat } from "../../domain/prompts/prompt.ts";
import type { ImportedTests } from "../../domain/tests/import/imported-tests.ts";
import { importOpenAIEval, isOpenAIEval } from "../../domain/tests/import/openai-evals.ts";
import { importPromptfoo, isPromptfoo } from "../../domain/tests/import/promptfoo.ts";

/**
 * Reads a configuration of promptfoo or an eval of OpenAI. Nothing is stored or run. Throws
 * `bad_request` for what is no YAML or JSON, and a 422 for what is neither of them.
 */
export function importForeignTests(source: string, format: SourceFormat): ImportedTests {
  const { data } = readSource(source, format);
  if (isOpenAIEval(data)) return importOpenAIEval(data);
  if (isPromptfoo(data)) return importPromptfoo(data);
  throw invalid([{ path: "body", message: "is neither a configuration of promptfoo nor an eval of OpenAI" }]);
}
