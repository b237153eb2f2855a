import { type Attempt, spentOn } from "../completions/attempt.ts";
import type { CompletionInput, Usage } from "../completions/completion.ts";
import type { Execution } from "../executions/execution.ts";
import type { Timings } from "../executions/timings.ts";
import { FIRST_ATTEMPT_SPAN, spanIdBelow, type TraceContext } from "../trace-context.ts";
import { contentAttributes } from "./content-attributes.ts";
import {
  operationOf,
  promptAttributes,
  type ProviderEndpoints,
  requestAttributes,
  responseAttributes,
  serverAttributes,
  usageAttributes,
  withEarlierNames,
} from "./gen-ai-attributes.ts";
import { type Attributes, fraction, type Span } from "./span.ts";

/** An execution that has ended, as its trace tells it. */
export interface TracedExecution {
  trace: TraceContext;
  execution: Execution;
  attempts: readonly Attempt[];
  /** What models were asked; absent where none was. */
  input?: CompletionInput;
  /** How many variables the prompt was given. */
  variables: number;
  timings: Pick<Timings, "read" | "starts">;
}

/** What spans tell beside what they always do. */
export interface SpanOptions {
  /** Whether they have what the model was asked and what it said. */
  content: boolean;
  /** Whether they have the attributes' earlier names, too. */
  earlierNames: boolean;
  /** Where the deployment reaches the providers that are built in. */
  endpoints: ProviderEndpoints;
}

/** The numbers of the spans below an execution's, by which their ids are made. */
const SPAN_NUMBERS = { load_prompt: 1, render_template: 2, cache_lookup: 3, admission: 4, inference: 5 } as const;
const NANO = 1e9;

/** A time span of the trace, in Unix ms. */
interface Extent {
  start: number;
  end: number;
}

/**
 * The spans of an execution, the root first. It stands for all of the request; below it are the
 * phases and one call of a model, with each attempt to make it as a child: by the conventions,
 * retries lie inside one span. No span reaches beyond its parent.
 */
export function executionSpans(traced: TracedExecution, options: SpanOptions): Span[] {
  const root = rootSpan(traced);
  const phases = phaseExtents(traced, root);
  const below = Object.entries(phases).map(([name, extent]): Span => {
    const number = SPAN_NUMBERS[name as keyof typeof phases];
    return { ...spanBelow(root, number, extent), name, kind: "internal", attributes: {} };
  });
  const spans = [root, ...below, ...inferenceSpans(traced, root, options)];
  if (!options.earlierNames) return spans;
  return spans.map((span) => ({ ...span, attributes: withEarlierNames(span.attributes) }));
}

function rootSpan(traced: TracedExecution): Span {
  const { trace, execution } = traced;
  const { trace_id, span_id, parent_id, state, asked_by, queued } = trace;
  return {
    trace_id,
    span_id,
    ...(parent_id !== undefined && { parent_id }),
    ...(state !== undefined && { state }),
    name: "prompt_execution",
    kind: queued ? "internal" : "server",
    start: arrivalOf(traced),
    end: execution.created_at + execution.latency_ms,
    attributes: rootAttributes(traced),
    ...(execution.error && { error: execution.error.code }),
    ...(asked_by && { links: [asked_by] }),
  };
}

function rootAttributes({ execution, variables }: TracedExecution): Attributes {
  const { cost_nanousd, saved_nanousd, cached, error } = execution;
  return {
    ...promptAttributes(execution),
    "prompt.id": execution.prompt_name === "" ? undefined : execution.prompt_name,
    "prompt.variables": variables,
    "pbt.execution.id": execution.id,
    "pbt.tenant.id": execution.tenant_id,
    "pbt.prompt.label": execution.prompt_label ?? undefined,
    "pbt.lane": execution.lane,
    "pbt.cache.tier": cached ?? undefined,
    "pbt.attempts": execution.attempts,
    "pbt.cost_usd": usd(cost_nanousd),
    "pbt.saved_usd": usd(saved_nanousd),
    "error.type": error?.code,
  };
}

/**
 * When the request arrived. The phases count from then, and the first of them began with the
 * execution.
 */
function arrivalOf({ execution, timings }: TracedExecution): number {
  const starts = timings.starts();
  return execution.created_at - (starts.get("load") ?? starts.get("render") ?? 0);
}

type PhaseName = Exclude<keyof typeof SPAN_NUMBERS, "inference">;

/** The phases that the execution had. */
function phaseExtents({ execution, attempts, timings }: TracedExecution, { start: arrival, end }: Span) {
  const [starts, durations] = [timings.starts(), timings.read()];
  const extentOf = (phase: "load" | "render" | "cache" | "llm"): Extent | undefined => {
    const start = starts.get(phase);
    return start === undefined
      ? undefined
      : { start: arrival + start, end: arrival + start + (durations.get(phase) ?? 0) };
  };
  const [cache, call] = [extentOf("cache"), extentOf("llm")];
  const isFollower = execution.cached === "flight";
  // A follower finds its answer where another execution's call ends.
  const lookup = cache && { start: cache.start, end: isFollower && call ? call.end : cache.end };
  const isCalled = call !== undefined && (attempts.length > 0 || execution.cached === null);
  const admission = isCalled ? { start: call.start, end: attempts[0]?.started_at ?? end } : undefined;
  const extents: Record<PhaseName, Extent | undefined> = {
    load_prompt: extentOf("load"),
    render_template: extentOf("render"),
    cache_lookup: lookup,
    admission,
  };
  const had = Object.entries(extents).filter((entry): entry is [PhaseName, Extent] => entry[1] !== undefined);
  return Object.fromEntries(had) as Partial<Record<PhaseName, Extent>>;
}

/** The call of a model with its attempts; nothing where no model was called. */
function inferenceSpans(traced: TracedExecution, root: Span, { content, endpoints }: SpanOptions): Span[] {
  const { attempts, execution, input } = traced;
  const [first, last] = [attempts[0], attempts.at(-1)];
  if (!first || !last) return [];
  const name = `${operationOf(input)} ${last.candidate.model}`;
  const extent = { start: first.started_at, end: last.ended_at ?? root.end };
  const { finish_reason } = execution;
  const hasAnswered = execution.cached === null && execution.error === null;
  const { "gen_ai.response.time_to_first_chunk": _ofAttempt, ...response } = responseAttributes(last);
  const inference: Span = {
    ...spanBelow(root, SPAN_NUMBERS.inference, extent),
    name,
    kind: "client",
    attributes: {
      ...requestAttributes(input, last.candidate),
      ...promptAttributes(execution),
      ...response,
      ...(last.first_token_at !== null && {
        "gen_ai.response.time_to_first_chunk": fraction((last.first_token_at - first.started_at) / 1_000),
      }),
      ...usedTokens(attempts),
      "gen_ai.request.stop_sequences": input?.parameters.stop && content ? input.parameters.stop : undefined,
      "gen_ai.response.id": execution.response_id,
      "gen_ai.response.finish_reasons": hasAnswered && finish_reason !== null ? [finish_reason] : undefined,
      "pbt.cost_usd": usd(spentOn(attempts).cost_nanousd),
      "error.type": last.error?.code,
      ...(content && contentAttributes(input, execution)),
    },
    ...(last.error && { error: last.error.code }),
  };
  const spans = attempts.map((attempt, index): Span => {
    const span = attemptSpan(traced, inference, attempt, index);
    return { ...span, attributes: { ...span.attributes, ...serverAttributes(attempt.candidate, endpoints) } };
  });
  return [inference, ...spans];
}

function attemptSpan({ trace, input }: TracedExecution, inference: Span, attempt: Attempt, index: number): Span {
  const { candidate, key, outcome, cost, error, started_at, ended_at } = attempt;
  const extent = { start: started_at, end: ended_at ?? inference.end };
  return {
    ...spanBelow(inference, 0, extent),
    span_id: spanIdBelow(trace.span_id, FIRST_ATTEMPT_SPAN + index),
    name: "llm_call",
    kind: "client",
    attributes: {
      ...requestAttributes(input, candidate),
      ...responseAttributes(attempt),
      "pbt.attempt": index + 1,
      "pbt.attempt.outcome": outcome,
      "pbt.provider_key": key,
      "pbt.cost_usd": cost ? usd(cost.cost_nanousd) : undefined,
      "error.type": error?.code,
    },
    ...(error && { error: error.code }),
  };
}

/** A child's place in the trace, within its parent's time. */
function spanBelow(parent: Span, number: number, { start, end }: Extent) {
  const { trace_id, state } = parent;
  const within = (time: number) => Math.min(parent.end, Math.max(parent.start, time));
  const begun = within(start);
  return {
    trace_id,
    span_id: spanIdBelow(parent.span_id, number),
    parent_id: parent.span_id,
    ...(state !== undefined && { state }),
    start: begun,
    end: Math.max(begun, within(end)),
  };
}

/** The tokens that all attempts used; nothing where no provider told of any. */
function usedTokens(attempts: readonly Attempt[]): Attributes {
  if (attempts.every(({ usage }) => usage === null)) return {};
  const sum: Partial<Record<string, number>> = {};
  for (const { usage } of attempts) {
    for (const [kind, tokens] of Object.entries(usage ?? {})) {
      if (typeof tokens === "number") sum[kind] = (sum[kind] ?? 0) + tokens;
    }
  }
  const used: Usage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, ...sum };
  return usageAttributes(used);
}

function usd(nanousd: number | null): Attributes[string] {
  return nanousd === null ? undefined : fraction(nanousd / NANO);
}
