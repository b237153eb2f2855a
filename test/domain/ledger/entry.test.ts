import { describe, expect, it } from "vitest";
import { newId } from "../../../src/domain/id.ts";
import { toUnknown } from "../../../src/domain/executions/intent.ts";
import { toEntry, toKnownEntry } from "../../../src/domain/ledger/entry.ts";
import { intentOf } from "../../support/intent.ts";
import { recorded } from "../../support/recorded.ts";

describe("the entry of a record that the ledger has", () => {
  it("is the one that it took, with its calls", () => {
    const id = newId("exe", 1);
    const call = { provider: "openai" as const, model: "gpt-6-luna", hour: 0, calls: 1, uncounted: 0, unpriced: 0 };
    const taken = [
      recorded({ id, lane: "high", prompt_tags: ["a", "b"], end_user: "u", cost_nanousd: 7 }),
      recorded({ id, cached: "kv", saved_nanousd: 5, status: "failed", cost_nanousd: null }),
      recorded({ id, calls: [{ ...call, lines: [{ kind: "input", tokens: 3, nanousd: 4 }] }] }),
      toUnknown("ten_a", intentOf(id, 1)),
    ].map(toEntry);
    expect(taken.map(({ record }) => toKnownEntry(record))).toEqual(taken);
    expect(taken.map(({ calls }) => calls?.length)).toEqual([undefined, undefined, 1, 1]);
  });
});
