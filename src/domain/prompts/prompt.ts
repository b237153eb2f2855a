import type { CompletionParameters } from "../completions/completion.ts";
import type { CacheControl, Media, Role } from "../completions/message.ts";
import type { Toolbox, ToolCall } from "../completions/tools.ts";
import type { JsonSchema } from "../json-schema/schema.ts";
import type { PromptTest } from "../tests/test-case.ts";

/** The types of variables. `array` in a file means `list`. */
export const VARIABLE_TYPES = [
  "string",
  "number",
  "integer",
  "boolean",
  "list",
  "object",
  "image",
  "file",
  "audio",
  "messages",
] as const;
/** One of {@link VARIABLE_TYPES}. */
export type VariableType = (typeof VARIABLE_TYPES)[number];

/**
 * A declared variable. `min` and `max` bound the value of a number, and the length of a string or
 * list.
 */
export interface VariableSpec {
  type: VariableType;
  description?: string;
  required: boolean;
  default?: unknown;
  min?: number;
  max?: number;
  options?: unknown[];
}

/**
 * A part of a message's content. Its texts are Jinja templates, and so is a medium that is written
 * as a text; `{{ photo }}` alone takes the variable as it is.
 */
export type PromptPart = { cache_control?: CacheControl } & (
  | { type: "text"; text: string }
  | { type: "image"; image: string | Media; detail?: "low" | "high" | "auto" }
  | { type: "file"; file: string | Media; filename?: string }
  | { type: "audio"; audio: string | Media; format?: "wav" | "mp3" }
);

/** One message of a prompt; `content` is a Jinja template, or parts that have some. */
export interface PromptMessage {
  role: Role;
  content: string | PromptPart[];
  /** The calls that an assistant's message asks for, in an example of a conversation. */
  tool_calls?: ToolCall[];
  /** Which of them a tool's message answers. */
  tool_call_id?: string;
  placeholder?: never;
}

/** Stands for the messages of a variable of type `messages`. They are data, and never rendered. */
export interface PromptPlaceholder {
  placeholder: string;
}

/** How long a call of this prompt may take, in ms, in place of the deployment's limits. */
export interface PromptTimeouts {
  first_token_ms?: number;
  silence_ms?: number;
  total_ms?: number;
}

/** The model settings of a prompt, by their names in the API. `max_tokens` counts output tokens. */
export interface PromptSettings extends CompletionParameters {
  timeouts?: PromptTimeouts;
  safety_level?: string;
  cache_responses?: boolean;
  /**
   * Seconds beyond its freshness in which a stored answer may stand in for a failing provider (RFC
   * 5861).
   */
  stale_if_error?: number;
}

/**
 * A version of another prompt whose template stands in this one's since it was published. Those
 * that the prompt names itself have the depth 1, what these include has 2, and so on.
 */
export interface PinnedInclude {
  name: string;
  version: number;
  depth: number;
}

/**
 * A prompt in the normal shape of all dialects of `.prompt.yaml`. `models[0]` is preferred; the
 * rest are fallbacks.
 */
export interface PromptDefinition extends Toolbox {
  source_version?: string;
  description?: string;
  messages: Array<PromptMessage | PromptPlaceholder>;
  /** What stands in the messages of other prompts; absent where nothing does. */
  includes?: PinnedInclude[];
  models: string[];
  variables: Record<string, VariableSpec>;
  settings: PromptSettings;
  output_schema?: JsonSchema;
  tags: string[];
  tests: PromptTest[];
  /**
   * All other fields of the file (author, dates, badges, examples, language, depends_on …),
   * unchanged.
   */
  metadata: Record<string, unknown>;
}

/**
 * An imported prompt, with a sentence for each thing that the importer changed, assumed or ignored.
 */
export interface ImportedPrompt {
  definition: PromptDefinition;
  warnings: string[];
}

/** The formats of a prompt file. */
export type SourceFormat = "yaml" | "json";
