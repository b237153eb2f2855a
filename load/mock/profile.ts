import { isObject, isWhole } from "./json.ts";

/** What can go wrong with a call, beside an error status. */
export const FAULTS = [
  "hang_before_headers",
  "hang_mid_stream",
  "cut_stream",
  "truncate",
  "no_done",
  "garbage_json",
  "html",
  "error_in_200",
  "missing_usage",
  "wrong_usage",
  "huge",
] as const;
/** One of {@link FAULTS}. */
export type Fault = (typeof FAULTS)[number];

/** Numbers that `wrong_usage` reports in place of its own (0 prompt tokens, a thousand times the output, a total of 1). */
export interface ReportedUsage {
  prompt_tokens?: number;
  completion_tokens?: number;
  total_tokens?: number;
}

/** How a provider batch is to go; read when the batch is created. Shares are of its items, drawn by the mock's seed. */
export interface BatchBehaviour {
  /** Milliseconds of the mock's clock from creation to the end; 0 when absent. */
  delay_ms?: number;
  /** Share of the items that the provider never gets to. */
  expired?: number;
  /** Share of the items that end with a server error. */
  errored?: number;
  /** Results come in an order of their own. */
  shuffle?: boolean;
}

/** How one call is to behave. Everything is optional; an empty profile answers at once and correctly. */
export interface Profile {
  /** Milliseconds before the headers. */
  delay_ms?: number;
  /** Milliseconds between the headers and the first token (before the headers when not streaming). */
  ttft_ms?: number;
  tokens_per_s?: number;
  /** Cuts the bytes of a stream at every n-th byte, wherever that falls. */
  chunk_bytes?: number;
  /** An error status, answered with the provider's body; 200 undoes the status and the fault of a weaker profile. */
  status?: number;
  /** Sent verbatim as `retry-after`. */
  retry_after?: string;
  /** Sent as `retry-after-ms`. */
  retry_after_ms?: number;
  /** The provider's machine-readable code in an error body (OpenAI `code`, Anthropic `type`). */
  error_code?: string;
  error_message?: string;
  /** Probability of the status and the fault, 0 to 1; 1 when absent. */
  rate?: number;
  fault?: Fault;
  /** Share of the text that is sent before a fault in mid-stream, 0 to 1; 0.5 when absent. */
  fault_at?: number;
  /** Bytes of text in a `huge` answer; 1 GiB when absent. */
  huge_bytes?: number;
  /** This text in place of the generated one. */
  answer?: string;
  /** With `wrong_usage`: the numbers to report. */
  usage?: ReportedUsage;
  /** For a call that creates a provider batch. */
  batch?: BatchBehaviour;
}

/** A profile that cannot be understood; the message names the field. */
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
  usage: (value) => isObject(value) && Object.values(value).every((count) => typeof count === "number"),
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

/** Checks a profile that came from outside. A `retry_after` given as a number is taken as text. Throws ProfileError. */
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

/** Checks a profile given as JSON text. Throws ProfileError. */
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
 * Lays profiles over each other, the weakest first. A profile that names a status or a fault replaces the whole failure of the
 * weaker ones (status, fault, rate, retry-after and so on), so that a rare default fault never thins out one that was asked for.
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

/** The profile's latency and answer alone: what is left when the dice spare a call. */
export function withoutFailure(profile: Profile): Profile {
  const { delay_ms, ttft_ms, tokens_per_s, chunk_bytes, answer, batch } = profile;
  return { delay_ms, ttft_ms, tokens_per_s, chunk_bytes, answer, batch };
}
