import { describe, expect, it } from "vitest";
import type { KeyLimits, LeaseReport } from "../../../src/domain/gate/protocol/messages.ts";
import { createRandom, type Random } from "../../../load/proofs/gate-sim/random.ts";
import { gateWithDisk, keyOf, NOW, reportOf, requestOf } from "./support.ts";

const MINUTE = 60_000;
const TOLD = { rpm: 90, tpm: 3_000 };

interface Use {
  at: number;
  tokens: number;
}

/** The most calls, and the most tokens, that any 60 seconds see. */
function mostInAMinute(uses: readonly Use[]): { calls: number; tokens: number } {
  const sorted = uses.toSorted((a, b) => a.at - b.at);
  let [first, tokens] = [0, 0];
  const most = { calls: 0, tokens: 0 };
  for (const [index, use] of sorted.entries()) {
    tokens += use.tokens;
    for (let oldest = sorted[first]; oldest && oldest.at <= use.at - MINUTE; oldest = sorted[first]) {
      tokens -= oldest.tokens;
      first += 1;
    }
    most.calls = Math.max(most.calls, index - first + 1);
    most.tokens = Math.max(most.tokens, tokens);
  }
  return most;
}

/** The keys as some isolate knows them: a stale copy, or a new one that also has other keys. */
function copyOf(random: Random, step: number): KeyLimits[] {
  const configured_at = random.chance(0.3) ? step - 30 : step;
  const others = random.chance(0.3) ? [keyOf("b", { max_concurrency: 1, configured_at })] : [];
  return [keyOf("a", { configured_at, weight: random.chance(0.2) ? 2 : 1 }), ...others];
}

/** Three minutes of a gate that learned limits, evicted again and again. Every lease is used up. */
function run(seed: number): { uses: Use[]; evictions: number; uncounted: number } {
  const random = createRandom(seed);
  const gate = gateWithDisk({ epoch: `${seed}` });
  const uses: Use[] = [];
  let reports: { due: number; report: LeaseReport }[] = [];
  let [evictions, uncounted] = [0, 0];
  gate.settle({ keys: [keyOf("a", { configured_at: 1 })] }, NOW);
  gate.settle({ outcomes: [{ kind: "limited", key: "a", model: "m", retry_after_ms: 1, ...TOLD }] }, NOW);
  for (let now = NOW + 10; now < NOW + 3 * MINUTE; now += random.between(20, 900)) {
    if (random.chance(0.1)) {
      gate.restart();
      evictions += 1;
    }
    const due = reports.filter((each) => each.due <= now);
    reports = reports.filter((each) => each.due > now);
    gate.settle({ keys: copyOf(random, now), reports: due.map(({ report }) => report) }, now);
    const more = { patience_ms: 0, waiting: 1 + Math.floor(random.between(0, 12)), avoid: ["b"] };
    const request = requestOf(copyOf(random, now), { ...more, first_tokens: 30, mean_tokens: 30 });
    for (const lease of gate.ask(request, now).reply?.leases ?? []) {
      if (lease.requests === null || lease.tokens === null) uncounted += 1;
      const [calls, tokens] = [lease.requests ?? lease.slots, lease.tokens ?? 0];
      const used = Math.floor(random.between(0, calls + 1));
      const spent = Math.floor(tokens / calls);
      const ends = now + random.between(0, lease.life_ms);
      for (let call = 0; call < used; call++) uses.push({ at: ends + random.between(0, 3_000), tokens: spent });
      // Most reports come, after the last use; the permits of the others stay charged.
      const told = { ended: used, reserved: used * spent, spent: used * spent, requests_back: calls - used };
      const back = { tokens_back: tokens - used * spent, slots_back: lease.slots };
      if (random.chance(0.7)) reports.push({ due: ends + 3_000, report: reportOf(lease.id, { ...told, ...back }) });
    }
  }
  return { uses, evictions, uncounted };
}

describe("learned limits over evictions at random moments", () => {
  it.each(Array.from({ length: 30 }, (_, seed) => seed + 1))("are never exceeded, and are used: seed %i", (seed) => {
    const { uses, evictions, uncounted } = run(seed);
    const most = mostInAMinute(uses);
    expect(uncounted).toBe(0);
    expect(evictions).toBeGreaterThan(5);
    expect(most.calls).toBeLessThanOrEqual(TOLD.rpm);
    expect(most.tokens).toBeLessThanOrEqual(TOLD.tpm);
    expect(most.calls).toBeGreaterThan(5);
  });
});
