import type { ProviderName } from "../completions/completion.ts";

/**
 * What a lane's queue carries: the name of something to look at. It has no state of its own, so that losing or repeating it does no harm.
 */
export type WakeUp = BatchWakeUp | KeyCheck;

/** Which group of which batch to run, or whose webhook to send. */
export type BatchWakeUp =
  | { type: "group"; tenant_id: string; batch_id: string; group: number }
  | { type: "webhook"; tenant_id: string; batch_id: string };

/** Which provider key to check for which model, as its gate asked; `due_at` (epoch ms) is the check's name there. */
export interface KeyCheck {
  type: "check";
  tenant_id: string;
  provider: ProviderName;
  key: string;
  model: string;
  due_at: number;
}
