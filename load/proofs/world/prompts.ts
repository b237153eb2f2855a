import type { PromptDefinition } from "../../../src/domain/prompts/prompt.ts";
import type { ResolvePrompt } from "../../../src/services/prompts/resolve-prompt.ts";

const DEFINITION: PromptDefinition = {
  messages: [{ role: "user", content: "{{ question }}" }],
  models: [],
  variables: { question: { type: "string", required: true } },
  settings: {},
  tags: [],
  tests: [],
  metadata: {},
};
const SCHEMA = { type: "object", properties: { a: { type: "string" } }, required: ["a"] } as const;
const DEFINITIONS: Record<string, PromptDefinition> = {
  plain: DEFINITION,
  short: { ...DEFINITION, settings: { max_tokens: 500 } },
  json: { ...DEFINITION, output_schema: { ...SCHEMA, required: ["a"] } },
};

/**
 * Three prompts: `plain`, `short` with the longest answer of a provider, `json` with an output
 * schema.
 */
export const resolve: ResolvePrompt = async (tenant_id, { name }) => ({
  row: {
    tenant_id,
    name,
    version: 1,
    content_hash: name,
    source: "",
    format: "yaml",
    definition: DEFINITIONS[name] ?? DEFINITION,
    warnings: [],
    created_at: 0,
  },
  label: null,
  pointer: { latest_version: 1, cache_epoch: 0, labels: {} },
  pointer_age_ms: 0,
  degraded: [],
});
