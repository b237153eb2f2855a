import { type FamilyName, PLACES, type SlotOf, type SlotPlace } from "./families.ts";

/** A metric as Prometheus is told of it. */
export interface MetricDefinition {
  name: string;
  type: "counter" | "gauge" | "histogram";
  help: string;
  /** Labels without a value are left out. */
  labels: readonly string[];
}

/** A metric that isolates count: a slot of a family, by some of the family's labels. */
export interface CountedMetric extends MetricDefinition {
  family: FamilyName;
  place: SlotPlace;
  /** What a number of the slot is multiplied by. */
  scale: number;
}

const NANO = 1e-9;

function counter<F extends FamilyName>(
  name: string,
  help: string,
  [family, slot]: readonly [F, SlotOf<F>],
  labels: readonly string[] = [],
  scale = 1,
): CountedMetric {
  return { name, type: "counter", help, labels, family, place: PLACES[family][slot], scale };
}

/** A histogram of seconds. */
function histogram<F extends FamilyName>(
  name: string,
  help: string,
  [family, slot]: readonly [F, SlotOf<F>],
  labels: readonly string[] = [],
): CountedMetric {
  return { name, type: "histogram", help, labels, family, place: PLACES[family][slot], scale: 1e-3 };
}

const CALL = ["provider", "model"];
/** The same as OpenTelemetry names them. */
const GEN_AI_CALL = ["gen_ai_provider_name", "gen_ai_request_model"];

/** The labels of families by the names that some metrics give them. */
export const LABEL_OF: Readonly<Record<string, string>> = {
  gen_ai_provider_name: "provider",
  gen_ai_request_model: "model",
};

/**
 * The metrics that are counted. Names of `gen_ai` are those of semantic-conventions-genai v0.1.0.
 */
export const COUNTED: readonly CountedMetric[] = [
  counter("pbt_requests_total", "HTTP requests", ["requests", "requests"], ["route", "method", "status"]),
  histogram("pbt_request_duration_seconds", "Time until a reply began", ["requests", "duration"], ["route"]),
  counter("pbt_throttled_requests_total", "Requests beyond the tenant's rate", ["throttled", "requests"]),
  counter("pbt_executions_total", "Executions that ended", ["executions", "executions"], ["prompt", "lane", "outcome"]),
  histogram("pbt_execution_duration_seconds", "Time of whole executions", ["executions", "duration"], ["lane"]),
  histogram("pbt_execution_overhead_seconds", "Time outside of calls to providers", ["executions", "overhead"]),
  histogram("pbt_execution_first_token_seconds", "Time to the first token of a stream", ["executions", "first_token"]),
  histogram("pbt_gate_wait_seconds", "Time until calls were admitted", ["executions", "gate_wait"], ["lane"]),
  counter(
    "pbt_sla_met_executions_total",
    "Executions that succeeded within 1.5 s",
    ["executions", "within_sla"],
    ["prompt"],
  ),
  counter("pbt_answers_total", "Executions by the source of their answers", ["executions", "executions"], ["source"]),
  counter("pbt_cost_usd_total", "Cost at known prices", ["executions", "cost_nanousd"], ["prompt", "model"], NANO),
  counter("pbt_saved_usd_total", "What stored answers saved", ["executions", "saved_nanousd"], ["source"], NANO),
  counter("pbt_attempts_total", "Calls to providers", ["attempts", "attempts"], [...CALL, "outcome"]),
  histogram("gen_ai_client_inference_duration_seconds", "Time of calls", ["attempts", "duration"], GEN_AI_CALL),
  histogram(
    "gen_ai_client_inference_time_to_first_chunk_seconds",
    "Time to a call's first chunk",
    ["attempts", "first_chunk"],
    GEN_AI_CALL,
  ),
  counter(
    "gen_ai_client_inference_usage_input_tokens_total",
    "Input tokens, cached ones included",
    ["attempts", "input"],
    GEN_AI_CALL,
  ),
  counter(
    "gen_ai_client_inference_usage_output_tokens_total",
    "Output tokens, reasoning included",
    ["attempts", "output"],
    GEN_AI_CALL,
  ),
  counter(
    "gen_ai_client_inference_usage_cache_read_input_tokens_total",
    "Input tokens of a provider's cache",
    ["attempts", "cache_read"],
    GEN_AI_CALL,
  ),
  counter(
    "gen_ai_client_inference_usage_cache_write_input_tokens_total",
    "Input tokens written to a provider's cache",
    ["attempts", "cache_write"],
    GEN_AI_CALL,
  ),
  counter(
    "gen_ai_client_inference_usage_reasoning_output_tokens_total",
    "Output tokens of reasoning",
    ["attempts", "reasoning"],
    GEN_AI_CALL,
  ),
  counter("pbt_feedback_scores_total", "Scores that were given to answers", ["feedback", "scores"]),
  counter("pbt_feedback_score_sum_total", "Sum of these scores, each from 0 to 1", ["feedback", "score"]),
  counter("pbt_backend_calls_total", "Calls to D1, objects and queues", ["backends", "calls"], ["backend", "outcome"]),
  histogram("pbt_backend_duration_seconds", "Time of such calls", ["backends", "duration"], ["backend"]),
  counter("pbt_isolates_started_total", "Isolates that reported for the first time", ["isolates", "started"]),
];

function gauge(name: string, help: string, labels: readonly string[] = []): MetricDefinition {
  return { name, type: "gauge", help, labels };
}

const LANE = ["provider", "lane"];
const WINDOW = ["scope", "window"];

/** The metrics that are asked of their owners when they are read. */
export const MEASURED = {
  active: gauge("pbt_active_executions", "Executions under way", ["lane"]),
  ledgerLag: gauge("pbt_ledger_lag_seconds", "Age of the oldest record that is not written"),
  sourceUp: gauge("pbt_scrape_source_up", "Whether a source of this answer replied in time", ["source"]),
  gateInFlight: gauge("pbt_gate_calls_in_flight", "Calls under permits", LANE),
  gateWaiting: gauge("pbt_gate_waiting_calls", "Calls that wait for a permit", LANE),
  gateOldest: gauge("pbt_gate_oldest_wait_seconds", "How long the first of them has waited", LANE),
  gateUsed: gauge("pbt_gate_permits_in_use", "Permits that are lent", ["provider"]),
  gateLimit: gauge("pbt_gate_permits_limit", "Permits that may be lent", ["provider"]),
  keys: gauge("pbt_provider_keys", "Provider keys by state", ["provider", "state"]),
  breakers: gauge("pbt_breakers", "Breakers of keys by state", ["provider", "state"]),
  budgetLeft: gauge("pbt_budget_remaining_usd", "What the tightest budget has left", WINDOW),
  budgetUsed: gauge("pbt_budget_used_ratio", "Used share of the tightest budget", WINDOW),
  queueMessages: gauge("pbt_queue_messages", "Messages in a queue", ["queue"]),
  queueBytes: gauge("pbt_queue_bytes", "Bytes of these messages", ["queue"]),
  queueOldest: gauge("pbt_queue_oldest_message_seconds", "Age of the oldest of them", ["queue"]),
  backendUp: gauge("pbt_backend_up", "Whether a backend answers", ["backend"]),
} as const satisfies Record<string, MetricDefinition>;
