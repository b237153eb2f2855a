import { expect, it } from "vitest";
import { LaneClock } from "../../../src/domain/gate/lanes.ts";

it("serves all lanes by their weights where slots of one go round among its own callers", () => {
  const clock = new LaneClock();
  const waits = (["high", "standard"] as const).map((lane) => ({ lane, oldest_wait_ms: 6_000, patience_ms: 10_000 }));
  const served = { high: 0, standard: 0, batch: 0 };
  for (let turn = 0; turn < 200; turn++) {
    clock.refund("standard", 1);
    const lane = clock.next(waits) ?? "batch";
    served[lane] += 1;
    for (const wait of waits) if (wait.lane === lane) clock.charge(wait, 1);
  }
  expect(served.high).toBeGreaterThan(20);
});
