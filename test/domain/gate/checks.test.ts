import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BREAKER } from "../../../src/domain/gate/authority/breaker.ts";
import type { CallOutcome, Lease } from "../../../src/domain/gate/protocol/messages.ts";
import { gateWithDisk, keyOf, reportOf, requestOf } from "./support.ts";

const SEED = 20_261_124;
const NOW = 1_000_000;
const HOLD_MS = 30_000;
/** A probe without a report is given up after the life of its lease and the longest call. */
const PROBE_MS = 2_000 + HOLD_MS;
const KEYS = [keyOf("a")];
const of = { key: "a", model: "m" };
const FAILED: CallOutcome = { kind: "failed", ...of };
const PASSED: CallOutcome = { kind: "passed", ...of, calls: 1, latency_ms: 5, ttft_ms: 5 };

/** A gate whose only key has just failed three times. */
function opened() {
  const gate = gateWithDisk();
  const ask = (at: number) =>
    gate.ask(requestOf(KEYS, { patience_ms: 0, hold_ms: HOLD_MS }), at).reply?.leases[0] ?? undefined;
  const check = (due_at: number, passed: boolean, at: number) =>
    gate.settle({ outcomes: [{ kind: "checked", ...of, due_at, passed }] }, at);
  const over = ({ id }: Lease, outcomes: CallOutcome[], at: number) =>
    gate.settle({ reports: [reportOf(id, { ended: 1, slots_back: 1 })], outcomes }, at);
  const first = ask(NOW);
  if (first) over(first, [FAILED, FAILED, FAILED], NOW);
  return {
    gate,
    ask,
    check,
    over,
    breaker: (at: number) => gate.view(KEYS, at).keys[0]?.breakers[0],
    /** Answers each check when it is due, up to `until`, and returns the time of the last one. */
    answer: (passed: boolean, until: number): number => {
      let at = NOW;
      for (let next = gate.checks.at(-1); next && next.due_at <= until; next = gate.checks.at(-1)) {
        if (next.due_at <= at) break;
        at = next.due_at;
        check(next.due_at, passed, at);
      }
      return at;
    },
  };
}

describe("checks of an open breaker", () => {
  it("half open it after two passes in a row, and one call that passes closes it", () => {
    const { gate, ask, check, over, breaker } = opened();
    expect(gate.checks).toEqual([{ ...of, due_at: NOW + 5_000, in_ms: 5_000 }]);
    expect(breaker(NOW + 1_000)).toEqual({ model: "m", state: "open", passes: 0, check_in_ms: 4_000 });
    check(NOW + 5_000, true, NOW + 5_020);
    expect(gate.checks[1]).toEqual({ ...of, due_at: NOW + 10_020, in_ms: 5_000 });
    expect(breaker(NOW + 5_020)).toMatchObject({ state: "open", passes: 1 });
    expect(ask(NOW + 10_000)).toBeUndefined();
    check(NOW + 10_020, true, NOW + 10_050);
    expect(breaker(NOW + 10_050)).toEqual({ model: "m", state: "half_open", passes: 1, check_in_ms: null });
    expect(gate.checks).toHaveLength(2);
    const probe = ask(NOW + 10_060);
    // Others wait for the outcome of a probe, so its holder reports soon.
    expect(probe).toMatchObject({ probe: true, scarce: true });
    expect(ask(NOW + 10_061)).toBeUndefined();
    if (probe) over(probe, [PASSED], NOW + 10_070);
    expect(breaker(NOW + 10_070)?.state).toBe("closed");
    expect(ask(NOW + 10_071)?.probe).toBe(false);
  });

  it("start over where one fails, and where the probe after them fails", () => {
    const { gate, ask, check, over, breaker } = opened();
    const outcomes = [true, false, true];
    for (const [turn, passed] of outcomes.entries()) check(NOW + 5_000 * (turn + 1), passed, NOW + 5_000 * (turn + 1));
    expect(breaker(NOW + 15_000)).toMatchObject({ state: "open", passes: 1 });
    check(NOW + 20_000, true, NOW + 20_000);
    const probe = ask(NOW + 20_001);
    if (probe) over(probe, [FAILED], NOW + 20_002);
    expect(breaker(NOW + 20_002)).toMatchObject({ state: "open", passes: 0, check_in_ms: 5_000 });
    expect(gate.checks.at(-1)?.due_at).toBe(NOW + 25_002);
  });

  it("keep callers from probing while their outcomes come, however long the provider is down", () => {
    const { answer, ask, gate } = opened();
    const probes: unknown[] = [];
    for (let at = NOW + 1_000; at < NOW + 300_000; at += 1_000) {
      answer(false, at);
      probes.push(ask(at));
    }
    expect(probes.filter(Boolean)).toEqual([]);
    expect(gate.checks).toHaveLength(60);
  });

  it("count once each: a repeated, late or unknown outcome starts no second chain", () => {
    const { gate, check, breaker } = opened();
    for (let twice = 0; twice < 2; twice++) check(NOW + 5_000, true, NOW + 5_000);
    check(NOW + 77, true, NOW + 5_001);
    expect(breaker(NOW + 5_001)).toMatchObject({ state: "open", passes: 1 });
    check(NOW + 10_000, false, NOW + 10_000);
    check(NOW + 5_000, true, NOW + 10_001);
    check(NOW + 10_000, true, NOW + 10_001);
    expect(breaker(NOW + 10_001)).toMatchObject({ state: "open", passes: 0 });
    expect(gate.checks.map(({ due_at }) => due_at - NOW)).toEqual([5_000, 10_000, 15_000]);
  });

  it("leave the probe to a caller where no outcome came for 15 s", () => {
    const { ask, check, breaker } = opened();
    check(NOW + 5_000, true, NOW + 5_000);
    expect(ask(NOW + 5_000 + BREAKER.silence_ms - 1)).toBeUndefined();
    expect(ask(NOW + 5_000 + BREAKER.silence_ms)?.probe).toBe(true);
    // The lost check comes after all, and changes nothing now.
    check(NOW + 10_000, true, NOW + 20_001);
    expect(breaker(NOW + 20_001)).toMatchObject({ state: "half_open", passes: 0 });
  });

  it("end after ten minutes in which no caller asked for the model, and the next caller probes", () => {
    const { answer, ask, gate } = opened();
    expect(answer(false, Infinity)).toBe(NOW + BREAKER.idle_ms);
    expect(gate.checks).toHaveLength(120);
    expect(ask(NOW + BREAKER.idle_ms + 1)?.probe).toBe(true);
  });

  it("go on while callers ask, although all of them are refused", () => {
    const { answer, ask } = opened();
    answer(false, NOW + 500_000);
    expect(ask(NOW + 500_001)).toBeUndefined();
    expect(answer(false, Infinity)).toBeGreaterThanOrEqual(NOW + 500_000 + BREAKER.idle_ms);
  });

  it("end where the provider refuses the key, which is parked", () => {
    const { gate, breaker } = opened();
    gate.settle({ outcomes: [{ kind: "refused", ...of, status: "credentials" }] }, NOW + 5_000);
    expect(gate.parked).toEqual([{ name: "a", status: "credentials" }]);
    expect([gate.checks.length, breaker(NOW + 5_000)?.state]).toEqual([1, "open"]);
  });

  it("use nothing of a key's limits", () => {
    const gate = gateWithDisk();
    const limited = [keyOf("a", { rpm: 60, tpm: 600 })];
    gate.view(limited, NOW);
    gate.settle({ outcomes: [FAILED, FAILED, FAILED] }, NOW);
    gate.settle({ outcomes: [{ kind: "checked", ...of, due_at: NOW + 5_000, passed: true }] }, NOW + 5_000);
    expect(gate.checks).toHaveLength(2);
    expect(gate.view(limited, NOW + 5_000).keys[0]).toMatchObject({ requests: { used: 0 }, tokens: { used: 0 } });
  });
});

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 9_000 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("ask" as const) }) },
  // A call ends and is reported, or its report is lost, or only its outcome is.
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("end" as const),
      call: fc.nat(),
      reported: fc.boolean(),
      outcome: fc.constantFrom(PASSED, FAILED, null),
    }),
  },
  // A call that was in flight before the breaker opened.
  { weight: 2, arbitrary: fc.record({ do: fc.constant("stray" as const), outcome: fc.constantFrom(PASSED, FAILED) }) },
  // A check that is due, for the first time or again.
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("check" as const), back: fc.nat({ max: 2 }), passed: fc.boolean() }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** The world of one key. `probes` are those that may still be in flight. */
function world() {
  const { gate, ask, check, over } = opened();
  let now = NOW;
  const calls: { lease: Lease; at: number }[] = [];
  const probes = new Map<string, number>();
  function end(index: number, reported: boolean, outcome: CallOutcome | null): void {
    const [call] = calls.splice(index % calls.length, 1);
    if (!call || !reported) return;
    probes.delete(call.lease.id);
    over(call.lease, outcome ? [outcome] : [], now);
  }
  return {
    gate,
    ask: () => ask(now),
    pass: (ms: number) => void (now += ms),
    out: () => [...probes.values()].filter((since) => now < since + PROBE_MS).length,
    take: (action: Step): void => {
      if (action.do === "pass") now += action.ms;
      else if (action.do === "end") end(action.call, action.reported, action.outcome);
      else if (action.do === "stray") gate.settle({ outcomes: [action.outcome] }, now);
      else if (action.do === "check") {
        const due = gate.checks.filter(({ due_at }) => due_at <= now).at(-1 - action.back);
        if (due) check(due.due_at, action.passed, now);
      } else {
        const lease = ask(now);
        if (lease) calls.push({ lease, at: now });
        if (lease?.probe) probes.set(lease.id, now);
      }
    },
  };
}

describe("a breaker under events in any order", () => {
  it("has at most one probe in flight and one chain of checks, and never shuts callers out for good", () => {
    const seen = { probes: 0, checks: 0 };
    fc.assert(
      fc.property(fc.array(step, { minLength: 60, maxLength: 250 }), (steps) => {
        const { gate, ask, pass, out, take } = world();
        for (const action of steps) {
          take(action);
          const probes = out();
          expect(probes).toBeLessThanOrEqual(1);
          seen.probes += probes;
        }
        // A repeated or unordered due time would belong to a second chain.
        const names = gate.checks.map(({ due_at }) => due_at);
        expect(names).toEqual([...new Set(names)].toSorted((a, b) => a - b));
        seen.checks += names.length;
        pass(BREAKER.silence_ms + PROBE_MS);
        expect(ask()).toBeDefined();
      }),
      { seed: SEED, numRuns: 400 },
    );
    // The property is only meaningful where there were many probes and checks.
    expect(seen.probes).toBeGreaterThan(5_000);
    expect(seen.checks).toBeGreaterThan(1_000);
  });
});
