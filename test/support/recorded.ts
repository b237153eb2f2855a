import type { Execution } from "../../src/domain/executions/execution.ts";
import { newId } from "../../src/domain/id.ts";

/** An execution as it is recorded: a short answer of the cheap model. */
export function recorded(changes: Partial<Execution>): Execution {
  return {
    id: newId("exe", Date.now()),
    tenant_id: "ten_a",
    key_id: "key",
    status: "succeeded",
    prompt_name: "greet",
    prompt_version: 1,
    prompt_label: null,
    provider: "openai",
    model: "gpt-6-luna",
    output: "hi",
    output_truncated: false,
    finish_reason: "stop",
    prompt_tokens: 1,
    completion_tokens: 1,
    cached_tokens: 0,
    usage_estimated: false,
    cost_nanousd: 1,
    price_table: "t",
    latency_ms: 1,
    attempts: 1,
    error: null,
    end_user: null,
    metadata: null,
    created_at: 1,
    cached: null,
    saved_nanousd: null,
    ...changes,
  };
}
