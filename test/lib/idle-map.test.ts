import { describe, expect, it } from "vitest";
import { IdleMap } from "../../src/lib/idle-map.ts";

const busy = new Set<string>();
const mapOf = (more: { most?: number } = {}) =>
  new IdleMap<string>({ maxEntries: 3, idleMs: 100, isIdle: (value) => !busy.has(value), ...more });
const namesIn = (map: IdleMap<string>) => [...map.entries()].map(([name]) => name);

describe("a map of idle state", () => {
  it("lets the least recently used idle entry make room for a new one", () => {
    const map = mapOf();
    for (const name of ["a", "b", "c"]) map.set(name, name, 0);
    map.use("a", 1);
    map.set("d", "d", 2);
    expect(namesIn(map)).toEqual(["c", "a", "d"]);
  });

  it("keeps entries in use beyond its bound, unless there are most of them", () => {
    busy.clear();
    for (const name of ["a", "b", "c", "d", "e"]) busy.add(name);
    const [map, hard] = [mapOf(), mapOf({ most: 4 })];
    for (const each of [map, hard]) for (const name of busy) each.set(name, name, 0);
    expect([namesIn(map).toSorted(), hard.size]).toEqual([["a", "b", "c", "d", "e"], 4]);
    busy.clear();
    map.set("f", "f", 1);
    expect(namesIn(map)).toHaveLength(3);
  });

  it("drops what is idle for too long with the next use of anything", () => {
    busy.clear();
    busy.add("b");
    const map = mapOf();
    map.set("a", "a", 0);
    map.set("b", "b", 0);
    map.set("c", "c", 60);
    expect(map.use("c", 100)).toBe("c");
    expect(namesIn(map)).toEqual(["b", "c"]);
    expect(map.peek("a")).toBeUndefined();
  });

  it("looks at a few entries a use, however many are in use", () => {
    let looks = 0;
    const map = new IdleMap<number>({
      maxEntries: 10,
      idleMs: 1,
      isIdle: () => {
        looks += 1;
        return false;
      },
    });
    for (let each = 0; each < 1_000; each++) map.set(`${each}`, each, each);
    expect(looks).toBeLessThanOrEqual(8_000);
    expect(map.size).toBe(1_000);
  });
});
