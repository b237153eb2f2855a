import { describe, expect, it } from "vitest";
import { startTimings } from "../../../src/domain/executions/timings.ts";
import { executionOf, keyedWorld as world, request } from "../../support/keyed-world.ts";

const timings = startTimings(() => 0);

const DETAIL = expect.stringContaining("With another key the request is executed again.") as string;

describe("an idempotency key whose worker vanished, or stalled past its lease", () => {
  it("calls nobody after a worker has vanished that may have paid: its end is recorded as unknown", async () => {
    const { clock, ids, recorded, behaviour, once } = world();
    behaviour.vanishes = "calling";
    void once.run("k", request, timings);
    await expect.poll(() => ids.length).toBe(1);
    clock.now += 45_000;
    behaviour.vanishes = "never";
    const [id = ""] = ids;
    const unknown = {
      replayed: true,
      error: { code: "internal_error", detail: DETAIL },
      execution: { id, status: "unknown" },
    };
    await expect(once.run("k", request, timings)).rejects.toMatchObject(unknown);
    await expect(once.run("k", request, timings)).rejects.toMatchObject(unknown);
    // Five calls of 1,000 tokens at $0.15 and 2,000 at $0.60 a million.
    expect([...recorded.values()]).toMatchObject([{ id, status: "unknown", cost_nanousd: 6_750_000, attempts: 5 }]);
    expect(ids).toHaveLength(1);
  });

  it("tells the end of a vanished worker that becomes known after it was taken for unknown", async () => {
    const { clock, ids, recorded, behaviour, once } = world();
    behaviour.vanishes = "calling";
    void once.run("k", request, timings);
    await expect.poll(() => ids.length).toBe(1);
    const [id = ""] = ids;
    const late = executionOf(id, clock.now);
    clock.now += 45_000;
    await expect(once.run("k", request, timings)).rejects.toMatchObject({ execution: { status: "unknown" } });
    recorded.set(id, late);
    const second = await once.run("k", request, timings);
    expect([second.replayed, second.execution.output, ids.length]).toEqual([true, late.output, 1]);
  });

  it("does not let a worker start whose key has passed on, and records nothing for it", async () => {
    const { clock, ids, recorded, lost, behaviour, once } = world();
    const first = Promise.withResolvers<void>();
    behaviour.stalls = first.promise;
    const stalled = once.run("k", request, timings);
    await expect.poll(() => ids.length).toBe(1);
    clock.now += 45_000;
    behaviour.stalls = undefined;
    const second = await once.run("k", request, timings);
    first.resolve();
    await expect(stalled).rejects.toMatchObject({ status: 409 });
    expect([[...recorded.values()], ids[1], lost.size]).toEqual([[second.execution], ids[0], 0]);
  });

  it("is free for the next request at once where a worker asks to start after its lease", async () => {
    const { clock, ids, behaviour, once } = world();
    const first = Promise.withResolvers<void>();
    behaviour.stalls = first.promise;
    const stalled = once.run("k", request, timings);
    await expect.poll(() => ids.length).toBe(1);
    clock.now += 45_000;
    behaviour.stalls = undefined;
    first.resolve();
    await expect(stalled).rejects.toMatchObject({ status: 409 });
    const next = await once.run("k", request, timings);
    expect([next.replayed, ids[1], ids.length]).toEqual([false, ids[0], 2]);
  });

  it("starts nothing where the key cannot be told, and is free again", async () => {
    const { lost, recorded, once, statusOf } = world();
    lost.set("claim", [undefined, "call"]);
    await expect(once.run("k", request, timings)).rejects.toMatchObject({ status: 503 });
    expect([recorded.size, statusOf()]).toEqual([0, undefined]);
  });

  it("runs again under the same id after a worker has vanished before it could pay", async () => {
    const { clock, ids, behaviour, once } = world();
    behaviour.vanishes = "early";
    void once.run("k", request, timings);
    await expect.poll(() => ids.length).toBe(1);
    clock.now += 45_000;
    behaviour.vanishes = "never";
    const second = await once.run("k", request, timings);
    expect([second.replayed, ids.length, ids[0] === ids[1], second.execution.id === ids[0]]).toEqual([
      false,
      2,
      true,
      true,
    ]);
  });

  it("gives the record that a vanished worker left, without another call", async () => {
    const { clock, ids, recorded, behaviour, once } = world();
    behaviour.vanishes = "calling";
    void once.run("k", request, timings);
    await expect.poll(() => ids.length).toBe(1);
    recorded.set(ids[0] ?? "", executionOf(ids[0] ?? ""));
    clock.now += 45_000;
    const second = await once.run("k", request, timings);
    expect([second.replayed, second.execution.id, ids.length]).toEqual([true, ids[0], 1]);
    expect((await once.run("k", request, timings)).replayed).toBe(true);
  });

  it("calls nobody while the record of a vanished worker cannot be read, and resolves the key at once after", async () => {
    const { clock, ids, recorded, lost, behaviour, once } = world();
    behaviour.vanishes = "calling";
    void once.run("k", request, timings);
    await expect.poll(() => ids.length).toBe(1);
    recorded.set(ids[0] ?? "", executionOf(ids[0] ?? ""));
    clock.now += 45_000;
    lost.set("find", ["call"]);
    await expect(once.run("k", request, timings)).rejects.toMatchObject({ status: 503, retryAfterMs: 1_000 });
    lost.clear();
    expect([(await once.run("k", request, timings)).replayed, ids.length]).toEqual([true, 1]);
  });
});
