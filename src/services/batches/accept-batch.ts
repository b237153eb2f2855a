import type { BatchMode } from "../../domain/batches/batch.ts";
import type { BatchRecord } from "../../domain/batches/batch-record.ts";
import { webhookUrlFault } from "../../domain/webhooks/webhook-url.ts";
import { parseUpstreamModel } from "../../domain/completions/upstream.ts";
import { invalid } from "../../domain/errors.ts";
import type { ExecutionOptions } from "../../domain/executions/execution-options.ts";
import type { TraceContext } from "../../domain/trace-context.ts";
import { newId } from "../../domain/id.ts";
import type { BatchSettings, NewBatch, NewItem, Upload } from "../../storage/batches/batches.ts";
import type { BatchDeps } from "./batch-deps.ts";
import { BatchUpload } from "./batch-upload.ts";
import { newWebhookSecret } from "./deliver-webhook.ts";
import { openBatch } from "./open-batch.ts";
import { addItems, withUpload } from "./upload-items.ts";

/** What a caller asks of a batch beside its items. Money in US dollars. */
export interface BatchHeader {
  options: ExecutionOptions;
  mode: BatchMode;
  max_cost_usd?: number;
  webhook?: string;
}

/**
 * A batch to accept. `items` are JSON texts, read as they come. A `header` that is a function is
 * called after the last item; any other header is checked before the first.
 */
export interface BatchSubmission {
  tenant_id: string;
  key_id: string;
  items: AsyncIterable<string>;
  header: BatchHeader | (() => BatchHeader);
  trace?: TraceContext;
}

/** An accepted batch. Its webhook's secret is shown only here. */
export interface AcceptedBatch {
  record: BatchRecord;
  webhook_secret: string | null;
}

/** Items that are held in memory before they are written. */
const ITEMS_A_WRITE = 500;
/** Characters of items that are held in memory before they are written. */
const CHARACTERS_A_WRITE = 1_000_000;
const NANO = 1e9;

/**
 * Accepts a batch. It is committed before this returns; the queue only wakes its consumers.
 * `reservedId` is an id that was assigned earlier. Throws 404 for an unknown prompt, 422 naming the
 * field or `items.<n>`, and 413; nothing of the batch is left then. Throws AcceptanceUnknown where
 * the shard does not say whether it committed the batch. Nothing after the commit can fail.
 */
export async function acceptBatch(
  deps: BatchDeps,
  submission: BatchSubmission,
  reservedId?: string,
): Promise<AcceptedBatch> {
  const { tenant_id, key_id, header } = submission;
  const created_at = deps.now();
  const id = reservedId ?? newId("bat", created_at);
  const early = typeof header === "function" ? null : await settingsOf(deps, submission, header);
  const begun: NewBatch = { tenant_id, key_id, id, kind: "batch", created_at };
  return withUpload(deps, begun, 0, async () => uploadAndOpen(deps, submission, begun, early));
}

async function uploadAndOpen(
  deps: BatchDeps,
  submission: BatchSubmission,
  begun: NewBatch,
  early: CheckedHeader | null,
): Promise<AcceptedBatch> {
  const { items, header } = submission;
  const { tenant_id, id, created_at } = begun;
  const upload = new BatchUpload(created_at, deps.settings.maxItemBytes);
  await writeItems(deps, begun, items, upload);
  const checked = early ?? (await settingsOf(deps, submission, typeof header === "function" ? header() : header));
  const { settings, required } = checked;
  if (upload.bare !== null && required !== undefined) {
    throw invalid([{ path: `items.${upload.bare}.variables.${required}`, message: "is required" }]);
  }
  const made = settings.webhook_url === null ? null : await newWebhookSecret(deps, tenant_id, id);
  const opened: BatchSettings = { ...settings, webhook_secret: made?.sealed ?? null };
  await openBatch(deps, { ...begun, groups: upload.groups }, opened);
  const record: BatchRecord = {
    ...begun,
    ...opened,
    state: "open",
    webhook_due_at: null,
    webhook_attempts: 0,
    ended_at: null,
    cost_nanousd: 0,
    counts: { total: upload.items, queued: upload.items, running: 0, succeeded: 0, failed: 0, cancelled: 0 },
  };
  return { record, webhook_secret: made?.secret ?? null };
}

/** A checked header, and a variable that its prompt cannot be rendered without, if there is one. */
interface CheckedHeader {
  settings: BatchSettings;
  required: string | undefined;
}

/**
 * Checks a header. The prompt's version is resolved here, so all items run the version that the
 * label named when the batch was accepted.
 */
async function settingsOf(
  deps: BatchDeps,
  { tenant_id, trace }: BatchSubmission,
  header: BatchHeader,
): Promise<CheckedHeader> {
  const { mode, max_cost_usd, webhook, options } = header;
  const fault = webhook === undefined ? null : webhookUrlFault(webhook, deps.settings.webhookOrigins);
  if (fault !== null) throw invalid([{ path: "webhook.url", message: fault }]);
  const { row } = await deps.resolve(tenant_id, options.prompt, deps.random());
  if (mode === "provider") requireBatchApi(options, row.definition.models);
  const settings: BatchSettings = {
    lane: "batch",
    mode,
    request: { ...options, prompt: { name: row.name, version: row.version }, ...(trace && { trace }) },
    max_cost_nanousd: max_cost_usd === undefined ? null : Math.round(max_cost_usd * NANO),
    asked: null,
    webhook_url: webhook ?? null,
    webhook_secret: null,
  };
  const specs = Object.entries(row.definition.variables);
  const [required] = specs.find(([, spec]) => spec.required && spec.default === undefined) ?? [];
  return { settings, required };
}

/**
 * Throws 422 unless every model is one of a built-in provider: upstreams have no batches of theirs.
 */
function requireBatchApi({ model, models }: ExecutionOptions, ofPrompt: readonly string[]): void {
  const names = model === undefined ? (models ?? ofPrompt) : [model];
  const index = names.findIndex((name) => parseUpstreamModel(name) !== null);
  if (index < 0) return;
  const path = model === undefined && models !== undefined ? `models.${index}` : "model";
  throw invalid([
    { path, message: `\`${names[index]}\` is a model of an upstream, which takes no batches: use \`mode\` queue` },
  ]);
}

async function writeItems(
  deps: BatchDeps,
  begun: Upload,
  items: AsyncIterable<string>,
  upload: BatchUpload,
): Promise<void> {
  let held: NewItem[] = [];
  let size = 0;
  for await (const json of items) {
    held.push(upload.add(json));
    size += json.length;
    if (held.length < ITEMS_A_WRITE && size < CHARACTERS_A_WRITE) continue;
    await addItems(deps, begun, held, size);
    held = [];
    size = 0;
  }
  if (upload.items === 0) throw invalid([{ path: "items", message: "must hold at least one item" }]);
  await addItems(deps, begun, held, size);
}
