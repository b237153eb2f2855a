import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import { newId } from "../../domain/id.ts";
import { renderPrompt } from "../prompts/render-prompt.ts";
import type { BatchDeps } from "./batch-deps.ts";
import { BatchUpload } from "./batch-upload.ts";
import { openBatch } from "./open-batch.ts";

/**
 * Accepts one execution that runs later in its lane. Returns its id; it is committed by then.
 * `reservedId` is an id that was assigned earlier. Throws what a synchronous call would throw for
 * the prompt and its variables, and AcceptanceUnknown where the shard does not say whether it
 * committed the execution.
 */
export async function acceptExecution(
  deps: BatchDeps,
  request: ExecutionRequest,
  reservedId?: string,
): Promise<string> {
  const { tenant_id, key_id, lane, variables, options } = request;
  const { row } = await deps.resolve(tenant_id, options.prompt, deps.random());
  renderPrompt(row.definition, variables);
  const created_at = deps.now();
  const id = reservedId ?? newId("exe", created_at);
  const upload = new BatchUpload(created_at, deps.settings.maxItemBytes);
  const item = { ...upload.add(JSON.stringify({ variables })), execution_id: id };
  await deps.batches.begin({ tenant_id, key_id, id, kind: "execution", created_at });
  await deps.batches.add({ tenant_id, id, created_at }, [item]);
  await openBatch(
    deps,
    { tenant_id, id, created_at, groups: upload.groups },
    { lane, mode: "queue", request: options, max_cost_nanousd: null, webhook_url: null, webhook_secret: null },
  );
  return id;
}
