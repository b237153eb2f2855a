import { areDeviations, type Deviation } from "./deviation.ts";
import { areExtraEvents, type ExtraEvent } from "./extra-event.ts";
import { isObject, isWhole } from "./json.ts";
import { areToolCalls, type MockToolCall } from "./tool-call.ts";
import { isUsageParts, type UsageParts } from "./usage-parts.ts";

/** The faults that a call can have, beside an error status. */
export const FAULTS = [
  "hang_before_headers",
  "hang_mid_stream",
  "cut_stream",
  "truncate",
  "no_done",
  "stay_open",
  "garbage_json",
  "html",
  "error_in_200",
  "missing_usage",
  "wrong_usage",
  "huge",
] as const;
/** One of {@link FAULTS}. */
export type Fault = (typeof FAULTS)[number];

/**
 * The usage that `wrong_usage` reports. Absent numbers are 0 prompt tokens, a thousand times the
 * true output, and a total of 1.
 */
export interface ReportedUsage {
  prompt_tokens?: number;
  completion_tokens?: number;
  total_tokens?: number;
}

/**
 * The behaviour of a provider batch, read when the batch is created. The mock's seed decides which
 * items a share hits.
 */
export interface BatchBehaviour {
  /** Milliseconds of the mock's clock from creation to the end; 0 when absent. */
  delay_ms?: number;
  /** The share of items that expire without being executed. */
  expired?: number;
  /** The share of items that end with a server error. */
  errored?: number;
  /** Whether the results are in another order than the items. */
  shuffle?: boolean;
}

/** The behaviour of a call. An empty profile answers at once and correctly. */
export interface Profile {
  /** Milliseconds before the headers. */
  delay_ms?: number;
  /**
   * Milliseconds between the headers and the first token (before the headers when not streaming).
   */
  ttft_ms?: number;
  tokens_per_s?: number;
  /** Cuts a stream into chunks of this many bytes, also within a character. */
  chunk_bytes?: number;
  /**
   * An error status, sent with the provider's error body. 200 removes the status and the fault of
   * weaker profiles.
   */
  status?: number;
  /** Sent verbatim as `retry-after`. */
  retry_after?: string;
  /** Sent as `retry-after-ms`. */
  retry_after_ms?: number;
  /** The provider's machine-readable code in an error body (OpenAI `code`, Anthropic `type`). */
  error_code?: string;
  error_message?: string;
  /** The probability of the status and the fault, 0 to 1; 1 when absent. */
  rate?: number;
  fault?: Fault;
  /** The share of the text that is sent before a fault in mid-stream, 0 to 1; 0.5 when absent. */
  fault_at?: number;
  /** The bytes of text in a `huge` answer; 1 GiB when absent. */
  huge_bytes?: number;
  /** The text of the answer; generated when absent. */
  answer?: string;
  /** The calls of tools that the model asks for, in place of a text unless `answer` gives one. */
  tool_calls?: MockToolCall[];
  /** Whether it asks for a call of each tool that the request offers, until it gets a result. */
  calls_tools?: boolean;
  /** What the model says before it answers, where the wire format tells it. */
  reasoning?: string;
  /** Whether the answer is a refusal. */
  refusal?: boolean;
  /** With `wrong_usage`: the usage to report. */
  usage?: ReportedUsage;
  /** What the usage says beside its sums. */
  usage_parts?: UsageParts;
  /** How the compatible server's answer differs from OpenAI's; in every usual way when absent. */
  deviations?: Deviation[];
  /** Fields of an answer, or of all events of a stream, that no provider has today. */
  extra_fields?: Record<string, unknown>;
  /** Events after the first of a stream that no provider has today. */
  extra_events?: ExtraEvent[];
  /** For a call that creates a provider batch. */
  batch?: BatchBehaviour;
}

/** An invalid profile; the message names the field. */
export class ProfileError extends Error {
  override readonly name = "ProfileError";
}

type Check = (value: unknown) => boolean;

const isDuration: Check = (value) => typeof value === "number" && value >= 0 && value <= 86_400_000;
const isShare: Check = (value) => typeof value === "number" && value >= 0 && value <= 1;
const isText: Check = (value) => typeof value === "string";
const isHeaderText: Check = (value) => typeof value === "string" && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);

const CHECKS: Record<keyof Profile, Check> = {
  delay_ms: isDuration,
  ttft_ms: isDuration,
  tokens_per_s: (value) => typeof value === "number" && value > 0,
  chunk_bytes: (value) => isWhole(value, 1),
  status: (value) => value === 200 || (isWhole(value, 400) && value <= 599),
  retry_after: isHeaderText,
  retry_after_ms: (value) => typeof value === "number",
  error_code: isText,
  error_message: isText,
  rate: isShare,
  fault: (value) => FAULTS.some((fault) => fault === value),
  fault_at: isShare,
  huge_bytes: (value) => isWhole(value, 1),
  answer: isText,
  tool_calls: areToolCalls,
  calls_tools: (value) => typeof value === "boolean",
  reasoning: isText,
  refusal: (value) => typeof value === "boolean",
  usage: (value) => isObject(value) && Object.values(value).every((count) => typeof count === "number"),
  usage_parts: isUsageParts,
  deviations: areDeviations,
  extra_fields: isObject,
  extra_events: areExtraEvents,
  batch: isBatchBehaviour,
};

function isBatchBehaviour(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { delay_ms: delay, expired, errored, shuffle, ...unknown } = value;
  const checked = [delay ?? 0, expired ?? 0, errored ?? 0];
  return (
    Object.keys(unknown).length === 0 &&
    [isDuration, isShare, isShare].every((check, index) => check(checked[index])) &&
    (shuffle === undefined || typeof shuffle === "boolean")
  );
}

function isField(name: string): name is keyof Profile {
  return Object.hasOwn(CHECKS, name);
}

/** Validates a profile. A number as `retry_after` becomes text. Throws ProfileError. */
export function parseProfile(value: unknown): Profile {
  if (!isObject(value)) throw new ProfileError("mock profile: expected a JSON object");
  const fields =
    typeof value["retry_after"] === "number" ? { ...value, retry_after: `${value["retry_after"]}` } : value;
  for (const [name, field] of Object.entries(fields)) {
    if (!isField(name)) throw new ProfileError(`mock profile: unknown field "${name}"`);
    if (!CHECKS[name](field)) throw new ProfileError(`mock profile: bad value for "${name}"`);
  }
  return fields satisfies Profile;
}

/** Parses and validates a profile in JSON. Throws ProfileError. */
export function parseProfileText(text: string): Profile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ProfileError("mock profile: not JSON");
  }
  return parseProfile(value);
}

/**
 * Merges profiles, the weakest first. A profile with a status or a fault replaces the whole failure
 * of the weaker ones (status, fault, rate, retry-after and so on), so that the low rate of a
 * default fault does not apply to a fault that a call asks for.
 */
export function mergeProfiles(layers: readonly (Profile | undefined)[]): Profile {
  let merged: Profile = {};
  for (const layer of layers) {
    if (layer === undefined) continue;
    const failing = layer.status !== undefined || layer.fault !== undefined;
    merged = { ...(failing ? withoutFailure(merged) : merged), ...layer };
  }
  return merged;
}

/** The profile without its failure: latency, answer and batch behaviour. */
export function withoutFailure(profile: Profile): Profile {
  const { delay_ms, ttft_ms, tokens_per_s, chunk_bytes, answer, tool_calls, reasoning, refusal, usage_parts } = profile;
  const { calls_tools, deviations, extra_fields, extra_events, batch } = profile;
  const latency = { delay_ms, ttft_ms, tokens_per_s, chunk_bytes };
  const said = { answer, tool_calls, calls_tools, reasoning, refusal, extra_fields, extra_events };
  return { ...latency, ...said, usage_parts, deviations, batch };
}
