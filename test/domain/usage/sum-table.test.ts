import { describe, expect, it } from "vitest";
import { mergeUsage, toSumColumns } from "../../../src/domain/usage/sum-table.ts";
import type { UsageRow } from "../../../src/domain/usage/usage.ts";

const row = (groups: UsageRow["groups"], n: number): UsageRow => ({
  groups,
  executions: n,
  errors: n,
  unknown: n,
  prompt_tokens: n,
  completion_tokens: n,
  cost_nanousd: n,
  saved_tokens: n,
  saved_nanousd: n,
  memory_hits: n,
  edge_hits: n,
  kv_hits: n,
  flight_hits: n,
});

describe("usage of several shards", () => {
  it("adds up every sum of the rows of the same groups, sorted by group", () => {
    const shards = [
      [row({ prompt: "b", model: "m" }, 1)],
      [row({ prompt: "a", model: null }, 2), row({ prompt: "b", model: "m" }, 10)],
      [],
    ];
    const parts = shards.map((rows) => toSumColumns(rows, ["prompt", "model"]));
    expect(mergeUsage(parts, ["prompt", "model"])).toEqual([
      row({ prompt: "a", model: null }, 2),
      row({ prompt: "b", model: "m" }, 11),
    ]);
  });

  it("is one row without groups", () => {
    expect(mergeUsage([toSumColumns([row({}, 1)], []), toSumColumns([row({}, 2)], [])], [])).toEqual([row({}, 3)]);
  });
});
