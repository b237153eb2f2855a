import type { BatchRequest } from "../../domain/batches/batch-record.ts";
import { AppError } from "../../domain/errors.ts";
import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import { newId } from "../../domain/id.ts";
import { byteLength } from "../../lib/encoding.ts";
import type { NewBatch } from "../../storage/batches/batches.ts";
import { routeRequest } from "../executions/route-request.ts";
import { renderPrompt } from "../../domain/prompts/render-prompt.ts";
import type { BatchDeps } from "./batch-deps.ts";
import { BatchUpload } from "./batch-upload.ts";
import { openBatch } from "./open-batch.ts";
import { sealInput, type StoredExecution } from "./sealed-input.ts";
import { addItems, withUpload } from "./upload-items.ts";

/** A value of D1 holds 2 MB, and an item is written as a text in the JSON of its row. */
const MAX_STORED_BYTES = 1_900_000;

/**
 * Accepts one execution that runs later in its lane. Returns its id; it is committed by then.
 * `reservedId` is an id that was assigned earlier. Throws what a synchronous call would throw for
 * the prompt and its variables, 413 where the request is too large to be stored, and
 * AcceptanceUnknown where the shard does not say whether it committed the execution.
 */
export async function acceptExecution(
  deps: BatchDeps,
  request: ExecutionRequest,
  reservedId?: string,
): Promise<string> {
  const { tenant_id, key_id, lane, variables, trace } = request;
  await check(deps, request);
  const created_at = deps.now();
  const id = reservedId ?? newId("exe", created_at);
  const upload = new BatchUpload(created_at, deps.settings.maxItemBytes);
  const added = upload.add(JSON.stringify({ variables }));
  const stored = await sealInput(deps, id, request);
  requireRoom(stored);
  const item = { ...added, variables: stored.variables, execution_id: id };
  const { asked } = stored;
  const shared: BatchRequest = { ...stored.request, ...(trace && { trace: { ...trace, queued: true } }) };
  const begun: NewBatch = { tenant_id, key_id, id, kind: "execution", created_at };
  const size = stored.variables.length + (asked?.length ?? 0);
  return withUpload(deps, begun, size, async () => {
    await addItems(deps, begun, [item], size);
    await openBatch(
      deps,
      { ...begun, groups: upload.groups },
      { lane, mode: "queue", request: shared, asked, max_cost_nanousd: null, webhook_url: null, webhook_secret: null },
    );
    return id;
  });
}

/** The models of a door's client are checked, too: a client of the original API is told at once. */
async function check(deps: BatchDeps, request: ExecutionRequest): Promise<void> {
  const { tenant_id, options, variables, door } = request;
  if (door) {
    await routeRequest(deps, request, deps.random());
    return;
  }
  const { row } = await deps.resolve(tenant_id, options.prompt, deps.random());
  renderPrompt(row.definition, variables);
}

function requireRoom({ variables, request, asked }: StoredExecution): void {
  const bytes = Math.max(byteLength(variables), byteLength(JSON.stringify(request) + (asked ?? "")));
  if (bytes <= MAX_STORED_BYTES) return;
  const detail = `The request is too large to be kept until it is executed: ${bytes} bytes of at most ${MAX_STORED_BYTES}.`;
  throw new AppError("payload_too_large", detail);
}
