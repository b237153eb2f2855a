import { describe, expect, it } from "vitest";
import { KEPT_MS, MinuteCache } from "../../../src/services/insights/minute-cache.ts";

function world() {
  let now = 1_000;
  const cache = new MinuteCache<string>({ now: () => now });
  return { cache, pass: (ms: number) => void (now += ms) };
}

describe("insights of the last minute", () => {
  it("are computed once a minute", async () => {
    const { cache, pass } = world();
    expect(await cache.get("a", async () => "first")).toBe("first");
    pass(KEPT_MS - 1);
    expect(await cache.get("a", async () => "second")).toBe("first");
    expect(await cache.get("b", async () => "other")).toBe("other");
    pass(1);
    expect(await cache.get("a", async () => "third")).toBe("third");
  });

  it("are computed again after a failure", async () => {
    const { cache } = world();
    await expect(cache.get("a", async () => Promise.reject(new Error("down")))).rejects.toThrow("down");
    expect(await cache.get("a", async () => "up")).toBe("up");
  });

  it("do not wait for a request that was cut off", async () => {
    const { cache } = world();
    // The platform drops the work of a request whose client has left: it never settles.
    void cache.get("a", async () => new Promise<never>(() => undefined));
    const next = cache.get("a", async () => "computed");
    expect(await Promise.race([next, new Promise((resolve) => setImmediate(resolve, "waits"))])).toBe("computed");
  });
});
