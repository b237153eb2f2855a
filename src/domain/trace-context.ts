/** Names a span, of whichever system: 32 and 16 hexadecimal digits in lower case. */
export interface SpanReference {
  trace_id: string;
  span_id: string;
}

/**
 * Where a request stands in a distributed trace (W3C Trace Context, w3.org/TR/trace-context).
 * `span_id` is the span that the reply names: that of the request's execution, whenever that runs.
 */
export interface TraceContext extends SpanReference {
  /** The caller's span; absent where the trace begins here. */
  parent_id?: string;
  /** Whether the trace is recorded, as others are told. */
  sampled: boolean;
  /** Whether that is the caller's decision. Otherwise the ratio of each collector decides. */
  decided?: true;
  /** `tracestate`: what other systems note in a trace. It is passed on unread. */
  state?: string;
  /** Whether the execution runs from a queue. */
  queued?: true;
  /** The request that asked for it, where the execution has a trace of its own. */
  asked_by?: SpanReference;
}

/** The headers of a request that belong to its trace. */
export interface TraceHeaders {
  traceparent: string | undefined;
  tracestate: string | undefined;
}

/** Version, trace, span, flags; later versions may have more behind them. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const ZEROS = /^0+$/;
const SAMPLED = 1;
/** What every system has to pass on, in characters. More is dropped. */
const MAX_STATE = 512;
const PRINTABLE = /^[\x20-\x7e]+$/;

/**
 * Continues the trace of a request's headers, or begins one where they name none. `fresh` is the
 * span of the request, and the trace to begin.
 */
export function continueTrace({ traceparent, tracestate = "" }: TraceHeaders, fresh: SpanReference): TraceContext {
  const [, version, trace_id = "", parent_id = "", flags = "", rest] = TRACEPARENT.exec(traceparent ?? "") ?? [];
  const isFaulty = version === undefined || version === "ff" || (version === "00" && rest !== undefined);
  if (isFaulty || ZEROS.test(trace_id) || ZEROS.test(parent_id)) return { ...fresh, sampled: false };
  const sampled = (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED;
  const state = tracestate.length <= MAX_STATE && PRINTABLE.test(tracestate) ? { state: tracestate } : {};
  return { trace_id, span_id: fresh.span_id, parent_id, sampled, decided: true, ...state };
}

/**
 * A trace that is an execution's own: the digits of the execution's id name it. Items of batches
 * have one each, because a trace of thousands of executions would be of no use. `asked_by` is the
 * request that asked for it.
 */
export function traceOfExecution(id: string, asked_by?: SpanReference): TraceContext {
  const trace_id = id.slice(id.indexOf("_") + 1).replaceAll("-", "");
  const own = { trace_id, span_id: trace_id.slice(-SPAN_DIGITS), sampled: false, queued: true } as const;
  return asked_by ? { ...own, asked_by: { trace_id: asked_by.trace_id, span_id: asked_by.span_id } } : own;
}

/** The trace of a run: that of the request that asked for it, or its own. */
export function traceOfRun({ id, plan }: { id: string; plan: { trace?: TraceContext } }): TraceContext {
  return plan.trace ?? traceOfExecution(id);
}

const SPAN_DIGITS = 16;

/** The place of one of several executions that a request asks for: below the request's own span. */
export function traceBelow(trace: TraceContext, executionId: string): TraceContext {
  const { span_id } = traceOfExecution(executionId);
  return { ...trace, parent_id: trace.span_id, span_id, queued: true };
}

/** The value of `traceparent` that names one of the trace's spans, by default the request's own. */
export function traceparentOf({ trace_id, span_id, sampled }: TraceContext, span = span_id): string {
  return `00-${trace_id}-${span}-${sampled ? "01" : "00"}`;
}

/** Digits at the end of a span's id that count. */
const COUNTED_DIGITS = 8;

/**
 * The id of the n-th span below an execution's: its id, counted on. So a call can name its span
 * before anybody knows whether the trace will be exported.
 */
export function spanIdBelow(span_id: string, n: number): string {
  const stem = span_id.slice(0, -COUNTED_DIGITS);
  const counted = (Number.parseInt(span_id.slice(-COUNTED_DIGITS), 16) + n) % 2 ** (4 * COUNTED_DIGITS);
  return stem + counted.toString(16).padStart(COUNTED_DIGITS, "0");
}

/** The number of the span of an execution's first attempt; the others follow. */
export const FIRST_ATTEMPT_SPAN = 16;

/** The headers of an execution's n-th call to a provider, from 0: they name its attempt's span. */
export function callHeaders(trace: TraceContext, attempt: number): Record<string, string> {
  const traceparent = traceparentOf(trace, spanIdBelow(trace.span_id, FIRST_ATTEMPT_SPAN + attempt));
  return { traceparent, ...(trace.state !== undefined && { tracestate: trace.state }) };
}

/** Where the random digits of a trace's id begin that decide; 13 digits are exact as a number. */
const RANDOM_DIGITS = { from: 18, to: 31 };
const RANDOM_RANGE = 2 ** 52;

/**
 * Whether a share of all traces, from 0 to 1, has this one. Everybody who looks at the same trace
 * decides the same (OpenTelemetry's consistent probability sampling: the highest values are kept).
 */
export function isInShare(trace_id: string, share: number): boolean {
  const random = Number.parseInt(trace_id.slice(RANDOM_DIGITS.from, RANDOM_DIGITS.to), 16);
  return random >= (1 - share) * RANDOM_RANGE;
}
