import type { WakeUp } from "../../domain/batches/wake-up.ts";
import { isId } from "../../domain/id.ts";
import type { Lane } from "../../domain/lane.ts";
import type { BatchDeps } from "./batch-deps.ts";
import { deliverWebhook } from "./deliver-webhook.ts";
import { QueueInvocation } from "./queue-invocation.ts";
import { runBatchGroup } from "./run-batch-group.ts";
import { groupWakeUps, sendWakeUps, wakeTimes } from "./wake-ups.ts";

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
  if (wakeUp.type === "tests") {
    return isId("tst", wakeUp.run_id) ? deps.resumeTestRun(wakeUp) : deps.resumeExperiment(wakeUp);
  }
  if (wakeUp.type === "chain") return deps.resumeChainRun(wakeUp);
  const { tenant_id, batch_id } = wakeUp;
  if (wakeUp.type === "webhook") {
    if (wakeUp.anomalies) return deps.checkAnomalies(tenant_id);
    return wakeUp.delivery ? deps.deliverEvent(wakeUp.delivery) : deliverWebhook(deps, tenant_id, batch_id);
  }
  const key = { tenant_id, batch_id, group: wakeUp.group };
  // A group that is not admitted waits for its turn. Its wake-up is done with.
  if (!(await deps.line.admit(key, lane, wakeTimes(deps)))) return;
  const { webhook } = await runBatchGroup(deps, key, invocation);
  const { due, woken } = await deps.line.rest(key, lane, wakeTimes(deps));
  if (due !== null) await sendWakeUps(deps, lane, [wakeUp], Math.max(0, due - deps.now()));
  await sendWakeUps(deps, lane, groupWakeUps(woken));
  if (webhook) await sendWakeUps(deps, "webhooks", [{ type: "webhook", tenant_id, batch_id }]);
}
