import { describe, expect, it } from "vitest";
import { createMemoryTier } from "../../src/cache/memory.ts";

const entry = (value: string) => ({ value, at: 0 });

describe("an isolate's memory", () => {
  it("evicts the least recently used entry when it holds too many", () => {
    const memory = createMemoryTier({ entries: 2, bytes: 100 });
    memory.put("a", entry("1"), 1);
    memory.put("b", entry("2"), 1);
    memory.get("a");
    memory.put("c", entry("3"), 1);
    expect(["a", "b", "c"].map((key) => memory.get(key)?.value)).toEqual(["1", undefined, "3"]);
  });

  it("evicts by bytes, and counts a replaced entry once", () => {
    const memory = createMemoryTier({ entries: 10, bytes: 100 });
    for (let round = 0; round < 5; round++) memory.put("a", entry("1"), 60);
    memory.put("b", entry("2"), 40);
    expect(memory.get("a")?.value).toBe("1");
    memory.put("c", entry("3"), 70);
    expect(["a", "b", "c"].map((key) => memory.get(key)?.value)).toEqual([undefined, undefined, "3"]);
  });

  it("does not keep an entry larger than the whole tier, and evicts nothing for it", () => {
    const memory = createMemoryTier({ entries: 10, bytes: 100 });
    memory.put("a", entry("1"), 50);
    memory.put("huge", entry("2"), 101);
    expect([memory.get("a")?.value, memory.get("huge")]).toEqual(["1", undefined]);
  });

  it("forgets a deleted entry, and everything when cleared", () => {
    const memory = createMemoryTier({ entries: 10, bytes: 100 });
    memory.put("a", entry("1"), 50);
    memory.delete("a");
    memory.put("b", entry("2"), 90);
    expect([memory.get("a"), memory.get("b")?.value]).toEqual([undefined, "2"]);
    memory.clear();
    expect(memory.get("b")).toBeUndefined();
  });
});
