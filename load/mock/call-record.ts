import type { ProviderName } from "../../src/domain/completions/completion.ts";
import type { Fault } from "./profile.ts";
import type { UsageParts } from "./usage-parts.ts";

/**
 * One call as the provider saw it: the ground truth that a gateway's records are compared with.
 * Times are milliseconds of the mock's clock.
 */
export interface CallRecord {
  /** 1 for the first call since the start or the last reset. */
  seq: number;
  at: number;
  /** Null while the call is in flight. */
  ended_at: number | null;
  provider: ProviderName;
  path: string;
  /** The API key as it was sent; empty when there was none. */
  key: string;
  model: string;
  stream: boolean;
  /** Null when no headers were sent. */
  status: number | null;
  /** The simulated fault; "status" for an error status that a profile asked for. */
  fault: Fault | "status" | null;
  /** Whether the call was refused because its key was over one of its limits. */
  over_limit: boolean;
  prompt_tokens: number;
  /** The tokens of the text that was sent, whatever usage the answer reported. */
  completion_tokens: number;
  /** What the usage says beside its sums; absent where the profile asked for nothing. */
  usage_parts?: UsageParts;
  /** Whether the client disconnected before the end. */
  client_left: boolean;
  request_id: string;
  body_sha256: string;
  /** Of the last message's text, by which a proof knows its own requests; absent without any. */
  prompt_sha256?: string;
  idempotency_key?: string;
  /** The number of items of the provider batch that this call created. */
  batch_items?: number;
  /** The calls of the same key in flight when this one began, itself included. */
  concurrent: number;
}

/** The part of a record that is known when the call arrives. */
export type CallOpening = Pick<
  CallRecord,
  "provider" | "path" | "key" | "request_id" | "body_sha256" | "idempotency_key"
>;

/** The record of a call that has just arrived. */
export function newRecord(opening: CallOpening, seq: number, at: number, concurrent: number): CallRecord {
  return {
    seq,
    at,
    ended_at: null,
    ...opening,
    model: "",
    stream: false,
    status: null,
    fault: null,
    over_limit: false,
    prompt_tokens: 0,
    completion_tokens: 0,
    client_left: false,
    concurrent,
  };
}
