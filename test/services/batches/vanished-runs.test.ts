import { describe, expect, it } from "vitest";
import type { Completion } from "../../../src/domain/completions/completion.ts";
import type { Execution } from "../../../src/domain/executions/execution.ts";
import { answer, BILL, brokeOff, openPaidBatch } from "../../support/paid-batch.ts";

/** A batch of one item whose first run vanishes in the middle of a call that is billed. */
async function openWithVanishedRun(callsAllowed?: number, kind?: "execution") {
  const batch = openPaidBatch(async (call) => (call === 1 ? new Promise<never>(() => undefined) : { ...answer }));
  await batch.accept(1, callsAllowed, kind);
  const first = (await batch.item())?.execution_id;
  await batch.vanish();
  return { ...batch, first };
}

/** The end of a run whose record comes after it was recorded as `unknown`. */
function comesLate(rows: Execution[]): void {
  const [unknown] = rows;
  if (unknown?.status !== "unknown") throw new Error("no run is unknown");
  rows[0] = { ...unknown, status: "succeeded", attempts: 1, cost_nanousd: BILL, error: null };
}

describe("a run of an item that vanished", () => {
  it("is on record as unknown beside the run that ended, so that all that was paid is counted", async () => {
    const { world, run, item, first } = await openWithVanishedRun();
    expect((await run()).counts).toMatchObject({ succeeded: 1 });
    const second = (await item())?.execution_id;
    expect(world.rows).toMatchObject([
      { id: first, status: "unknown" },
      { id: second, status: "succeeded", cost_nanousd: BILL },
    ]);
    expect(second).not.toBe(first);
    expect(world.rows[0]?.cost_nanousd).toBeGreaterThanOrEqual(BILL);
  });

  it("counts once where it is not known whether its item got a fresh id", async () => {
    const respond = async (call: number) => (call === 1 ? new Promise<never>(() => undefined) : { ...answer });
    const { world, accept, vanish, run } = openPaidBatch(respond, ({ claims }) => {
      const startAnew = claims.startAnew.bind(claims);
      let lost = 0;
      claims.startAnew = async (...of) => {
        const isMine = await startAnew(...of);
        if ((lost += 1) === 1) throw new Error("The reply was lost.");
        return isMine;
      };
    });
    await accept(1);
    await vanish();
    const { cost_nanousd } = await run();
    const counted = world.rows.reduce((sum, row) => sum + (row.cost_nanousd ?? 0), 0);
    expect(world.rows.map(({ status }) => status)).toEqual(["unknown", "succeeded"]);
    expect(cost_nanousd).toBe(counted);
  });

  it("is recorded under another id where the caller was told the item's", async () => {
    const { world, run, item, first } = await openWithVanishedRun(undefined, "execution");
    expect((await run()).counts).toMatchObject({ succeeded: 1 });
    expect(await item()).toMatchObject({ execution_id: first });
    expect(world.rows.map(({ status }) => status)).toEqual(["unknown", "succeeded"]);
    expect(world.rows[1]?.id).toBe(first);
    expect(world.rows[0]?.id).not.toBe(first);
  });

  it("gives its item the result where it ends before the run that took over fails", async () => {
    const first = Promise.withResolvers<Completion>();
    const { world, accept, vanish, run, item } = openPaidBatch(async (call) => {
      if (call === 1) return first.promise;
      first.resolve({ ...answer });
      while (!world.rows.some(({ status }) => status === "succeeded")) await new Promise(setImmediate);
      throw brokeOff();
    });
    await accept(1, undefined, "execution");
    await vanish();
    expect((await run()).counts).toMatchObject({ succeeded: 1 });
    expect(await item()).toMatchObject({ state: "succeeded", error: null });
  });

  it("gives its item the result where its record comes after the limit refused another run", async () => {
    const { world, wake, run, item, first } = await openWithVanishedRun(5);
    await wake();
    expect(await item()).toMatchObject({ state: "queued", execution_id: first });
    comesLate(world.rows);
    const { counts, cost_nanousd } = await run();
    expect(counts).toMatchObject({ succeeded: 1 });
    expect(await item()).toMatchObject({ execution_id: first, error: null });
    expect(cost_nanousd).toBeLessThanOrEqual(5 * BILL);
    expect(world.calls).toBe(1);
  });

  it("lets its item fail where no record comes within ten minutes", async () => {
    const { world, run, item } = await openWithVanishedRun(5);
    const began = world.now;
    expect(await run()).toMatchObject({ counts: { failed: 1 }, cost_nanousd: 5 * BILL });
    expect(world.now - began).toBeGreaterThanOrEqual(600_000);
    expect(await item()).toMatchObject({ error: { code: "budget_exceeded" } });
    expect(world.rows).toMatchObject([{ status: "unknown" }]);
  });
});
