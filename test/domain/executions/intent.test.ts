import { describe, expect, it } from "vitest";
import { toUnknown } from "../../../src/domain/executions/intent.ts";
import { intentOf } from "../../support/intent.ts";

/** 1,000 tokens of input and 2,000 of output, in nano-dollars; haiku bills writes to its cache. */
const MINI = 1_000 * 150 + 2_000 * 600;
const HAIKU = 1_000 * 1_250 + 2_000 * 5_000;
const haiku = { provider: "anthropic", model: "claude-haiku-4-5" } as const;

describe("the record of an execution whose end is unknown", () => {
  it("counts every attempt that may have begun in full, at the dearest candidate", () => {
    const of = (fields: object) => toUnknown("ten", intentOf("exe_1", 7, fields)).cost_nanousd;
    expect(of({ attempts: 1 })).toBe(MINI);
    expect(of({ attempts: 3 })).toBe(3 * MINI);
    expect(of({ attempts: 3, fallbacks: [haiku] })).toBe(3 * HAIKU);
    expect(of({ attempts: 1, fallbacks: [haiku, { provider: "openai", model: "gpt-unpriced" }] })).toBe(HAIKU);
    expect(of({ attempts: 1, model: "gpt-unpriced" })).toBeNull();
  });

  it("sums its tokens over the attempts, as other records do, and keeps no field of the intent alone", () => {
    const record = toUnknown("ten", intentOf("exe_1", 7, { attempts: 2, fallbacks: [haiku] }));
    expect(record).toMatchObject({ attempts: 2, prompt_tokens: 2_000, completion_tokens: 4_000, created_at: 7 });
    expect(record).not.toHaveProperty("fallbacks");
    expect(record).not.toHaveProperty("max_tokens");
  });

  it("counts one attempt of the preferred model for an intent of an older version", () => {
    const { attempts: _later, ...old } = intentOf("exe_1", 7);
    expect(toUnknown("ten", old)).toMatchObject({ attempts: 1, cost_nanousd: MINI });
  });

  it("counts a prompt that may be kept for an hour at twice its input", () => {
    const intent = intentOf("exe_1", 7, { ...haiku, attempts: 1, longer_writes: true });
    expect(toUnknown("ten", intent).cost_nanousd).toBe(1_000 * 2_000 + 2_000 * 5_000);
    expect(toUnknown("ten", intent)).not.toHaveProperty("longer_writes");
  });

  it("has the lines of its cost", () => {
    const { billing, cost_nanousd } = toUnknown("ten", intentOf("exe_1", 7, { attempts: 2, fallbacks: [haiku] }));
    expect(billing?.lines.map(({ kind, nanousd }) => [kind, nanousd])).toEqual([
      ["cache_write_5m", 2 * 1_000 * 1_250],
      ["output", 2 * 2_000 * 5_000],
    ]);
    expect(cost_nanousd).toBe(2 * HAIKU);
  });

  it("costs what its tenant paid when it began, for the preferred model and the others", () => {
    const price = { input: 1, output: 3, updated_at: Date.parse("2026-11-01") };
    const own = toUnknown("ten", intentOf("exe_1", 7, { attempts: 1, price }));
    expect(own).toMatchObject({ cost_nanousd: 7_000_000, price_table: "tenant prices (2026-11-01)" });
    expect(own).not.toHaveProperty("price");
    const dear = { ...price, output: 100 };
    const other = toUnknown(
      "ten",
      intentOf("exe_1", 7, { attempts: 1, price, fallbacks: [{ ...haiku, price: dear }] }),
    );
    expect(other.cost_nanousd).toBe(201_000_000);
  });
});
