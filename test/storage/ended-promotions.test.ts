import { describe, expect, it } from "vitest";
import { newMove } from "../../src/services/prompts/label-records.ts";
import { only, openPromotionWorld } from "../support/promotion-world.ts";

describe("a promotion whose tests run on", () => {
  it.each(["rolled back", "protected anew", "moved"] as const)("stops them where its label is %s", async (change) => {
    const { world, deps, key, services, publish, move, rollback, protect } = openPromotionWorld();
    for (const version of [1, 2, 3]) {
      const test = "tests:\n  - {name: greets, inputs: {who: Ada}, expected: hi}\n";
      await publish(`name: greet\nmodel: gpt-4o-mini\ndescription: v${version}\ntemplate: Hi {{ who }}.\n${test}`);
    }
    await move(only(1));
    await move(only(3));
    await protect({ tests: true });
    world.testsEnd = false;
    await move(only(2));
    const { started } = world;
    expect([started.length, world.cancelled]).toEqual([2, []]);
    if (change === "rolled back") await rollback();
    else if (change === "protected anew") await protect({ tests: true, approvals: 1 });
    else {
      const back = newMove(world.now, "automatic_rollback", only(1), { key_id: null });
      await deps.labels.move(key, back, { gated: true });
    }
    world.now += 60_000;
    await services.sweepPromotions();
    // A sweep is of all tenants, and other files leave promotions.
    const cancelled = () => world.cancelled.filter((run) => started.includes(run)).toSorted();
    expect(cancelled()).toEqual(started.toSorted());
    await services.sweepPromotions();
    expect(cancelled()).toHaveLength(2);
  });
});
