import type { WakeUp } from "../../domain/batches/wake-up.ts";
import type { Lane } from "../../domain/lane.ts";
import type { BatchDeps } from "./batch-deps.ts";
import { deliverWebhook } from "./deliver-webhook.ts";
import { QueueInvocation } from "./queue-invocation.ts";
import { runBatchGroup } from "./run-batch-group.ts";
import { sendWakeUps } from "./wake-ups.ts";

/** Creates what the wake-ups of one queue invocation share. */
export function startInvocation(deps: BatchDeps): QueueInvocation {
  return new QueueInvocation(deps);
}

/** Does the work that a wake-up names. If this throws, the queue must deliver it again. */
export async function handleWakeUp(
  deps: BatchDeps,
  lane: Lane,
  wakeUp: WakeUp,
  invocation: QueueInvocation,
): Promise<void> {
  return invocation.during(async () => workOn(deps, lane, wakeUp, invocation));
}

async function workOn(deps: BatchDeps, lane: Lane, wakeUp: WakeUp, invocation: QueueInvocation): Promise<void> {
  if (wakeUp.type === "check") return deps.checkKey(wakeUp);
  const { tenant_id, batch_id } = wakeUp;
  if (wakeUp.type === "webhook") return deliverWebhook(deps, tenant_id, batch_id);
  const { wakeAt, webhook } = await runBatchGroup(deps, { tenant_id, batch_id, group: wakeUp.group }, invocation);
  if (wakeAt !== null) await sendWakeUps(deps, lane, [wakeUp], Math.max(0, wakeAt - deps.now()));
  if (webhook) await sendWakeUps(deps, lane, [{ type: "webhook", tenant_id, batch_id }]);
}
