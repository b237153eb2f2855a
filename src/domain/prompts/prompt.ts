/** JSON Schema, as the prompt's author wrote it. */
export type JsonSchema = Record<string, unknown>;

/** The types a variable may declare; `array` and `list` are one. */
export type VariableType = "string" | "number" | "integer" | "boolean" | "list" | "object";

/** A declared variable. `min` and `max` bound a number's value, a string's length, a list's length. */
export interface VariableSpec {
  type: VariableType;
  description?: string;
  required: boolean;
  default?: unknown;
  min?: number;
  max?: number;
  options?: unknown[];
}

/** One message of a prompt; `content` is a Jinja template. */
export interface PromptMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

/** Model settings of a prompt, in the wire's names. `max_tokens` counts output tokens. */
export interface PromptSettings {
  temperature?: number;
  max_tokens?: number;
  top_p?: number;
  stop?: string[];
  safety_level?: string;
  cache_responses?: boolean;
  /** How much older than fresh a stored answer may be while the provider fails, seconds (after RFC 5861). */
  stale_if_error?: number;
}

/** One test case; the expectations are kept as written and judged by the test runner. */
export interface PromptTest {
  name: string;
  inputs: Record<string, unknown>;
  expected?: unknown;
  expected_contains?: string[];
  expected_keywords?: string[];
  expected_criteria?: unknown;
  quality_criteria?: unknown;
  min_score?: number;
  max_length?: number;
}

/** A prompt in the one normal shape that all dialects of `.prompt.yaml` become. `models[0]` is preferred, the rest are fallbacks. */
export interface PromptDefinition {
  source_version?: string;
  description?: string;
  messages: PromptMessage[];
  models: string[];
  variables: Record<string, VariableSpec>;
  settings: PromptSettings;
  output_schema?: JsonSchema;
  tags: string[];
  tests: PromptTest[];
  /** Everything else that the author wrote (author, dates, badges, examples, language, depends_on …), kept as it was. */
  metadata: Record<string, unknown>;
}

/** What the importer returns: the normal shape, and a sentence for each thing that it changed, assumed or ignored. */
export interface ImportedPrompt {
  definition: PromptDefinition;
  warnings: string[];
}

/** The media types a prompt may arrive in. */
export type SourceFormat = "yaml" | "json";

/** Names of prompts, labels and keys. */
export const NAME_PATTERN = /^[a-z0-9][a-z0-9._-]{0,127}$/;
