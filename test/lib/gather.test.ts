import { describe, expect, it } from "vitest";
import { gather } from "../../src/lib/gather.ts";

describe("gather", () => {
  it("takes what comes during a run into the next one, and gives each of it that run's end", async () => {
    const runs: number[][] = [];
    let end: () => void = () => undefined;
    const add = gather(async (items: readonly number[]) => {
      runs.push([...items]);
      if (runs.length === 1) await new Promise<void>((resolve) => (end = resolve));
      return runs.length;
    });
    const first = add(1);
    await Promise.resolve();
    await Promise.resolve();
    const later = [add(2), add(3)];
    end();
    expect(await Promise.all([first, ...later])).toEqual([1, 2, 2]);
    expect(runs).toEqual([[1], [2, 3]]);
  });

  it("fails those of the run that failed and no others", async () => {
    const add = gather(async (items: readonly string[]) => {
      if (items.includes("bad")) throw new Error("bad");
      return "good";
    });
    const bad = add("bad");
    await expect(bad).rejects.toThrow("bad");
    expect(await add("other")).toBe("good");
  });
});
