import { describe, expect, it } from "vitest";
import { hasLasted, type LiveEnd, retryAfter } from "../../src/dashboard/api/live-retry.ts";

function end(more: Partial<LiveEnd> = {}): LiveEnd {
  return { lastedMs: 100, status: null, retryAfterMs: null, ...more };
}

describe("a live stream that has ended", () => {
  it("is opened again at other times by each page, so that a deploy brings no wave", () => {
    const waits = [0, 0.5, 1].map((random) => retryAfter(end({ lastedMs: 300_000 }), 1, random));
    expect(waits).toEqual([500, 750, 1_000]);
  });

  it("is opened again more and more seldom while it fails", () => {
    expect([1, 2, 3, 4, 5, 90].map((failures) => retryAfter(end(), failures, 1))).toEqual([
      1_000, 2_000, 4_000, 8_000, 15_000, 15_000,
    ]);
  });

  it("waits as long as the server asks where too many are open, and not all pages equally long", () => {
    const refused = end({ status: 429, retryAfterMs: 10_000 });
    expect([0, 1].map((random) => retryAfter(refused, 1, random))).toEqual([10_000, 10_500]);
  });

  it("is not asked for again with a key that may not have it", () => {
    expect([401, 403, 404].map((status) => retryAfter(end({ status }), 1, 1))).toEqual([null, null, null]);
    expect([408, 500, 503].map((status) => retryAfter(end({ status }), 1, 1))).toEqual([1_000, 1_000, 1_000]);
  });

  it("did not fail where it lasted for minutes", () => {
    expect([hasLasted(end({ lastedMs: 300_000 })), hasLasted(end())]).toEqual([true, false]);
    expect(hasLasted(end({ lastedMs: 300_000, status: 503 }))).toBe(false);
  });
});
