import type { Message } from "../../../../domain/completions/message.ts";
import type { FieldError } from "../../../../domain/errors.ts";
import type { PromptDefinition } from "../../../../domain/prompts/prompt.ts";

/** A fault of a prompt file, and its line, from 1. */
export interface SourceFault extends FieldError {
  line: number;
}

/** What is said of a prompt file before it is published. */
export interface CheckedSource {
  /** What its templates include, as they name it. */
  references: string[];
  faults: SourceFault[];
  warnings: string[];
  /** Null where the file has faults. */
  definition: PromptDefinition | null;
}

/** What a model would be sent. `tokens` is an estimate; null where there are faults. */
export interface Rendered {
  messages: Message[];
  tokens: number | null;
  faults: FieldError[];
}
