import { describe, expect, it } from "vitest";
import type { CompletionInput } from "../../../src/domain/completions/completion.ts";
import { contentAttributes } from "../../../src/domain/traces/content-attributes.ts";
import { executionSpans } from "../../../src/domain/traces/execution-spans.ts";
import type { Attributes } from "../../../src/domain/traces/span.ts";
import { recorded } from "../../support/recorded.ts";
import { traced } from "../../support/traced.ts";

const CANARY = "canary-4711";
const input: CompletionInput = {
  messages: [
    { role: "system", content: `Be ${CANARY}` },
    {
      role: "user",
      content: [
        { type: "text", text: `Look ${CANARY}` },
        { type: "image", image: { data: CANARY, media_type: "image/png" } },
      ],
    },
    { role: "assistant", content: "", tool_calls: [{ id: "c1", name: "find", arguments: `{"q":"${CANARY}"}` }] },
    { role: "tool", content: CANARY, tool_call_id: "c1" },
  ],
  parameters: { stop: [CANARY] },
  user: CANARY,
  tools: [{ name: "find", description: CANARY, parameters: {} }],
};
const record = {
  output: `I am ${CANARY}`,
  end_user: CANARY,
  metadata: { note: CANARY },
  error: { code: "provider_error", detail: CANARY },
} as const;

function textOf(attributes: Attributes, name: string): string {
  const value = attributes[name];
  if (typeof value !== "string") throw new TypeError(`${name} is no text`);
  return value;
}

const read = (attributes: Attributes, name: string): unknown => JSON.parse(textOf(attributes, name));

describe("what models were asked and what they said", () => {
  it("is in no span unless the tenant wants it: nothing that callers or models write is", () => {
    const spans = executionSpans(traced({ input, record }), { content: false, earlierNames: true, endpoints: {} });
    expect(JSON.stringify(spans)).not.toContain(CANARY);
  });

  it("is written as the conventions have it, without the bytes of pictures", () => {
    const attributes = contentAttributes(input, recorded(record));
    expect(read(attributes, "gen_ai.system_instructions")).toEqual([{ type: "text", content: `Be ${CANARY}` }]);
    expect(read(attributes, "gen_ai.input.messages")).toEqual([
      { role: "user", parts: [{ type: "text", content: `Look ${CANARY}` }, { type: "image" }] },
      { role: "assistant", parts: [{ type: "tool_call", id: "c1", name: "find", arguments: `{"q":"${CANARY}"}` }] },
      { role: "tool", parts: [{ type: "tool_call_response", id: "c1", response: CANARY }] },
    ]);
    expect(read(attributes, "gen_ai.output.messages")).toEqual([
      { role: "assistant", parts: [{ type: "text", content: `I am ${CANARY}` }], finish_reason: "stop" },
    ]);
  });

  it("is cut where it is longer than an attribute may be, and stays JSON", () => {
    const long: CompletionInput = {
      messages: Array.from({ length: 500 }, () => ({ role: "user" as const, content: "🙂".repeat(5_000) })),
      parameters: {},
    };
    const attributes = contentAttributes(long, recorded({ output: "x".repeat(100_000) }));
    for (const name of ["gen_ai.input.messages", "gen_ai.output.messages"]) {
      expect(textOf(attributes, name).length).toBeLessThan(30_000);
      expect(read(attributes, name)).toBeInstanceOf(Array);
    }
  });
});
