import type { PromptDefinition } from "../prompt.ts";
import type { Findings } from "./findings.ts";

/** The most elements that each list of a prompt may have, and the longest name in it. */
const MAX_MODELS = 8;
const MAX_MESSAGES = 200;
const MAX_VARIABLES = 500;
const MAX_TAGS = 50;
const MAX_TESTS = 1000;
const MAX_NAME_LENGTH = 128;

/** Adds a fault for each list of a prompt that is longer than a request could work through. */
export function checkSizes(definition: PromptDefinition, findings: Findings): void {
  const { models, messages, variables, tags, tests } = definition;
  atMost("models", models.length, MAX_MODELS, findings);
  atMost("messages", messages.length, MAX_MESSAGES, findings);
  atMost("variables", Object.keys(variables).length, MAX_VARIABLES, findings);
  atMost("tags", tags.length, MAX_TAGS, findings);
  atMost("tests", tests.length, MAX_TESTS, findings);
  for (const [path, names] of Object.entries({ models, tags })) {
    names.forEach((name, at) => {
      if (name.length > MAX_NAME_LENGTH) {
        findings.fault(`${path}.${at}`, `has ${name.length} characters, at most ${MAX_NAME_LENGTH} are allowed`);
      }
    });
  }
}

function atMost(path: string, count: number, most: number, findings: Findings): void {
  if (count > most) findings.fault(path, `has ${count} elements, at most ${most} are allowed`);
}
