import type { ProviderName } from "../../domain/completions/completion.ts";
import type { GateCaller } from "../../domain/gate/client/caller-group.ts";
import type { CallOutcome, Purpose } from "../../domain/gate/protocol/messages.ts";
import type { ProviderKey } from "../tenants/provider-keys.ts";

/**
 * A call that wants to be admitted. `patience_ms` is the longest that it waits for a permit; 0
 * takes what there is now or nothing.
 */
export interface AdmitCall extends Pick<GateCaller, "model" | "lane" | "tokens" | "hold_ms" | "avoid"> {
  tenant_id: string;
  provider: ProviderName;
  purpose: Purpose;
  keys: ProviderKey[];
  patience_ms: number;
  signal: AbortSignal;
}

/**
 * The right to make one call, for a short time. Say when it is sent, and end it exactly once: with
 * `end` if the provider ended the call, with `abort` if we did, with `cancel` if it was not sent.
 */
export interface Admission {
  key: ProviderKey;
  /** Called right before the call. False where the time is over and the call must not be sent. */
  send(): boolean;
  /**
   * `outcome` says how the call went as far as the key's health is concerned; null says nothing of
   * it.
   */
  end(spentTokens: number, outcome: EndOutcome | null): void;
  abort(spentTokens: number, outcome: EndOutcome | null): void;
  cancel(): void;
}

type WithoutTarget<T> = T extends unknown ? Omit<T, "key" | "model" | "calls"> : never;

/** The outcome of one call, without the key and the model, which its admission knows. */
export type EndOutcome = WithoutTarget<Exclude<CallOutcome, { kind: "checked" }>>;
