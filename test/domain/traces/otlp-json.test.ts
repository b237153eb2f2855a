import { describe, expect, it } from "vitest";
import { otlpJson } from "../../../src/domain/traces/otlp-json.ts";
import { fraction, type Span } from "../../../src/domain/traces/span.ts";

const span: Span = {
  trace_id: "0af7651916cd43dd8448eb211c80319c",
  span_id: "00f067aa0ba902b7",
  parent_id: "b7ad6b7169203331",
  state: "v=a",
  name: "chat gpt",
  kind: "client",
  start: 1_795_000_000_000.25,
  end: 1_795_000_000_123,
  attributes: { text: "a", whole: 3, part: fraction(1), yes: true, list: ["a", "b"], none: undefined },
  error: "timeout",
  links: [{ trace_id: "f".repeat(32), span_id: "e".repeat(16) }],
};

describe("OTLP in JSON", () => {
  it("has ids in hexadecimal, times of 64 bits as texts, and values by their types", () => {
    expect(JSON.parse(otlpJson([span], { "service.name": "pbt-edge" }))).toEqual({
      resourceSpans: [
        {
          resource: { attributes: [{ key: "service.name", value: { stringValue: "pbt-edge" } }] },
          scopeSpans: [
            {
              scope: { name: "pbt-edge" },
              spans: [
                {
                  traceId: span.trace_id,
                  spanId: span.span_id,
                  parentSpanId: span.parent_id,
                  traceState: "v=a",
                  name: "chat gpt",
                  kind: 3,
                  startTimeUnixNano: "1795000000000250000",
                  endTimeUnixNano: "1795000000123000000",
                  attributes: [
                    { key: "text", value: { stringValue: "a" } },
                    { key: "whole", value: { intValue: "3" } },
                    { key: "part", value: { doubleValue: 1 } },
                    { key: "yes", value: { boolValue: true } },
                    { key: "list", value: { arrayValue: { values: [{ stringValue: "a" }, { stringValue: "b" }] } } },
                  ],
                  links: [{ traceId: "f".repeat(32), spanId: "e".repeat(16) }],
                  status: { code: 2 },
                },
              ],
            },
          ],
        },
      ],
    });
  });
});
