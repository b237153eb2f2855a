import type { Lane } from "../../domain/lane.ts";
import type { BatchWakeUp, WakeUp } from "../../domain/batches/wake-up.ts";
import { gather } from "../../lib/gather.ts";
import { createSlots } from "../../lib/slots.ts";
import type { BatchWebhookRepository } from "../../storage/batches/webhooks.ts";
import type { BatchClaims } from "../../storage/batches/claims.ts";
import type { CheckKey } from "../gate/check-key.ts";
import type { Clock } from "../../lib/clock.ts";
import type { RecordUsage } from "../usage/record-usage.ts";
import type { Invocation, RunBatchGroup } from "./run-batch-group.ts";
import type { SendWakeUps } from "./wake-ups.ts";
import type { Webhooks } from "./webhooks.ts";

/** What queues and the clock set going. */
export interface HandleWakeUps {
  /** Does what one wake-up of a lane asks for. Throws where it is to be delivered again. */
  handle(lane: Lane, wakeUp: WakeUp, invocation: Invocation): Promise<void>;
  /** What the wake-ups of one invocation share. */
  invocation(): Invocation;
  /** Sends again what nobody was heard of: groups with work left, webhooks that are due; takes stale uploads away. */
  sweep(): Promise<{ groups: number; webhooks: number }>;
}

/** What {@link createHandleWakeUps} needs. Times in milliseconds. */
export interface HandleWakeUpsDeps extends Clock {
  runGroup: RunBatchGroup;
  checkKey: CheckKey;
  webhooks: Pick<Webhooks, "deliver">;
  claims: Pick<BatchClaims, "overdueGroups">;
  rows: Pick<BatchWebhookRepository, "due" | "sweepUploads">;
  send: SendWakeUps;
  recordAll: RecordUsage["all"];
  itemsAtOnce: number;
  wakeAfterMs: number;
}

/** Groups and webhooks that one sweep sends a shard: a long queue is not made longer by those who watch it. */
const SWEPT_AT_ONCE = 100;
/** An upload that takes longer is given up. */
const LONGEST_UPLOAD_MS = 3_600_000;

/** The service. */
export function createHandleWakeUps(deps: HandleWakeUpsDeps): HandleWakeUps {
  return {
    invocation: () => ({ slots: createSlots(deps.itemsAtOnce), record: gather(deps.recordAll) }),
    async handle(lane, wakeUp, invocation) {
      if (wakeUp.type === "check") return deps.checkKey(wakeUp);
      const { tenant_id, batch_id } = wakeUp;
      if (wakeUp.type === "webhook") return deps.webhooks.deliver(tenant_id, batch_id);
      const { wakeAt, webhook } = await deps.runGroup({ tenant_id, batch_id, group: wakeUp.group }, invocation);
      if (wakeAt !== null) await deps.send(lane, [wakeUp], Math.max(0, wakeAt - deps.now()));
      if (webhook) await deps.send(lane, [{ type: "webhook", tenant_id, batch_id }]);
    },
    async sweep() {
      const now = deps.now();
      const groups = await deps.claims.overdueGroups(now, now + deps.wakeAfterMs, SWEPT_AT_ONCE);
      for (const [lane, some] of Map.groupBy(groups, (group) => group.lane)) {
        await deps.send(
          lane,
          some.map(({ tenant_id, batch_id, group }): BatchWakeUp => ({ type: "group", tenant_id, batch_id, group })),
        );
      }
      const webhooks = await deps.rows.due(now, SWEPT_AT_ONCE);
      await deps.send(
        "batch",
        webhooks.map((due): BatchWakeUp => ({ type: "webhook", ...due })),
      );
      await deps.rows.sweepUploads(now - LONGEST_UPLOAD_MS);
      return { groups: groups.length, webhooks: webhooks.length };
    },
  };
}
