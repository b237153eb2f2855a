import { describe, expect, it } from "vitest";
import { withNewest } from "../../src/dashboard/api/live-list.ts";

const rows = (...ids: string[]) => ids.map((id) => ({ id, at: "read before" }));
const now = (...ids: string[]) => ids.map((id) => ({ id, at: "read now" }));

describe("a list whose newest page is read again", () => {
  it("has what is new, and what is as new as that page as it is now, or not any more", () => {
    const pages = rows("e", "d", "c", "b", "a");
    expect(withNewest(pages, now("f", "e", "c"), 3)).toEqual([...now("f", "e", "c"), ...rows("b", "a")]);
  });

  it("is the newest page where that is the whole list", () => {
    expect(withNewest(rows("c", "b", "a"), now("b"), 3)).toEqual(now("b"));
    expect(withNewest(rows("c", "b", "a"), [], 3)).toEqual([]);
  });
});
