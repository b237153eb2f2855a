import { describe, expect, it } from "vitest";
import { type Intent, toUnknown } from "../../../src/domain/executions/intent.ts";

const INTENT: Intent = {
  id: "exe_1",
  key_id: "key_1",
  prompt_name: "p",
  prompt_version: 1,
  prompt_label: null,
  provider: "openai",
  model: "gpt-6-sol",
  prompt_tokens: 1000,
  max_tokens: 100,
  started_at: 0,
  end_user: null,
  metadata: null,
};

describe("an execution whose end is unknown", () => {
  it("costs what was reserved for it, at list price, by line", () => {
    const { cost_nanousd, billing, price_table } = toUnknown("ten_1", INTENT);
    // $2 in, $10 out.
    expect([cost_nanousd, price_table]).toEqual([3_000_000, "@pydantic/genai-prices@0.1.8 (2026-09-23)"]);
    expect(billing?.lines.map(({ kind, nanousd }) => [kind, nanousd])).toEqual([
      ["input", 2_000_000],
      ["output", 1_000_000],
    ]);
  });

  it("costs what its tenant paid for the model when it began", () => {
    const price = { input: 1, output: 3, updated_at: Date.parse("2026-11-01") };
    const unknown = toUnknown("ten_1", { ...INTENT, price });
    expect(unknown).toMatchObject({ cost_nanousd: 1_300_000, price_table: "tenant prices (2026-11-01)" });
    expect(unknown).not.toHaveProperty("price");
  });
});
