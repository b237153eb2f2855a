import * as z from "zod";
import { estimateTokens } from "../../../../domain/completions/token-estimate.ts";
import { AppError, type FieldError } from "../../../../domain/errors.ts";
import { promptNameSchema } from "../../../../domain/name.ts";
import { finishPrompt, readPrompt } from "../../../../domain/prompts/import/import-prompt.ts";
import { lineFinder } from "../../../../domain/prompts/import/yaml-lines.ts";
import { type IncludedPrompts, toIncluded } from "../../../../domain/prompts/included-prompt.ts";
import type { PromptDefinition } from "../../../../domain/prompts/prompt.ts";
import { renderPrompt } from "../../../../domain/prompts/render-prompt.ts";
import { parsePromptReference } from "../../../../domain/prompts/prompt-reference.ts";
import type { CheckedSource, Rendered, SourceFault } from "./checked-source.ts";

// The page's policy forbids code that is made of text, which zod would try to make.
z.config({ jitless: true });

export { parsePromptReference, toIncluded };

/** Whether a prompt may have this name. */
export function isPromptName(name: string): boolean {
  return promptNameSchema.safeParse(name).success;
}

/** The name under which a prompt is checked that has none yet. */
const NO_NAME = "unnamed";

/**
 * Reads a prompt file as the server will when it is published. `prompts` are the others that it
 * includes, as far as they are known.
 */
export function checkSource(name: string, source: string, prompts: IncludedPrompts): CheckedSource {
  let references: string[] = [];
  try {
    const draft = readPrompt(source, "yaml", name === "" ? NO_NAME : name);
    references = draft.references;
    const { definition, warnings } = finishPrompt(draft, prompts);
    return { references, faults: [], warnings, definition };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { references, faults: faultsOf(error, source), warnings: [], definition: null };
  }
}

/** Renders a checked prompt, or says which variables or messages are at fault. */
export function renderSource(definition: PromptDefinition, variables: Record<string, unknown>): Rendered {
  try {
    const messages = renderPrompt(definition, variables);
    return { messages, tokens: estimateTokens(messages, definition.tools), faults: [] };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { messages: [], tokens: null, faults: error.errors ?? [{ path: "", message: error.detail }] };
  }
}

function faultsOf({ detail, errors }: AppError, source: string): SourceFault[] {
  if (!errors || errors.length === 0) return [{ path: "", message: detail, line: Number(placeIn(detail) ?? 1) }];
  const find = lineFinder(source);
  const lines = source.split("\n");
  return errors.map((error) => ({ ...error, line: lineOf(error, find, lines) }));
}

/**
 * The line of a fault in the file. A fault of a template tells the line within the template, which
 * begins in the line below its key where it is a block of lines.
 */
function lineOf({ path, message }: FieldError, find: ReturnType<typeof lineFinder>, lines: readonly string[]): number {
  const at = find(path === "" ? [] : path.split("."));
  const within = placeIn(message);
  const isBlock = /[|>][+-]?\d?[+-]?[ \t]*(?:#.*)?$/.test(lines[at - 1] ?? "");
  const line = within === undefined || !isBlock ? at : at + Number(within);
  return Math.min(Math.max(line, 1), lines.length);
}

/** The line that a sentence names, from 1. */
function placeIn(sentence: string): string | undefined {
  return /\bline (\d+)/.exec(sentence)?.[1];
}
