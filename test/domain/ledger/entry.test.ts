import { describe, expect, it } from "vitest";
import { newId } from "../../../src/domain/id.ts";
import { toEntry, toKnownEntry } from "../../../src/domain/ledger/entry.ts";
import { recorded } from "../../support/recorded.ts";

describe("the entry of a record that the ledger has", () => {
  it("is the one that it took", () => {
    const id = newId("exe", 1);
    const taken = [
      recorded({ id, lane: "high", prompt_tags: ["a", "b"], end_user: "u", cost_nanousd: 7 }),
      recorded({ id, cached: "kv", saved_nanousd: 5, status: "failed", cost_nanousd: null }),
    ].map(toEntry);
    expect(taken.map(({ record }) => toKnownEntry(record))).toEqual(taken);
  });
});
