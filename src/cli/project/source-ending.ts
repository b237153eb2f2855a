import { isDotprompt } from "../../domain/prompts/import/dotprompt.ts";
import { readSource } from "../../domain/prompts/import/read-source.ts";

/** The ending of a new file for a prompt's text, by the format that it is in. */
export function endingOf(source: string): string {
  try {
    const { data, body } = readSource(source, "yaml");
    if (body === undefined) return ".prompt.yaml";
    return isDotprompt(data, body.text) ? ".prompt" : ".prompty";
  } catch {
    return ".prompt.yaml";
  }
}
