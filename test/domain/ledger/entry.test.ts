import { describe, expect, it } from "vitest";
import { newId } from "../../../src/domain/id.ts";
import { toUnknown } from "../../../src/domain/executions/intent.ts";
import { supersedes, toEntry, toKnownEntry } from "../../../src/domain/ledger/entry.ts";
import { intentOf } from "../../support/intent.ts";
import { recorded } from "../../support/recorded.ts";

const unknown = (attempts: number) => ({ status: "unknown" as const, attempts });
const failed = (attempts: number) => ({ status: "failed" as const, attempts });
const succeeded = (attempts: number) => ({ status: "succeeded" as const, attempts });

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

describe("of two records of an execution", () => {
  it("the first one stays where its end is known", () => {
    for (const later of [succeeded(1), failed(1), unknown(2)]) {
      for (const first of [succeeded(0), succeeded(1), failed(1)]) expect(supersedes(later, first)).toBe(false);
    }
  });

  it("a known end replaces one that was not known, and so does one with more attempts", () => {
    expect(supersedes(succeeded(1), unknown(2))).toBe(true);
    expect(supersedes(failed(0), unknown(1))).toBe(true);
    expect(supersedes(unknown(2), unknown(1))).toBe(true);
    expect(supersedes(unknown(1), unknown(1))).toBe(false);
  });

  it("one that was paid replaces a failure without a call, which arrived first", () => {
    expect(supersedes(succeeded(1), failed(0))).toBe(true);
    expect(supersedes(failed(1), failed(0))).toBe(true);
    expect(supersedes(failed(0), succeeded(1))).toBe(false);
    expect(supersedes(unknown(1), failed(0))).toBe(false);
    expect(supersedes(succeeded(0), failed(0))).toBe(false);
  });
});
