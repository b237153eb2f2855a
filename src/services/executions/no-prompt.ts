import { NO_PROMPT_NAME } from "../../domain/executions/execution-options.ts";
import type { ResolvedPrompt } from "../prompts/resolve-prompt.ts";

/**
 * Stands for the prompt of an execution that has none: a client of a door sent its own messages. No
 * prompt can have its empty name.
 */
export const NO_PROMPT: ResolvedPrompt = {
  row: {
    tenant_id: "",
    name: NO_PROMPT_NAME,
    version: 0,
    content_hash: "",
    created_at: 0,
    format: "json",
    source: "",
    warnings: [],
    definition: { messages: [], models: [], variables: {}, settings: {}, tags: [], tests: [], metadata: {} },
  },
  label: null,
  pointer: { latest_version: 0, cache_epoch: 0, labels: {} },
  pointer_age_ms: 0,
  degraded: [],
};
