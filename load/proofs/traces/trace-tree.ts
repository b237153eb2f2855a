import type { ReceivedSpan } from "../../harness/otlp-receiver.ts";

/** Attributes that a drawn span shows, in this order. */
const SHOWN = [
  "gen_ai.prompt.name",
  "gen_ai.prompt.version",
  "pbt.lane",
  "pbt.cache.tier",
  "pbt.attempt.outcome",
  "gen_ai.provider.name",
  "gen_ai.request.stream",
  "gen_ai.usage.input_tokens",
  "gen_ai.usage.output_tokens",
  "pbt.cost_usd",
  "error.type",
];
const NANOS_A_MS = 1_000_000;
const NAME_WIDTH = 30;

/**
 * Draws the spans of a trace as lines of text: each below its parent, its start and length in ms.
 */
export function drawTrace(spans: readonly ReceivedSpan[]): string[] {
  const ids = new Set(spans.map(({ span_id }) => span_id));
  const roots = spans.filter(({ parent_id }) => parent_id === undefined || !ids.has(parent_id));
  const [first] = roots;
  return first ? roots.flatMap((root) => drawSpan(spans, root, first.start, "")) : [];
}

function drawSpan(spans: readonly ReceivedSpan[], span: ReceivedSpan, origin: bigint, indent: string): string[] {
  const ms = (nanos: bigint) => (Number(nanos) / NANOS_A_MS).toFixed(0);
  const times = `${ms(span.start - origin).padStart(5)} +${ms(span.end - span.start).padEnd(5)}`;
  const facts = SHOWN.flatMap((name) => {
    const value = span.attributes[name];
    return value === undefined ? [] : [`${name.replace(/^(?:gen_ai|pbt)\./, "")}=${value.toString()}`];
  });
  const parent = span.parent_id === undefined || indent !== "" ? [] : [`parent ${span.parent_id} (the caller's)`];
  const line = `${times} ${(indent + span.name).padEnd(NAME_WIDTH)} ${[...facts, ...parent, ...span.links.map((link) => `link ${link}`)].join(" ")}`;
  const children = spans
    .filter(({ parent_id }) => parent_id === span.span_id)
    .toSorted((a, b) => Number(a.start - b.start));
  return [line.trimEnd(), ...children.flatMap((child) => drawSpan(spans, child, origin, `${indent}  `))];
}

/** What is wrong with spans: parents that did not come, or times outside of the parent's. */
export function traceFaults(spans: readonly ReceivedSpan[], callers: ReadonlySet<string>): string[] {
  const byId = new Map(spans.map((span) => [`${span.trace_id}/${span.span_id}`, span]));
  const twice = byId.size === spans.length ? [] : ["a span came twice"];
  const wrong = spans.flatMap((span) => {
    const { name, parent_id, trace_id, start, end } = span;
    if (parent_id === undefined || callers.has(parent_id)) {
      return name === "prompt_execution" ? [] : [`${name} is no execution and has no parent`];
    }
    const parent = byId.get(`${trace_id}/${parent_id}`);
    if (!parent) return [`the parent of ${name} did not come`];
    return start >= parent.start && end <= parent.end && start <= end ? [] : [`${name} is outside of ${parent.name}`];
  });
  return [...twice, ...wrong];
}
