import { describe, expect, it } from "vitest";
import { openExperimentWorld } from "../support/experiment-world.ts";
import { saying } from "../support/test-world.ts";

const SUBJECTS = [{ version: 1 }, { version: 2 }];
const inputs = (count: number) => Array.from({ length: count }, (_, n) => ({ n }));

/** The start of a run of each kind under a key, of a size; what it answers, and how it ended. */
const kinds = [
  {
    kind: "a comparison",
    start: async ({ compare }: ReturnType<typeof openExperimentWorld>, size: number, key: string) => {
      const { comparison, replayed } = await compare({ subjects: SUBJECTS, inputs: inputs(size) }, key);
      return { id: comparison.id, replayed };
    },
    calls: 4,
  },
  {
    kind: "an optimisation",
    start: async ({ optimize }: ReturnType<typeof openExperimentWorld>, size: number, key: string) => {
      const tests = Array.from({ length: size }, (_, n) => saying(n));
      const { optimization, replayed } = await optimize({ tests, repeat: 1 }, key);
      return { id: optimization.id, replayed };
    },
    calls: 0,
  },
];

describe.each(kinds)("$kind under an idempotency key", ({ start, calls }) => {
  it("is started once: the key gives the first one again, and refuses another request", async () => {
    const opened = openExperimentWorld();
    const first = await start(opened, 2, "k");
    const again = await start(opened, 2, "k");
    expect([first.replayed, again.replayed, again.id]).toEqual([false, true, first.id]);
    expect(opened.world.calls.length).toBe(calls);
    await expect(start(opened, 3, "k")).rejects.toMatchObject({
      code: "validation_error",
      errors: [{ path: "idempotency-key" }],
    });
    expect((await start(opened, 2, "other")).id).not.toBe(first.id);
  });

  it("is one where two requests come at once: the second waits its turn, or gets the same", async () => {
    const opened = openExperimentWorld();
    const both = await Promise.allSettled([start(opened, 1, "k"), start(opened, 1, "k")]);
    const ids = both.flatMap((each) => (each.status === "fulfilled" ? [each.value.id] : []));
    const refused = both.flatMap((each) => (each.status === "rejected" ? [each.reason as { code: string }] : []));
    expect(new Set(ids).size).toBe(1);
    expect(refused.every(({ code }) => code === "conflict")).toBe(true);
  });

  it("is not refused for a fault that was mended", async () => {
    const opened = openExperimentWorld();
    opened.world.isPublished = false;
    await expect(start(opened, 1, "k")).rejects.toMatchObject({ code: "not_found" });
    opened.world.isPublished = true;
    expect((await start(opened, 1, "k")).replayed).toBe(false);
  });
});
