import type { JsonSchema } from "../json-schema/schema.ts";

/** The types of variables. `array` in a file means `list`. */
export type VariableType = "string" | "number" | "integer" | "boolean" | "list" | "object";

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

/** One message of a prompt; `content` is a Jinja template. */
export interface PromptMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

/** The model settings of a prompt, by their names in the API. `max_tokens` counts output tokens. */
export interface PromptSettings {
  temperature?: number;
  max_tokens?: number;
  top_p?: number;
  stop?: string[];
  safety_level?: string;
  cache_responses?: boolean;
  /**
   * Seconds beyond its freshness in which a stored answer may stand in for a failing provider (RFC
   * 5861).
   */
  stale_if_error?: number;
}

/** One test case. The expectations stay as written, for the test runner to judge. */
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

/**
 * A prompt in the normal shape of all dialects of `.prompt.yaml`. `models[0]` is preferred; the
 * rest are fallbacks.
 */
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
