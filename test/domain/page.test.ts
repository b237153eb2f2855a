import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCursor, type ListName, mergePages, type Page, toPage } from "../../src/domain/page.ts";

const names = fc.uniqueArray(fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,8}$/), { maxLength: 40 });

/**
 * Reads a list to its end as a client does. Each shard returns `limit + 1` rows after the cursor.
 */
function readAll(shards: string[][], limit: number): string[] {
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const after = decodeCursor("prompts", cursor ?? undefined);
    const parts = shards.map((rows) => rows.filter((row) => after === undefined || row > after).slice(0, limit + 1));
    const page: Page<string> = mergePages(parts, limit, (row) => row, { list: "prompts", order: "asc" });
    seen.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return seen;
}

describe("pages over shards", () => {
  it("contain every row once and in order, however the rows are spread and the pages are cut", () => {
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 10 }), (rows, count, limit) => {
        const sorted = rows.toSorted((a, b) => (a < b ? -1 : 1));
        const shards = Array.from({ length: count }, (_, shard) => sorted.filter((_row, at) => at % count === shard));
        expect(readAll(shards, limit)).toEqual(sorted);
      }),
      { seed: 4 },
    );
  });

  it("take no cursor of another list, and those of earlier versions, which name no list", () => {
    const page = (list: ListName) => toPage(["a", "b"], 1, () => "exe_1", list).next_cursor ?? "";
    expect(decodeCursor("executions", page("executions"))).toBe("exe_1");
    expect(() => decodeCursor("prompts", page("executions"))).toThrow(/cursor/);
    expect(decodeCursor("executions", btoa("exe_1"))).toBe("exe_1");
    expect(decodeCursor("versions", btoa("12"))).toBe("12");
    expect(() => decodeCursor("versions", btoa("exe_1"))).toThrow(/cursor/);
  });

  it("continue after an alias of any characters, in a cursor that a route takes", () => {
    for (const alias of ["a b", "prompts greet", "ünï/+=", "\ufeffx", "🙂".repeat(256)]) {
      const cursor = toPage([alias, "x"], 1, (key) => key, "aliases").next_cursor ?? "";
      expect(cursor).toMatch(/^[\w-]{1,1376}$/);
      expect(decodeCursor("aliases", cursor)).toBe(alias);
    }
  });

  it("refuses a cursor that no list returned, and names the field", () => {
    for (const cursor of ["%%%", "AAAA", "", btoa("aliases a\u0000"), btoa("\xff")]) {
      for (const list of ["prompts", "aliases"] as const) {
        expect(() => decodeCursor(list, cursor)).toThrow(expect.objectContaining({ code: "validation_error" }));
      }
    }
  });
});
