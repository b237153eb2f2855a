import { describe, expect, it } from "vitest";
import type { Execution } from "../../../src/domain/executions/execution.ts";
import { newId } from "../../../src/domain/id.ts";
import { byteLength } from "../../../src/lib/encoding.ts";
import { fitRow, packMessages } from "../../../src/services/usage/fit-record.ts";

const LIMIT = 128_000;
const record = (fields: Partial<Execution>) =>
  ({ id: newId("exe", 0), output_truncated: false, prompt_tokens: 7, error: null, ...fields }) as Execution;
const bytesOf = (value: unknown) => byteLength(JSON.stringify(value));

describe("a record in a queue message", () => {
  const metadata = Object.fromEntries(
    Array.from({ length: 16 }, (_, n) => [`${n}`.padEnd(64, "k"), "\u0001".repeat(512)]),
  );

  it.each([
    [
      "20,000 CJK characters with their parsed form",
      record({ output: "漢".repeat(20_000), output_json: "漢".repeat(20_000) }),
    ],
    ["an answer of escapes", record({ output: "\u0001".repeat(60_000) })],
    ["an answer of pairs", record({ output: "🧵".repeat(100_000) })],
    ["the largest metadata", record({ output: "x".repeat(400_000), metadata })],
    [
      "an endless error",
      record({ output: null, error: { code: "provider_error", detail: "x".repeat(500_000) }, metadata }),
    ],
  ])("fits its bytes: %s", (_title, execution) => {
    const [message, ...more] = packMessages([execution]);
    expect(more).toEqual([]);
    expect(bytesOf(message)).toBeLessThan(LIMIT);
    expect(message?.executions[0]).toMatchObject({ id: execution.id, prompt_tokens: 7, output_truncated: true });
    expect(JSON.stringify(message).isWellFormed()).toBe(true);
  });

  it("keeps as much of the answer as fits, and its metadata", () => {
    const [message] = packMessages([record({ output: "漢".repeat(60_000), metadata: { ticket: 7 } })]);
    expect(bytesOf(message)).toBeGreaterThan(119_000);
    expect(message?.executions[0]?.metadata).toEqual({ ticket: 7 });
  });

  it("gives up what was asked before any of the answer, and says so", () => {
    const input = { variables: { text: "x".repeat(16_000) } };
    const [message] = packMessages([record({ output: "x".repeat(110_000), input })]);
    expect(message?.executions[0]).toMatchObject({ output: "x".repeat(110_000), input_truncated: true });
    expect(message?.executions[0]).not.toHaveProperty("input");
    const whole = record({ output: "x", input });
    expect(packMessages([whole])[0]?.executions[0]).toEqual(whole);
  });

  it("shares the message with others, in their order, until it is full", () => {
    const records = Array.from({ length: 500 }, (_, n) => record({ output: "漢".repeat(n) }));
    const messages = packMessages(records);
    expect(messages.flatMap(({ executions }) => executions)).toEqual(records);
    expect(Math.max(...messages.map(bytesOf))).toBeLessThan(LIMIT);
    expect(messages.length).toBeLessThan(6);
  });
});

describe("a record in a row", () => {
  it("is the record itself where it fits", () => {
    const execution = record({ output: "hello", output_json: { a: 1 } });
    expect(fitRow(execution)).toBe(execution);
  });

  it("has at most 400,000 characters of the answer, and less than 2 MB in all", () => {
    const long = fitRow(record({ output: "x".repeat(3_000_000), output_json: {} }));
    expect(long).toMatchObject({ output_truncated: true, prompt_tokens: 7 });
    expect(long.output).toHaveLength(400_000);
    expect(long).not.toHaveProperty("output_json");
    const text = "漢".repeat(390_000);
    const parsed = fitRow(record({ output: text, output_json: text }));
    expect(parsed).toMatchObject({ output: text, output_truncated: true });
    expect(parsed).not.toHaveProperty("output_json");
  });
});
