import type { ExecutionRequest } from "../../src/domain/executions/execution-options.ts";

/** A request of the prompt `p` that no test of idempotency keys needs to vary. */
export const KEYED_REQUEST: ExecutionRequest = {
  tenant_id: "ten",
  key_id: "key",
  variables: {},
  lane: "standard",
  options: {
    prompt: { name: "p" },
    parameters: {},
    cache_control: { no_store: false, no_cache: false, only_if_cached: false },
  },
};
