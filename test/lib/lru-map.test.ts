import { describe, expect, it } from "vitest";
import { LruMap } from "../../src/lib/lru-map.ts";

describe("LruMap", () => {
  it("evicts the entry that was used least recently once it holds too many", () => {
    const map = new LruMap<string, number>({ maxEntries: 2 });
    map.set("a", 1);
    map.set("b", 2);
    expect(map.get("a")).toBe(1);
    map.set("c", 3);
    expect(map.get("b")).toBeUndefined();
    expect([...map.values()]).toEqual([1, 3]);
    expect(map.size).toBe(2);
  });

  it("evicts as many entries as a heavy one needs", () => {
    const map = new LruMap<string, number>({ maxEntries: 10, maxWeight: 10, weigh: (value) => value });
    for (const value of [2, 3, 4]) map.set(`of ${value}`, value);
    map.set("of 6", 6);
    expect([...map.values()]).toEqual([4, 6]);
  });

  it("keeps no entry that is heavier than the whole map may be, nor the one that it replaces", () => {
    const map = new LruMap<string, number>({ maxEntries: 10, maxWeight: 10, weigh: (value) => value });
    map.set("a", 1);
    map.set("b", 2);
    map.set("a", 11);
    expect(map.get("a")).toBeUndefined();
    expect([...map.values()]).toEqual([2]);
  });

  it("weighs an entry anew when it is replaced, and forgets the weight of one that is deleted", () => {
    const map = new LruMap<string, number>({ maxEntries: 10, maxWeight: 10, weigh: (value) => value });
    map.set("a", 9);
    map.set("a", 4);
    map.set("b", 6);
    expect([...map.values()]).toEqual([4, 6]);
    expect(map.delete("b")).toBe(true);
    expect(map.delete("b")).toBe(false);
    map.set("c", 6);
    expect([...map.values()]).toEqual([4, 6]);
    map.clear();
    map.set("d", 10);
    expect([...map.values()]).toEqual([10]);
  });

  it("passes over entries that may not be evicted, and holds more than its bound where none may", () => {
    const map = new LruMap<string, { busy: boolean }>({ maxEntries: 1, mayEvict: ({ busy }) => !busy });
    const busy = { busy: true };
    map.set("busy", busy);
    map.set("busy too", { busy: true });
    expect(map.size).toBe(2);
    busy.busy = false;
    map.set("busy three", { busy: true });
    expect(map.get("busy")).toBeUndefined();
    expect(map.size).toBe(2);
  });

  it("keeps the entry that was just set, which makes room for the next one", () => {
    const map = new LruMap<string, { busy: boolean }>({ maxEntries: 1, mayEvict: ({ busy }) => !busy });
    const [busy, idle] = [{ busy: true }, { busy: false }];
    map.set("busy", busy);
    map.set("idle", idle);
    expect(map.get("idle")).toBe(idle);
    map.set("next", { busy: false });
    expect([map.size, map.get("idle")]).toEqual([2, undefined]);
  });
});
