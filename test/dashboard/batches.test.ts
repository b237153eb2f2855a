import { describe, expect, it } from "vitest";
import { countsText, endedOf, isOpen } from "../../src/dashboard/pages/batches/counts.ts";
import { checkItems } from "../../src/dashboard/pages/batches/ndjson.ts";
import { rowOf, rowsOf } from "../../src/dashboard/pages/batches/results.ts";

const COUNTS = { total: 10, queued: 2, running: 1, succeeded: 4, failed: 2, cancelled: 1 };

describe("the counts of a batch", () => {
  it("have ended where items succeeded, failed or were cancelled", () => {
    expect(endedOf(COUNTS)).toBe(7);
  });

  it("are said in words, without those of 0", () => {
    expect(countsText({ ...COUNTS, cancelled: 0 })).toBe("4 succeeded, 2 failed, 1 running, 2 queued");
    expect(countsText({ total: 0, queued: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0 })).toBe("no items");
  });

  it("may change while a cancelled batch has items that run", () => {
    expect(isOpen({ status: "running", counts: COUNTS })).toBe(true);
    expect(isOpen({ status: "cancelled", counts: COUNTS })).toBe(true);
    expect(isOpen({ status: "cancelled", counts: { ...COUNTS, running: 0 } })).toBe(false);
    expect(isOpen({ status: "failed", counts: COUNTS })).toBe(false);
  });
});

describe("a file of items", () => {
  it("is counted without its empty lines", () => {
    expect(checkItems('{"variables": {}}\n\n{"custom_id": "2", "variables": {"a": 1}}\n')).toEqual({
      items: 2,
      fault: null,
    });
  });

  it.each([
    ['{"variables": {}}\n{', "Line 2 is not JSON."],
    ["[]", "Line 1 is not a JSON object."],
    ['\n{"custom_id": "1"}', 'Line 2 has no "variables", a JSON object.'],
    ['{"variables": []}', 'Line 1 has no "variables", a JSON object.'],
    ["\n", "The file has no items."],
  ])("is refused with the line of its first fault: %j", (text, fault) => {
    expect(checkItems(text).fault).toBe(fault);
  });
});

describe("the results of a batch", () => {
  it("keep the beginning of an output, and the error in words", () => {
    const failed = rowOf({ index: 3, custom_id: null, status: "failed", error: { code: "timeout", detail: "60 s" } });
    expect(failed).toMatchObject({ index: 3, error: "timeout: 60 s", output: null, isCut: false, executionId: null });
    expect(rowsOf([failed], "failed")).toEqual([failed]);
    expect(rowsOf([failed], "succeeded")).toEqual([]);
    expect(rowsOf([failed], "")).toEqual([failed]);
  });
});
