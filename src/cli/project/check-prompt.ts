import { AppError } from "../../domain/errors.ts";
import { finishPrompt, readPrompt } from "../../domain/prompts/import/import-prompt.ts";
import { parsePromptReference } from "../../domain/prompts/prompt-reference.ts";
import type { ImportedPrompt } from "../../domain/prompts/prompt.ts";
import { faultsOf } from "../errors.ts";
import type { LocalPrompt } from "./read-project.ts";

/** What can be said of a prompt file without the server. */
export interface CheckedPrompt {
  /** The names of the prompts that it includes. */
  includes: string[];
  /** Why the server will refuse it; null where nothing is known against it. */
  fault: string | null;
  warnings: string[];
  /** What the file means; null where it has faults, or takes texts from other prompts. */
  definition: ImportedPrompt["definition"] | null;
}

/**
 * Reads a prompt file as the server will. A file that includes others is read up to their texts,
 * which only the server has.
 */
export function checkPrompt({ name, source }: Pick<LocalPrompt, "name" | "source">): CheckedPrompt {
  let includes: string[] = [];
  try {
    const draft = readPrompt(source, "yaml", name);
    includes = draft.references.flatMap((reference) => parsePromptReference(reference)?.name ?? []);
    if (draft.references.length > 0) return { includes, fault: null, warnings: [], definition: null };
    const { definition, warnings } = finishPrompt(draft, new Map());
    return { includes, fault: null, warnings, definition };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { includes, fault: faultsOf(error), warnings: [], definition: null };
  }
}
