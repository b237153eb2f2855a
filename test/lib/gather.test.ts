import { describe, expect, it } from "vitest";
import { gather } from "../../src/lib/gather.ts";

describe("gather", () => {
  it("puts items that arrive during a run into the next run and gives each item the result of its run", async () => {
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

  it("fails only the items of the run that failed", async () => {
    const add = gather(async (items: readonly string[]) => {
      if (items.includes("bad")) throw new Error("bad");
      return "good";
    });
    const bad = add("bad");
    await expect(bad).rejects.toThrow("bad");
    expect(await add("other")).toBe("good");
  });
});
