import { describe, expect, it } from "vitest";
import { bindChains } from "../../src/deps/chains.ts";
import { AppError } from "../../src/domain/errors.ts";
import { boundCost } from "../../src/services/batches/bound-cost.ts";
import { FIVE_STEPS, mortal, openChainWorld } from "../support/chain-world.ts";

const MINUTE_MS = 60_000;

/** Lets the queue, the clock and the sweep go on until the run has ended. */
async function finish({ world, services, read, resume }: ReturnType<typeof openChainWorld>, id: string) {
  for (let minutes = 0; minutes < 20; minutes++) {
    await resume(id);
    const found = await read(id);
    if (found.run.ended_at !== null) return found;
    world.now += MINUTE_MS;
    await services.sweepChainRuns();
  }
  throw new Error("the run does not end");
}

describe("a run of a chain whose worker dies", () => {
  it("after any effect ends all the same: each step is called once, but for a call whose reply was lost", async () => {
    const fates: string[] = [];
    for (let nth = 1; ; nth++) {
      const opened = openChainWorld();
      const { world, publish, start } = opened;
      await publish(FIVE_STEPS);
      const { run } = await start();
      const first = mortal(opened, nth);
      const work = first.services.resumeChainRun({ type: "chain", tenant_id: world.tenant, run_id: run.id });
      await work.catch(() => undefined);
      const made = new Set(world.calls.map(({ id }) => id));
      const lost = first.died() ? world.calls.filter(({ id }) => !world.records.has(id)) : [];
      const { run: ended, states, items } = await finish(opened, run.id);
      expect([nth, ended.status, states.map(({ end }) => end?.status)]).toEqual([
        nth,
        "succeeded",
        FIVE_STEPS.map(() => "succeeded"),
      ]);
      // Only a call whose reply nobody recorded is made again, and it is on record as unknown.
      for (const { id } of FIVE_STEPS) {
        const calls = world.calls.filter(({ prompt }) => prompt === id);
        const again = lost.filter(({ prompt }) => prompt === id).length;
        expect([nth, id, calls.length]).toEqual([nth, id, 1 + again]);
        const statuses = calls.map((call) => world.records.get(call.id)?.status);
        expect([nth, id, statuses]).toEqual([nth, id, [...Array(again).fill("unknown"), "succeeded"]]);
      }
      // All that was or may have been paid is in the run, once.
      const told = items.flatMap(({ executions }) => executions.map(({ id }) => id));
      expect([nth, new Set(told)]).toEqual([nth, new Set(told.filter((id) => world.records.has(id)))]);
      expect(told.length).toBe(new Set(told).size);
      for (const { id } of world.calls) expect([nth, told.includes(id)]).toEqual([nth, true]);
      expect(made.size).toBeLessThanOrEqual(world.calls.length);
      fates.push(lost.length > 0 ? "lost a reply" : "lost nothing");
      if (!first.died()) break;
    }
    // Claim, read, five times start, call, record and save, and the end.
    expect(fates.length).toBeGreaterThan(22);
    expect(fates.filter((fate) => fate === "lost a reply").length).toBeGreaterThanOrEqual(5);
  });

  it("is not another's while its lease holds, and makes no call once it lost the lease", async () => {
    const opened = openChainWorld();
    const { world, services, publish, start, resume, read } = opened;
    await publish(FIVE_STEPS);
    const { run } = await start();
    const held = Promise.withResolvers<undefined>();
    world.answer = async () => held.promise;
    const first = resume(run.id);
    await expect.poll(() => world.calls.length).toBe(1);
    await resume(run.id);
    expect(world.calls.length).toBe(1);
    world.now += MINUTE_MS;
    world.answer = async () => undefined;
    await services.sweepChainRuns();
    await resume(run.id);
    expect((await read(run.id)).run.status).toBe("succeeded");
    const calls = world.calls.length;
    held.resolve(undefined);
    await first;
    expect(world.calls.length).toBe(calls);
  });

  it("is given up after many starts without an end", async () => {
    const { world, deps, publish, start, resume, read } = openChainWorld();
    await publish(FIVE_STEPS);
    const { run } = await start();
    for (let life = 0; life < 20; life++) {
      world.now += MINUTE_MS * 10;
      await deps.runs.takeLease(run, "a worker that dies", world.now, world.now);
    }
    world.now += MINUTE_MS;
    await resume(run.id);
    expect([(await read(run.id)).run.status, world.calls]).toEqual(["failed", []]);
    expect(world.errors).toEqual(["chain_run_given_up: Error: It was started many times and never ended."]);
  });
});

describe("a run of a chain", () => {
  it("is begun by its request, where that waits, and by nobody else", async () => {
    const { world, services, publish, start, resume, read } = openChainWorld();
    await publish(FIVE_STEPS);
    const { run, token } = await start("whole");
    await resume(run.id);
    expect(world.calls).toEqual([]);
    await services.runChain({ run, token: token ?? "" });
    expect((await read(run.id)).run.status).toBe("succeeded");
    expect(world.calls.map(({ prompt }) => prompt).sort()).toEqual(["a", "b", "c", "d", "e"]);
    expect([world.woken, world.beats.size]).toEqual([[], 0]);
  });

  it("goes to the end of the queue when its turn is over, and is not called poison for it", async () => {
    const opened = openChainWorld();
    const { world, publish, start } = opened;
    await publish(FIVE_STEPS);
    world.answer = async () => {
      world.now += MINUTE_MS;
      return undefined;
    };
    const { run } = await start();
    const { states } = await finish(opened, run.id);
    expect(states.every(({ end }) => end?.status === "succeeded")).toBe(true);
    expect(world.calls.length).toBe(5);
    expect(world.woken.filter((id) => id === run.id).length).toBeGreaterThan(2);
  });

  it("begins no step after its time, and bounds those that begin by what is left of it", async () => {
    const opened = openChainWorld();
    const { world, publish, start } = opened;
    await publish(FIVE_STEPS);
    world.answer = async () => {
      world.now += 25_000;
      return undefined;
    };
    const { run } = await start("async", { timeout_ms: 40_000 });
    const { run: ended, states } = await finish(opened, run.id);
    expect(world.calls.map(({ request }) => request.options.timeout_ms)).toEqual([40_000, 15_000, 15_000]);
    expect(ended.status).toBe("failed");
    expect(states[3]?.end).toMatchObject({ status: "failed", error: { code: "timeout" } });
    expect(states[4]?.end).toMatchObject({ status: "skipped", failure: true });
  });

  it("tries again what may pass, as often as its step says", async () => {
    const { world, publish, start, resume, read } = openChainWorld();
    await publish([{ id: "a", prompt: "a", retries: 2 }]);
    world.answer = async () => (world.calls.length < 3 ? new AppError("provider_error", "no") : undefined);
    const { run } = await start();
    await resume(run.id);
    expect((await read(run.id)).items[0]?.executions.map(({ status }) => status)).toEqual([
      "failed",
      "failed",
      "succeeded",
    ]);
    world.answer = async () => new AppError("budget_exceeded", "no");
    const { run: second } = await start();
    await resume(second.id);
    expect((await read(second.id)).items[0]?.executions.length).toBe(1);
  });

  it("makes no more executions in one turn for being tried again", async () => {
    const opened = openChainWorld();
    const { world, services, publish, start } = opened;
    await publish([{ id: "a", prompt: "a", retries: 5, for_each: Array.from({ length: 100 }, (_, at) => at) }]);
    world.answer = async () => new AppError("provider_error", "no");
    const { run, token } = await start("whole");
    await services.runChain({ run, token: token ?? "" });
    expect(world.calls.length).toBe(120);
    expect(world.woken).toEqual([run.id]);
    const { items } = await finish(opened, run.id);
    expect(new Set(items.map(({ executions }) => executions.length))).toEqual(new Set([6]));
  });

  it("counts what was set aside for a call whose end was lost, where others wait for money", async () => {
    const { world, deps, publish, start } = openChainWorld();
    const route: typeof deps.route = async () => ({ candidates: [{ provider: "openai", model: "gpt-4o-mini" }] });
    const { runChain } = bindChains({ ...deps, route });
    const runWith = async (max_cost_nanousd: number) => {
      world.calls.length = 0;
      const { run, token } = await start("whole", { max_cost_nanousd });
      return runChain({ run, token: token ?? "" });
    };
    await publish([{ id: "a", prompt: "a", retries: 1, for_each: [1, 2] }]);
    await runWith(1e12);
    const [first] = world.calls;
    if (!first) throw new Error("nothing was called");
    const { nanousd } = await boundCost({ ...deps, route }, first.request);
    // Both items fail once, for a fifth of what was set aside, and one is left enough for one more.
    world.answer = async () => {
      if (world.calls.length > 2) throw new Error("its end was lost");
      return new AppError("provider_error", "no");
    };
    await expect(runWith(1.4 * nanousd)).rejects.toThrow("its end was lost");
    expect(world.calls.length).toBe(3);
  });

  it("fails a step whose answer is more than a row of its run holds", async () => {
    const { world, publish, start, resume, read } = openChainWorld();
    await publish([{ id: "a", prompt: "a" }]);
    const text = "語".repeat(350_000);
    world.answer = async () => ({ output: JSON.stringify(text), output_json: text });
    const { run } = await start();
    await resume(run.id);
    const { run: ended, items } = await read(run.id);
    expect([ended.status, items[0]?.end]).toMatchObject(["failed", { error: { code: "payload_too_large" } }]);
  });

  it("fails a step with whose answer those of the run are more than its readers hold, also when resumed", async () => {
    const { world, publish, start, resume, read } = openChainWorld();
    const ids = ["a", "b", "c", "d", "e", "f"];
    const waiting = (at: number) => ({ n: at === 0 ? "" : `{{ steps.${ids[at - 1]}.status }}` });
    await publish([...ids.map((id, at) => ({ id, prompt: id, variables: waiting(at) })), { id: "g", prompt: "g" }]);
    world.answer = async ({ options }) => {
      world.now += MINUTE_MS + 1;
      return { output: options.prompt.name === "g" ? "short" : "語".repeat(300_000) };
    };
    const { run } = await start();
    for (let turns = 0; turns < 10; turns++) await resume(run.id);
    const { run: ended, states } = await read(run.id);
    expect(ended.status).toBe("partial");
    expect(states.map(({ step, end }) => [step.id, end?.status])).toEqual([
      ["a", "succeeded"],
      ["b", "succeeded"],
      ["c", "succeeded"],
      ["d", "succeeded"],
      ["e", "failed"],
      ["f", "skipped"],
      ["g", "succeeded"],
    ]);
    expect(states[4]?.end).toMatchObject({ error: { code: "payload_too_large" } });
  });

  it("once cancelled makes no further call, and keeps what was paid", async () => {
    const { world, services, publish, start, resume, read } = openChainWorld();
    await publish(FIVE_STEPS);
    const { run } = await start();
    world.answer = async () => {
      await services.cancelChainRun(run);
      return undefined;
    };
    await resume(run.id);
    expect(world.calls.length).toBe(1);
    const found = await read(run.id);
    expect(found.run.status).toBe("cancelled");
    expect(found.items.map(({ step, end }) => [step, end?.status])).toEqual([["a", "succeeded"]]);
  });

  it("waits for its turn where many of its tenant are awake, and another tenant's does not", async () => {
    const { world, publish, start, resume } = openChainWorld();
    const other = openChainWorld();
    for (const each of [publish, other.publish]) await each([{ id: "a", prompt: "a" }]);
    const runs: string[] = [];
    for (let n = 0; n < 22; n++) {
      world.now += 1;
      runs.push((await start("async", { lane: "high" })).run.id);
    }
    expect(world.woken).toEqual(runs.slice(0, 20));
    const { run } = await other.start();
    expect(other.world.woken).toEqual([run.id]);
    await resume(runs[0] ?? "");
    expect(world.woken.slice(20)).toEqual([runs[20]]);
  });

  it("is woken again where its wake-up was lost, and deleted long after its end", async () => {
    const { world, services, publish, start, resume, read } = openChainWorld();
    await publish([{ id: "a", prompt: "a" }]);
    const { run } = await start();
    world.woken.length = 0;
    await services.sweepChainRuns();
    expect(world.woken).not.toContain(run.id);
    world.now += 10 * MINUTE_MS;
    await services.sweepChainRuns();
    expect(world.woken).toContain(run.id);
    await resume(run.id);
    await services.sweepChainRuns();
    expect((await read(run.id)).run.status).toBe("succeeded");
    world.now += 2 * 86_400_000;
    await services.sweepChainRuns();
    await expect(read(run.id)).rejects.toThrow("No such");
  });
});
