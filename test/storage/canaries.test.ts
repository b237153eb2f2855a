import { describe, expect, it } from "vitest";
import { AppError } from "../../src/domain/errors.ts";
import { newId } from "../../src/domain/id.ts";
import type { LabelProtection } from "../../src/domain/promotions/protection.ts";
import { toTestCase } from "../../src/domain/tests/test-case.ts";
import { failuresOf, only, openPromotionWorld, usageOf } from "../support/promotion-world.ts";

const MINUTE_MS = 60_000;

function promptWith(version: number, more = ""): string {
  const tests = `tests:\n  - {name: greets, inputs: {who: Ada}, expected: hi}\n${more}`;
  return `name: greet\nmodel: gpt-4o-mini\ndescription: v${version}\ntemplate: Hi {{ who }}.\n${tests}`;
}

/** A world whose label means version 1 of three, and is protected. */
async function openProtected(protection: Partial<LabelProtection>) {
  const opened = openPromotionWorld();
  for (const version of [1, 2, 3]) await opened.publish(promptWith(version));
  await opened.move(only(1));
  await opened.protect(protection);
  return { ...opened, movedEvents: () => opened.world.events.filter(({ type }) => type === "label.moved") };
}

describe("a split that goes back by itself", () => {
  const HOUR = "2026-11-18T11:00:00Z";
  const SPLIT = [
    { version: 1, weight: 9 },
    { version: 2, weight: 1 },
  ];

  async function openSplit() {
    const opened = await openProtected({
      auto_rollback: { errors: true, feedback: true, tests: true, false_alarm_rate: 0.01 },
    });
    await opened.move(SPLIT);
    const look = async () => {
      await opened.services.sweepPromotions();
      opened.world.now += MINUTE_MS;
    };
    return { ...opened, look };
  }

  it("does where the canary fails more often, once, and its history and an event say why", async () => {
    const { world, look, meaning, history, deps, key, movedEvents } = await openSplit();
    world.usage = [usageOf(1, HOUR, 5_000, 900), usageOf(2, HOUR, 0, 0)];
    await look();
    for (let minute = 1; minute <= 8; minute++) {
      world.failures = [
        ...failuresOf(1, world.now - MINUTE_MS / 2, 9),
        ...failuresOf(2, world.now - MINUTE_MS / 2, 10),
      ];
      world.usage = [
        usageOf(1, HOUR, 5_000 + 900 * minute, 900 + 9 * minute),
        usageOf(2, HOUR, 100 * minute, 10 * minute),
      ];
      await look();
    }
    expect(await meaning()).toEqual(only(1));
    expect((await history()).map(([cause]) => cause)).toEqual(["automatic_rollback", "set", "set"]);
    const [back] = await deps.labels.moves(key, 1);
    expect(back?.reason).toMatch(
      /^Version 2 is worse than 1: \d+ of \d+ calls failed, against \d+ of \d+; \d+ of \d+ failures/,
    );
    expect(movedEvents().at(-1)?.data).toMatchObject({ split: only(1), cause: "automatic_rollback", key_id: null });
    await look();
    expect(await deps.protections.claimCanary(key, world.now, world.now + 1)).toBeUndefined();
  });

  it("is due by how long it has been, whatever shard it is on", async () => {
    const { deps, world, key } = await openSplit();
    const auto_rollback = { errors: true, feedback: true, tests: false, false_alarm_rate: 0.01 };
    const protection = { tests: false, compatible_variables: false, approvals: 0, auto_rollback };
    const names = Array.from({ length: 12 }, (_, at) => `greet-${at}`);
    for (const [at, name] of names.entries()) {
      await deps.protections.put({ ...key, name }, protection, "key_1", world.now - 1 - at);
    }
    const due = await deps.protections.dueCanaries(world.now, 1_000);
    const own = due.filter(({ tenant_id, name }) => tenant_id === key.tenant_id && names.includes(name));
    expect(own.map(({ name }) => name)).toEqual(names.toReversed());
  });

  it("does where its feedback is worse", async () => {
    const { world, look, meaning } = await openSplit();
    await look();
    const hour = Date.parse(HOUR) / 3_600_000;
    const rating = (version: number, count: number, sum: number) => ({
      hour,
      version,
      model: "m",
      count,
      sum,
      squares: sum,
    });
    world.ratings = [rating(1, 500, 450), rating(2, 60, 20)];
    await look();
    expect(await meaning()).toEqual(only(1));
  });

  it("stays where both fail alike, where answers are stored ones, and where others ask for no label", async () => {
    const { world, look, meaning } = await openSplit();
    await look();
    await look();
    world.failures = [...failuresOf(1, world.now - MINUTE_MS / 2, 90), ...failuresOf(2, world.now - MINUTE_MS / 2, 10)];
    const stored = { ...usageOf(1, HOUR, 9_000, 90), memory_hits: 8_000 };
    const tests = { ...usageOf(2, HOUR, 400, 400), groups: { prompt: "greet", version: 2, label: null, hour: HOUR } };
    world.usage = [stored, usageOf(2, HOUR, 200, 18), tests];
    await look();
    expect(await meaning()).toEqual(SPLIT);
  });

  it("does where a run of its tests is worse than that of the served version, which is started for it", async () => {
    const { world, deps, look, meaning, movedEvents } = await openSplit();
    world.passes.set(2, 0.4);
    const tests = (await deps.prompts.version(world.tenant, "greet", 2))?.definition.tests.map(toTestCase) ?? [];
    const of = { tenant_id: world.tenant, key_id: "key_tester", prompt: { name: "greet", version: 2 }, repeat: 20 };
    await deps.startTestRun({ ...of, id: newId("tst", world.now), tests });
    await look();
    expect([world.started.length, await meaning()]).toEqual([1, SPLIT]);
    await look();
    expect(await meaning()).toEqual(only(1));
    const [, served] = [...world.runs.values()].map(({ request }) => request);
    expect(served).toMatchObject({ key_id: "key_tester", prompt: { name: "greet", version: 1 }, repeat: 20, tests });
    const [back] = await deps.labels.moves({ tenant_id: world.tenant, name: "greet", label: "production" }, 1);
    expect(back).toMatchObject({ cause: "automatic_rollback", key_id: null });
    expect(back?.reason).toMatch(
      /^Version 2 is worse than 1 in its tests: it passed 40 % of 20 trials, version 1 100 % of 20 trials: -60 points, with 99\.8 % confidence below -\d+\.?\d* points \(runs tst_[\w-]+ and tst_[\w-]+\)\.$/,
    );
    expect(movedEvents().at(-1)?.data).toMatchObject({ split: only(1), cause: "automatic_rollback" });
    expect(world.errors).toEqual([]);
  });

  it("has one run of the served version started for several of the same tests, with their limit of money", async () => {
    const { world, deps, key, look } = await openSplit();
    const tests = (await deps.prompts.version(world.tenant, "greet", 2))?.definition.tests.map(toTestCase) ?? [];
    const of = { tenant_id: world.tenant, key_id: "key_tester", prompt: { name: "greet", version: 2 }, repeat: 20 };
    for (let n = 0; n < 3; n++) {
      await deps.startTestRun({ ...of, id: newId("tst", world.now), tests, max_cost_usd: 0.25 });
    }
    await look();
    await look();
    expect(world.started).toHaveLength(4);
    expect([...world.runs.values()].at(-1)?.request).toMatchObject({ max_cost_usd: 0.25, concurrency: 1 });
    await look();
    const claimed = await deps.protections.claimCanary(key, world.now, world.now + 1);
    expect(claimed?.canary?.tests).toMatchObject({ comparisons: 3, pairs: [] });
  });

  it("goes on watching calls while runs of its tests cannot be looked at", async () => {
    const { world, deps, look, meaning } = await openSplit();
    const tests = (await deps.prompts.version(world.tenant, "greet", 2))?.definition.tests.map(toTestCase) ?? [];
    const of = { tenant_id: world.tenant, key_id: "key_tester", prompt: { name: "greet", version: 2 }, repeat: 20 };
    await deps.startTestRun({ ...of, id: newId("tst", world.now), tests });
    await look();
    deps.startTestRun = async () => {
      throw new AppError("rate_limit_error", "The tenant has 50 runs that have not ended.", { retryable: true });
    };
    for (let minute = 1; minute <= 8; minute++) {
      world.failures = failuresOf(2, world.now - MINUTE_MS / 2, 1);
      await look();
    }
    expect(await meaning()).toEqual(only(1));
    expect(world.errors[0]).toMatch(/^canary_tests_fault: .*50 runs/);
  });

  it("stays where runs are as good, were made before the split, or made tests that are not the version's own", async () => {
    const { world, deps, key, look, meaning } = await openSplit();
    const tests = (await deps.prompts.version(world.tenant, "greet", 2))?.definition.tests.map(toTestCase) ?? [];
    const run = async (version: number, cases: typeof tests) => {
      const of = { tenant_id: world.tenant, key_id: "key_tester", prompt: { name: "greet", version }, repeat: 20 };
      await deps.startTestRun({ ...of, id: newId("tst", world.now), tests: cases });
    };
    const looks = async () => {
      await look();
      await look();
    };
    await run(1, tests);
    await looks();
    await run(2, tests);
    await looks();
    world.passes.set(2, 0.4);
    await run(2, [...tests, { name: "made up", variables: {}, assertions: [], weight: 1 }]);
    world.now -= 60 * MINUTE_MS;
    await run(2, tests);
    world.now += 60 * MINUTE_MS;
    await looks();
    expect(await meaning()).toEqual(SPLIT);
    expect(world.started).toHaveLength(4);
    const claimed = await deps.protections.claimCanary(key, world.now, world.now + 1);
    expect(claimed?.canary?.tests).toMatchObject({ comparisons: 1, pairs: [] });
  });

  it("is looked at by one sweep at a time, and not after it was moved by somebody", async () => {
    const { world, deps, key, look, move } = await openSplit();
    const [one, two] = await Promise.all(
      [1, 2].map(async () => deps.protections.claimCanary(key, world.now, world.now + 1)),
    );
    expect([one, two].filter(Boolean)).toHaveLength(1);
    world.now += MINUTE_MS;
    await move(only(2));
    await look();
    expect(await deps.protections.claimCanary(key, world.now + MINUTE_MS, world.now)).toBeUndefined();
  });
});
