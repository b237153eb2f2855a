import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LeaseHolder } from "../../../src/domain/gate/client/lease-holder.ts";
import type { Permit } from "../../../src/domain/gate/client/permit.ts";
import { LANES } from "../../../src/domain/lane.ts";
import type { KeyLimits } from "../../../src/domain/gate/protocol/messages.ts";
import { callsIn, gateWithDisk, keyOf, KIND, reportOf, requestOf } from "./support.ts";

const SEED = 20_261_124;
const NOW = 1_000_000;
const HOLD_MS = 10_000;
const CAP = 12;
const WORKERS = 3;
/** Another Worker, whose waiting callers make the gate take slots back. */
const OTHER = { holder: "other", waiting: 5 };
const KEYS = [keyOf("a"), keyOf("b", { max_concurrency: 5 }), keyOf("c", { rpm: 6_000 })];

const worker = fc.nat({ max: WORKERS - 1 });
const step = fc.oneof(
  fc.record({
    do: fc.constant("ask" as const),
    worker,
    lane: fc.constantFrom(...LANES),
    waiting: fc.integer({ min: 1, max: 30 }),
  }),
  fc.record({ do: fc.constant("end" as const), worker, calls: fc.integer({ min: 1, max: 10 }) }),
  fc.record({ do: fc.constant("report" as const), worker, lost: fc.boolean() }),
  fc.record({ do: fc.constant("renew" as const), worker, waiting: fc.nat({ max: 30 }), lost: fc.boolean() }),
  fc.record({ do: fc.constant("crash" as const), worker }),
  fc.record({ do: fc.constant("evict" as const) }),
  fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 8_000 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/**
 * Workers that start every call that they may. A call of a Worker that crashed goes on for as long
 * as a call may last.
 */
function world() {
  const gate = gateWithDisk({ concurrency: { execution: CAP, test: 5 } });
  const holders = Array.from({ length: WORKERS }, () => new LeaseHolder());
  const calls: { worker: number; permit: Permit; sent_at: number }[] = [];
  let now = NOW;
  let leaving = 0;
  let renewals_given = 0;
  const ofWorker = (at: number) => ({ holder: `w${at}` });

  function startAll(at: number): void {
    for (const lane of LANES) {
      const need = { model: "m", lane, tokens: 1, hold_ms: HOLD_MS, avoid: [] };
      for (let permit = holders[at]?.take(need, now); permit; permit = holders[at]?.take(need, now)) {
        calls.push({ worker: at, permit, sent_at: now });
      }
    }
  }
  function endSome(at: number, most: number, before = Infinity): void {
    const over = calls.filter((call) => call.worker === at && call.sent_at <= before).slice(0, most);
    for (const call of over) {
      calls.splice(calls.indexOf(call), 1);
      holders[at]?.end(call.permit, call.sent_at, 1, now);
    }
  }
  return {
    inFlight: () => calls.length,
    seen: () => ({ leaving, renewals_given }),
    take(action: Step): void {
      if (action.do === "ask") {
        const reports = holders[action.worker]?.reports(now) ?? [];
        const wanted = {
          ...ofWorker(action.worker),
          lane: action.lane,
          waiting: action.waiting,
          patience_ms: 0,
          hold_ms: HOLD_MS,
          reports,
        };
        const { reply } = gate.ask(requestOf(KEYS, wanted), now);
        holders[action.worker]?.confirm(reports);
        if (reply) holders[action.worker]?.receive(reply, { hold_ms: HOLD_MS }, now, now);
        startAll(action.worker);
      } else if (action.do === "end") endSome(action.worker, action.calls);
      else if (action.do === "report") {
        const reports = holders[action.worker]?.reports(now) ?? [];
        if (!action.lost) gate.settle({ ...ofWorker(action.worker), reports }, now);
        if (!action.lost) holders[action.worker]?.confirm(reports);
      } else if (action.do === "renew") {
        gate.ask(requestOf(KEYS, { ...OTHER, patience_ms: 1_000, hold_ms: HOLD_MS }), now);
        const holder = holders[action.worker];
        const renewals =
          holder?.renewals(
            () => 1,
            () => true,
            now,
          ) ?? [];
        const renewed = gate.settle({ ...ofWorker(action.worker), waiting: action.waiting, renewals }, now);
        leaving += renewed.reduce((sum, { leave }) => sum + leave, 0);
        renewals_given += renewed.length;
        // Where the answer is lost, the gate has extended a lease that its holder lets expire.
        holder?.renew(renewals, action.lost ? null : renewed, now, now);
        startAll(action.worker);
      } else if (action.do === "crash") {
        // Its calls have no owner now, and end by time only.
        for (const call of calls) if (call.worker === action.worker) call.worker = -1;
        holders[action.worker] = new LeaseHolder();
      } else if (action.do === "evict") gate.restart();
      else {
        now += action.ms;
        for (let at = -1; at < WORKERS; at++) endSome(at, Infinity, now - HOLD_MS);
        for (let at = 0; at < WORKERS; at++) startAll(at);
      }
    },
  };
}

describe("the concurrency of a tenant at a provider", () => {
  it("never exceeds its limit, whoever asks, crashes or is evicted, with limited and unlimited keys", () => {
    let fullest = 0;
    const seen = { leaving: 0, renewals_given: 0 };
    const property = fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
      const small = world();
      for (const each of steps) {
        small.take(each);
        fullest = Math.max(fullest, small.inFlight());
        expect(small.inFlight()).toBeLessThanOrEqual(CAP);
      }
      seen.leaving += small.seen().leaving;
      seen.renewals_given += small.seen().renewals_given;
    });
    fc.assert(property, { seed: SEED, numRuns: 500 });
    expect(fullest).toBe(CAP);
    expect(seen.renewals_given).toBeGreaterThan(50);
    expect(seen.leaving).toBeGreaterThan(10);
  });

  it("is shown, and makes further callers wait in their lane until a call ends", () => {
    const gate = gateWithDisk({ concurrency: { execution: 8, test: 5 } });
    const keys: KeyLimits[] = [keyOf("a"), keyOf("b")];
    const first = gate.ask(requestOf(keys, { waiting: 8 }), NOW).reply;
    expect(callsIn(first)).toBe(8);
    expect(gate.view(keys, NOW).concurrency).toEqual({ limit: 8, used: 8 });
    const { ticket, reply } = gate.ask(requestOf(keys, { lane: "high" }), NOW + 10);
    expect(reply).toBeUndefined();
    expect(gate.ask(requestOf(keys, { patience_ms: 0 }), NOW + 10).reply?.refusal?.reason).toBe("limited");
    gate.settle({ reports: [reportOf(first?.leases[0]?.id ?? "", { ended: 1, slots_back: 1 })] }, NOW + 20);
    expect(callsIn(gate.replyTo(ticket))).toBe(1);
  });

  it("comes back as soon as it is spare where it is short, and stays where it is in use", () => {
    const gate = gateWithDisk({ concurrency: { execution: 8, test: 5 } });
    const holder = new LeaseHolder();
    const { reply } = gate.ask(requestOf([keyOf("a")], { waiting: 8 }), NOW);
    if (reply) holder.receive(reply, KIND, NOW, NOW);
    const need = { model: "m", lane: "standard", tokens: 1, avoid: [] } as const;
    for (let calls = 0; calls < 3; calls++) expect(holder.take(need, NOW)).not.toBeNull();
    expect(holder.tidy(NOW + 500)).toBe(true);
    const reports = holder.reports(NOW + 500);
    gate.settle({ reports }, NOW + 500);
    holder.confirm(reports);
    expect(gate.view([keyOf("a")], NOW + 500).concurrency).toEqual({ limit: 8, used: 3 });
    expect(holder.take(need, NOW + 600)).toBeNull();
  });

  it("is leased for long while there is room, and briefly once half of it is out", () => {
    const gate = gateWithDisk({ concurrency: { execution: 20, test: 5 } });
    const leases = [8, 8].map((waiting) => gate.ask(requestOf([keyOf("a")], { waiting }), NOW).reply?.leases[0]);
    expect(leases[0]).toMatchObject({ life_ms: 10_000, scarce: false });
    expect(leases[1]).toMatchObject({ life_ms: 4_000, scarce: true });
  });

  it("is counted apart for executions and test runs, so that neither takes from the other", () => {
    const gate = gateWithDisk({ concurrency: { execution: 8, test: 5 } });
    const keys = [keyOf("a")];
    const ask = (purpose: "execution" | "test") =>
      callsIn(gate.ask(requestOf(keys, { holder: purpose, purpose, waiting: 20, patience_ms: 0 }), NOW).reply);
    expect([ask("test"), ask("test"), ask("execution"), ask("execution")]).toEqual([5, 0, 8, 0]);
    gate.restart();
    expect([ask("test"), ask("execution")]).toEqual([0, 0]);
    const { concurrency, tests } = gate.view(keys, NOW);
    expect({ concurrency, tests }).toEqual({ concurrency: { limit: 8, used: 8 }, tests: { limit: 5, used: 5 } });
  });
});
