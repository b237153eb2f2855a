import type { BatchMode } from "../../domain/batches/batch.ts";
import { invalid } from "../../domain/errors.ts";
import { newId } from "../../domain/id.ts";
import type { BatchWakeUp } from "../../domain/batches/wake-up.ts";
import type { BatchRecord, BatchRepository, BatchSettings, NewItem } from "../../storage/batches/batches.ts";
import { webhookUrlFault } from "../../domain/batches/webhook-url.ts";
import { type BatchUpload, createBatchUpload } from "./batch-upload.ts";
import type { Clock } from "../../lib/clock.ts";
import { renderPrompt } from "../prompts/render-prompt.ts";
import type { ExecutionOptions, ExecutionRequest } from "../../domain/executions/execution-options.ts";
import type { ResolvePrompt } from "../prompts/resolve-prompt.ts";
import type { SendWakeUps } from "./wake-ups.ts";
import type { Webhooks } from "./webhooks.ts";

/** A batch as a caller asks for it, beside its items. Money in US dollars. */
export interface BatchHeader {
  options: ExecutionOptions;
  mode: BatchMode;
  max_cost_usd?: number;
  webhook?: string;
}

/** Who asks. */
export interface Caller {
  tenant_id: string;
  key_id: string;
}

/** A batch that was accepted; the secret that signs its webhook is shown this once. */
export interface AcceptedBatch {
  record: BatchRecord;
  webhook_secret: string | null;
}

/** Accepts work to be done later. What is accepted is committed: queues only wake those who do it. */
export interface AcceptBatch {
  /**
   * Takes the items in as they come, as JSON texts. A header that is a function is asked for after the last item, one that is not is checked before the first.
   * `id` is the one to be used, where it was given out before. Throws 404 for an unknown prompt, 422 naming the field or `items.<n>`, 413; then nothing of the batch is left.
   */
  batch(
    caller: Caller,
    items: AsyncIterable<string>,
    header: BatchHeader | (() => BatchHeader),
    id?: string,
  ): Promise<AcceptedBatch>;
  /** Takes one execution to be made in its lane; gives the id under which it will be found. Throws what a synchronous call would for the prompt and variables. */
  execution(request: ExecutionRequest, id?: string): Promise<string>;
}

/** What {@link createAcceptBatch} needs. `random` in [0, 1); times in milliseconds. */
export interface AcceptBatchDeps extends Clock {
  random(): number;
  batches: BatchRepository;
  resolve: ResolvePrompt;
  webhooks: Pick<Webhooks, "newSecret">;
  send: SendWakeUps;
  /** Told when wake-ups could not be sent; the sweep will. */
  onUnsent(batchId: string, error: unknown): void;
  maxItemBytes: number;
  /** After this long without a sign the sweep sends a wake-up again. */
  wakeAfterMs: number;
  webhookOrigins: readonly string[];
  /** Whether there is someone who runs groups in the provider's own batches. */
  providerMode: boolean;
}

/** Items, and characters of them, that are held before they are written. */
const ITEMS_A_WRITE = 500;
const CHARACTERS_A_WRITE = 1_000_000;
const NANO = 1e9;

/** The service. */
export function createAcceptBatch(deps: AcceptBatchDeps): AcceptBatch {
  /** The settings of a header that is in order. The version is settled here: all items run the one that the label meant when they were accepted. */
  async function settingsOf(tenantId: string, header: BatchHeader): Promise<BatchSettings> {
    const { mode, max_cost_usd, webhook, options } = header;
    if (mode === "provider" && !deps.providerMode) {
      throw invalid([{ path: "mode", message: "`provider` is not available yet; use `queue`" }]);
    }
    const fault = webhook === undefined ? null : webhookUrlFault(webhook, deps.webhookOrigins);
    if (fault !== null) throw invalid([{ path: "webhook.url", message: fault }]);
    const { row } = await deps.resolve(tenantId, options.prompt, deps.random());
    return {
      lane: "batch",
      mode,
      request: { ...options, prompt: { name: row.name, version: row.version } },
      max_cost_nanousd: max_cost_usd === undefined ? null : Math.round(max_cost_usd * NANO),
      webhook_url: webhook ?? null,
      webhook_secret: null,
    };
  }

  async function upload(batch: { tenant_id: string; id: string }, items: AsyncIterable<string>, rows: BatchUpload) {
    let held: NewItem[] = [];
    let size = 0;
    const write = async () => {
      await deps.batches.add(batch.tenant_id, batch.id, held);
      held = [];
      size = 0;
    };
    for await (const json of items) {
      held.push(rows.row(json));
      size += json.length;
      if (held.length >= ITEMS_A_WRITE || size >= CHARACTERS_A_WRITE) await write();
    }
    if (rows.size().items === 0) throw invalid([{ path: "items", message: "must hold at least one item" }]);
    await write();
  }

  async function open(tenantId: string, id: string, groups: number, settings: BatchSettings): Promise<void> {
    await deps.batches.open(tenantId, id, settings, deps.now() + deps.wakeAfterMs);
    const wakeUps = Array.from({ length: groups }, (_, group): BatchWakeUp => ({
      type: "group",
      tenant_id: tenantId,
      batch_id: id,
      group,
    }));
    try {
      await deps.send(settings.lane, wakeUps);
    } catch (error) {
      deps.onUnsent(id, error);
    }
  }

  return {
    async batch(caller, items, header, given) {
      const created_at = deps.now();
      const id = given ?? newId("bat", created_at);
      const batch = { ...caller, id, kind: "batch" as const, created_at };
      const early = typeof header === "function" ? null : await settingsOf(caller.tenant_id, header);
      const rows = createBatchUpload(created_at, deps.maxItemBytes);
      await deps.batches.begin(batch);
      let secret: string | null = null;
      try {
        await upload(batch, items, rows);
        const settings =
          early ?? (await settingsOf(caller.tenant_id, typeof header === "function" ? header() : header));
        if (settings.webhook_url !== null) {
          const made = await deps.webhooks.newSecret(caller.tenant_id, id);
          secret = made.secret;
          settings.webhook_secret = made.sealed;
        }
        await open(caller.tenant_id, id, rows.size().groups, settings);
      } catch (error) {
        // Where this fails as well, the sweep takes the upload away later.
        await deps.batches.abandon(caller.tenant_id, id).catch(() => undefined);
        throw error;
      }
      const record = await deps.batches.find(caller.tenant_id, id);
      if (!record) throw new Error("an accepted batch could not be read back");
      return { record, webhook_secret: secret };
    },

    async execution({ tenant_id, key_id, lane, variables, options }, given) {
      const { row } = await deps.resolve(tenant_id, options.prompt, deps.random());
      renderPrompt(row.definition, variables);
      const created_at = deps.now();
      const id = given ?? newId("exe", created_at);
      const item = {
        ...createBatchUpload(created_at, deps.maxItemBytes).row(JSON.stringify({ variables })),
        execution_id: id,
      };
      await deps.batches.begin({ tenant_id, key_id, id, kind: "execution", created_at });
      await deps.batches.add(tenant_id, id, [item]);
      await open(tenant_id, id, 1, {
        lane,
        mode: "queue",
        request: options,
        max_cost_nanousd: null,
        webhook_url: null,
        webhook_secret: null,
      });
      return id;
    },
  };
}
