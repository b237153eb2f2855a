import type { Attributes, AttributeValue, Span, SpanKind } from "./span.ts";

/** The numbers of the kinds in the protocol. */
const KINDS = { internal: 1, server: 2, client: 3 } as const satisfies Record<SpanKind, number>;
const STATUS_ERROR = 2;
const SCOPE = { name: "pbt-edge" };

/**
 * The body of an OTLP/HTTP request in JSON (opentelemetry.io/docs/specs/otlp): ids in hexadecimal,
 * whole numbers of 64 bits as texts. `resource` says who sends it.
 */
export function otlpJson(spans: readonly Span[], resource: Attributes): string {
  return JSON.stringify({
    resourceSpans: [
      { resource: { attributes: keyValues(resource) }, scopeSpans: [{ scope: SCOPE, spans: spans.map(toOtlp) }] },
    ],
  });
}

function toOtlp({ trace_id, span_id, parent_id, state, name, kind, start, end, attributes, error, links }: Span) {
  return {
    traceId: trace_id,
    spanId: span_id,
    ...(parent_id !== undefined && { parentSpanId: parent_id }),
    ...(state !== undefined && { traceState: state }),
    name,
    kind: KINDS[kind],
    startTimeUnixNano: nanos(start),
    endTimeUnixNano: nanos(end),
    attributes: keyValues(attributes),
    ...(links && { links: links.map((link) => ({ traceId: link.trace_id, spanId: link.span_id })) }),
    status: error === undefined ? {} : { code: STATUS_ERROR },
  };
}

/** A time of 64 bits. A number holds its microseconds, and not its nanoseconds. */
function nanos(ms: number): string {
  return `${Math.round(ms * 1_000)}000`;
}

function keyValues(attributes: Attributes) {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: anyValue(value) }],
  );
}

function anyValue(value: NonNullable<AttributeValue>): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "number") return { intValue: String(value) };
  if ("fraction" in value) return { doubleValue: value.fraction };
  return { arrayValue: { values: value.map((each) => ({ stringValue: each })) } };
}
