import type { ExecutionRequest } from "../../src/domain/executions/execution-options.ts";
import type { PromptDefinition } from "../../src/domain/prompts/prompt.ts";
import type { PromptPointer } from "../../src/domain/prompts/label.ts";
import type { VersionRow } from "../../src/storage/prompts/prompts.ts";

const DEFINITION: PromptDefinition = {
  messages: [{ role: "user", content: "Answer in two sentences and name your sources: {{ question }}" }],
  models: [],
  variables: { question: { type: "string", required: true } },
  settings: { max_tokens: 500 },
  tags: [],
  tests: [],
  metadata: {},
};

/** The pointer of a prompt with one version. */
export const POINTER_OF_ONE: PromptPointer = { latest_version: 1, cache_epoch: 0, labels: {} };

/** The one version of a prompt. */
export function versionOf(tenant_id: string, name: string): VersionRow {
  return {
    tenant_id,
    name,
    version: 1,
    content_hash: name,
    source: "",
    format: "yaml",
    definition: DEFINITION,
    warnings: [],
    created_at: 0,
  };
}

const DIRECTIVES = { no_store: false, no_cache: false, only_if_cached: false };
const MODEL = "gpt-4o-mini";

/** A request for a prompt's answer to an input, which may be a stored one. */
export function requestOf(tenant_id: string, name: string, input: string, mayCache: boolean): ExecutionRequest {
  return {
    tenant_id,
    key_id: "key_1",
    lane: "standard",
    variables: { question: `${input}: ${"what is known of it? ".repeat(8)}` },
    options: {
      prompt: { name },
      parameters: {},
      cache_control: DIRECTIVES,
      models: [MODEL],
      ...(mayCache && { cache: true }),
    },
  };
}
