import type { SpanReference } from "../trace-context.ts";

/** A number that is no whole one by its meaning, such as a temperature, even where it is 1. */
export interface FractionalValue {
  fraction: number;
}

/** The value of an attribute; a bare number is a whole one. What is undefined is left out. */
export type AttributeValue = string | number | boolean | FractionalValue | readonly string[] | undefined;
/** What a span says, by the names of OpenTelemetry's conventions and by ours, `pbt.*`. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** What a span stands for, in OpenTelemetry's terms. */
export type SpanKind = "internal" | "server" | "client";

/** One part of a trace. Times in Unix ms, with fractions. */
export interface Span extends SpanReference {
  parent_id?: string;
  /** The trace's `tracestate`. */
  state?: string;
  name: string;
  kind: SpanKind;
  start: number;
  end: number;
  attributes: Attributes;
  /** The code of the error that it ended with. */
  error?: string;
  links?: readonly SpanReference[];
}

/** Wraps a number that is no whole one by its meaning. */
export function fraction(value: number | undefined): FractionalValue | undefined {
  return value === undefined ? undefined : { fraction: value };
}
