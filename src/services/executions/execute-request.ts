import type { CacheDirectives } from "../../domain/executions/cache-control.ts";
import type { CompletionParameters } from "../../domain/completions/completion.ts";
import type { ExecutionMetadata } from "../../domain/executions/execution.ts";
import type { Lane } from "../../domain/lane.ts";
import type { PromptReference } from "../prompts/resolve-prompt.ts";

/** One execution as a caller asks for it. `timeout_ms` bounds the whole of it. */
export interface ExecuteRequest {
  tenant_id: string;
  key_id: string;
  prompt: PromptReference;
  variables: Record<string, unknown>;
  model?: string;
  models?: string[];
  parameters: CompletionParameters;
  user?: string;
  metadata?: ExecutionMetadata;
  timeout_ms?: number;
  lane: Lane;
  /** False: fails rather than wait for capacity. */
  queue?: boolean;
  /** What the caller says of stored answers: the request's `cache` and its `Cache-Control`. */
  cache?: boolean;
  cache_control: CacheDirectives;
  /** The execution's id where it was given out before; then it is recorded before it is answered. */
  id?: string;
}
