import type { EventDelivery } from "../webhooks/event-delivery.ts";
import type { Lane } from "../lane.ts";
import type { ProviderName } from "../completions/completion.ts";

/**
 * The queues of wake-ups. Webhooks have one of their own: a receiver that does not answer holds a
 * consumer for as long as a delivery may take, and some of them would hold all those of a lane.
 */
export type QueueName = Lane | "webhooks";

/**
 * A message of one of these queues. It names work that is stored elsewhere and holds no state, so a
 * lost or repeated wake-up does no harm.
 */
export type WakeUp = BatchWakeUp | TestsWakeUp | ChainWakeUp | KeyCheck;

/** A group to run, or a batch whose webhook to send. */
export type BatchWakeUp = GroupWakeUp | WebhookWakeUp;

/** One group of a batch. */
export interface GroupKey {
  tenant_id: string;
  batch_id: string;
  group: number;
}

/** Asks to run one group of a batch. */
export interface GroupWakeUp extends GroupKey {
  type: "group";
}

/**
 * Asks to send the webhook of a batch, or, with `delivery`, an event to a tenant's webhook, or,
 * with `anomalies`, to look what a tenant's webhooks are to be told of.
 */
export interface WebhookWakeUp {
  type: "webhook";
  tenant_id: string;
  /** Empty with `delivery` and `anomalies`. */
  batch_id: string;
  delivery?: EventDelivery;
  anomalies?: boolean;
}

/**
 * Asks to check one provider key for one model; sent by the key's gate. `due_at` (Unix ms)
 * identifies the check at the gate.
 */
export interface KeyCheck {
  type: "check";
  tenant_id: string;
  provider: ProviderName;
  key: string;
  model: string;
  due_at: number;
}

/**
 * Asks to go on with a test run, a comparison or an optimisation: the prefix of its id says which.
 * Versions that know test runs only find none of that id, and the sweep sends another wake-up.
 */
export interface TestsWakeUp {
  type: "tests";
  tenant_id: string;
  run_id: string;
}

/** Asks to go on with a run of a chain. */
export interface ChainWakeUp {
  type: "chain";
  tenant_id: string;
  run_id: string;
}
