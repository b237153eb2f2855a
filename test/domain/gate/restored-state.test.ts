import { describe, expect, it } from "vitest";
import { BREAKER } from "../../../src/domain/gate/authority/breaker.ts";
import type { CallOutcome, KeyLimits } from "../../../src/domain/gate/protocol/messages.ts";
import { callsIn, gateWithDisk, keyOf, NOW, reportOf, requestOf } from "./support.ts";

const OPEN = [keyOf("a")];
const LIMITED: CallOutcome = { kind: "limited", key: "a", model: "m", retry_after_ms: 1_000, rpm: 120, tpm: 6_000 };
const now = { patience_ms: 0 };
const failed = (model = "m"): CallOutcome => ({ kind: "failed", key: "a", model });

/** A gate that learned 120 requests and 6,000 tokens a minute from a refusal of a provider. */
function taughtGate(keys: KeyLimits[] = OPEN) {
  const gate = gateWithDisk();
  gate.ask(requestOf(keys, now), NOW);
  gate.settle({ outcomes: [LIMITED] }, NOW);
  return gate;
}

/** The limits that the leases of `a` count, once its cooling is over. */
function countedBy(gate: ReturnType<typeof gateWithDisk>, keys: KeyLimits[], at = NOW + 10_000) {
  // A restored window has no burst: its pace begins with the first message.
  gate.view(keys, at - 1_000);
  const lease = gate.ask(requestOf(keys, { ...now, avoid: ["b"] }), at).reply?.leases[0];
  return lease && { key: lease.key, requests: lease.requests !== null, tokens: lease.tokens !== null };
}

describe("what the gate learned of a key", () => {
  const counted = { key: "a", requests: true, tokens: true };

  it("limits its leases after an eviction, too", () => {
    const gate = taughtGate();
    gate.restart();
    expect(countedBy(gate, OPEN)).toEqual(counted);
    const view = gate.view(OPEN, NOW + 10_000).keys[0];
    expect([view?.requests.limit, view?.tokens.limit]).toEqual([120, 6_000]);
  });

  it.each([
    ["added", [keyOf("a"), keyOf("b")]],
    ["heavier", [keyOf("a", { weight: 3 })]],
  ])("outlives a change of keys: one is %s", (_change, keys) => {
    expect(countedBy(taughtGate(), keys)).toEqual(counted);
  });

  it("outlives the removal of the key for a moment, and of other keys", () => {
    const gate = taughtGate([keyOf("a"), keyOf("b")]);
    gate.settle({ keys: [keyOf("b")] }, NOW + 1_000);
    gate.restart();
    expect(countedBy(gate, OPEN)).toEqual(counted);
  });

  it("ends with the secret that it was learned of", () => {
    const gate = taughtGate();
    gate.restart();
    expect(countedBy(gate, [keyOf("a", { version: 2 })])).toEqual({ key: "a", requests: false, tokens: false });
  });

  it("does not come from calls with a secret that was replaced", () => {
    const replaced = [keyOf("a", { version: 2 })];
    const gate = gateWithDisk();
    gate.ask(requestOf(replaced, now), NOW);
    const refused = { kind: "refused", key: "a", model: "m", status: "credentials" } as const;
    gate.settle(
      {
        outcomes: [
          { ...refused, version: 1 },
          { ...LIMITED, version: 1 },
        ],
      },
      NOW + 1,
    );
    expect(gate.view(replaced, NOW + 2).keys[0]).toMatchObject({ status: "ok", requests: { limit: null } });
    gate.settle({ outcomes: [{ ...refused, version: 2 }] }, NOW + 3);
    expect(gate.view(replaced, NOW + 4).keys[0]).toMatchObject({ status: "parked", parked_for: "credentials" });
  });

  it("ends with a secret whose version is a smaller number, as those of the deployment's keys may be", () => {
    const parked = { kind: "refused", key: "a", model: "m", status: "credentials" } as const;
    const copyOf = (version: number, configured_at: number) => [keyOf("a", { version, configured_at })];
    const [first, second, unversioned] = [copyOf(9, NOW), copyOf(4, NOW + 2), copyOf(0, NOW + 5)];
    const gate = gateWithDisk();
    gate.ask(requestOf(first, now), NOW);
    gate.settle({ keys: first, outcomes: [{ ...parked, version: 9 }] }, NOW + 1);
    expect(gate.view(first, NOW + 2).keys[0]).toMatchObject({ status: "parked" });
    expect(gate.view(second, NOW + 3).keys[0]).toMatchObject({ status: "ok" });
    // A call with the old secret says nothing of the new one.
    gate.settle({ keys: second, outcomes: [{ ...parked, version: 9 }] }, NOW + 4);
    expect(gate.view(second, NOW + 5).keys[0]).toMatchObject({ status: "ok" });
    // An isolate of an earlier version does not know what it calls with.
    expect(gate.view(unversioned, NOW + 6).keys[0]).toMatchObject({ status: "ok" });
    gate.settle({ outcomes: [{ ...parked, version: 0 }] }, NOW + 7);
    expect(gate.view(unversioned, NOW + 8).keys[0]).toMatchObject({ status: "parked" });
  });

  it("holds for a day, so that a raised limit is found out in the end", () => {
    const gate = taughtGate();
    const day = NOW + 86_400_000;
    expect(countedBy(gate, OPEN, day - 1)).toEqual(counted);
    expect(countedBy(gate, OPEN, day)).toEqual({ key: "a", requests: false, tokens: false });
  });

  it("includes the concurrency that it proved to bear", () => {
    const gate = gateWithDisk();
    gate.ask(requestOf(OPEN, { ...now, waiting: 16 }), NOW);
    gate.settle({ outcomes: [{ kind: "overloaded", key: "a", model: "m", retry_after_ms: undefined }] }, NOW);
    const limitOf = () => gate.view(OPEN, NOW + 60_000).keys[0]?.concurrency.limit;
    const before = limitOf();
    gate.restart();
    expect([before, limitOf()]).toEqual([8, 8]);
  });

  it("includes open breakers, whose checks go on where they were", () => {
    const gate = gateWithDisk();
    gate.ask(requestOf(OPEN, now), NOW);
    gate.settle({ outcomes: [failed(), failed(), failed()] }, NOW);
    gate.restart();
    expect(gate.ask(requestOf(OPEN, now), NOW + 10).reply?.refusal?.reason).toBe("unavailable");
    expect(callsIn(gate.ask(requestOf(OPEN, { ...now, model: "other" }), NOW + 20).reply)).toBe(1);
    const [check] = gate.checks;
    const passed = { kind: "checked", key: "a", model: "m", due_at: check?.due_at ?? 0, passed: true } as const;
    gate.settle({ outcomes: [passed] }, NOW + BREAKER.check_every_ms);
    gate.restart();
    const view = gate.view(OPEN, NOW + BREAKER.check_every_ms + 1).keys[0];
    expect(view?.breakers.find(({ model }) => model === "m")).toMatchObject({ state: "open", passes: 1 });
    expect(gate.checks).toHaveLength(2);
  });

  it("includes failures in a row: an eviction between them does not hide that a model is down", () => {
    const gate = gateWithDisk();
    gate.ask(requestOf(OPEN, now), NOW);
    for (let each = 0; each < 3; each++) {
      gate.settle({ outcomes: [failed()] }, NOW + each);
      gate.restart();
    }
    expect(gate.ask(requestOf(OPEN, now), NOW + 10).reply?.refusal?.reason).toBe("unavailable");
  });

  it("is restored from rows of the version before, which knew charges and parking only", () => {
    const charges: [number, number][] = [[NOW / 250 + 4, 7]];
    const row = { name: "a", cool_until: 0, parked_until: 0, parked_for: null, requests: charges, tokens: [] };
    const parked = { ...row, name: "b", parked_until: NOW + 9_000, parked_for: "quota" as const };
    const gate = gateWithDisk({}, { keys: [row, parked], leases: [] });
    const view = gate.view([keyOf("a", { rpm: 100 }), keyOf("b")], NOW).keys;
    expect(view[0]).toMatchObject({ requests: { limit: 100, used: 7 }, concurrency: { limit: null }, breakers: [] });
    expect(view[1]).toMatchObject({ status: "parked", parked_for: "quota" });
  });
});

describe("the gate's configuration", () => {
  const fast = keyOf("a", { rpm: 6_000 });
  const slow = keyOf("a", { rpm: 60, version: 2 });
  const at = (configured_at: number, ...keys: KeyLimits[]) => keys.map((key) => ({ ...key, configured_at }));
  const wanted = { ...now, waiting: 30, holder: "w2" };

  it("is not rolled back by an isolate whose copy of the keys is older", () => {
    const gate = gateWithDisk();
    gate.ask(requestOf(at(NOW - 20_000, fast), now), NOW - 5_000);
    gate.ask(requestOf(at(NOW - 1_000, slow), now), NOW);
    // A burst of 60 a minute is three calls, of 6,000 it is three hundred.
    expect(callsIn(gate.ask(requestOf(at(NOW - 20_000, fast), wanted), NOW + 200).reply)).toBeLessThanOrEqual(3);
    gate.restart();
    const reply = gate.ask(requestOf(at(NOW - 20_000, fast), wanted), NOW + 1_500).reply;
    expect(callsIn(reply)).toBeLessThanOrEqual(3);
    expect(gate.view(at(NOW - 20_000, fast), NOW + 1_500).keys[0]?.requests.limit).toBe(60);
  });

  it("keeps a removed key removed, over an eviction too, until a newer copy has it again", () => {
    const gate = gateWithDisk();
    const both = [keyOf("a"), keyOf("b")];
    const keyFor = (keys: KeyLimits[], time: number) =>
      gate.ask(requestOf(keys, { ...now, avoid: ["b"] }), time).reply?.leases[0]?.key;
    expect(keyFor(at(10, ...both), NOW)).toBe("a");
    gate.settle({ keys: at(20, keyOf("b")) }, NOW + 1);
    expect(keyFor(at(10, ...both), NOW + 2)).toBeUndefined();
    gate.restart();
    expect(keyFor(at(10, ...both), NOW + 3)).toBeUndefined();
    expect(keyFor(at(30, ...both), NOW + 4)).toBe("a");
  });

  it("leases no key to an isolate that does not know it yet", () => {
    const gate = gateWithDisk();
    gate.ask(requestOf(at(20, keyOf("new"), keyOf("old")), now), NOW);
    const leases = gate.ask(requestOf(at(10, keyOf("old")), { ...now, waiting: 4 }), NOW + 1).reply?.leases ?? [];
    expect(leases.map(({ key }) => key)).toEqual(["old"]);
    const { reply } = gate.ask(requestOf(at(10, keyOf("older"))), NOW + 2);
    expect(reply?.refusal).toEqual({ reason: "outdated", callers: 1 });
  });

  it("keeps the newest version of a key where the isolate does not say how old its copy is", () => {
    const gate = gateWithDisk();
    gate.ask(requestOf([slow], now), NOW);
    expect(callsIn(gate.ask(requestOf([fast], wanted), NOW + 200).reply)).toBeLessThanOrEqual(3);
    expect(gate.view([fast], NOW + 200).keys[0]?.requests.limit).toBe(60);
  });

  it("is stored when it changes, and not with each newer copy of it", () => {
    const gate = gateWithDisk();
    for (let copy = 1; copy <= 20; copy++) gate.settle({ keys: at(copy, keyOf("a")) }, NOW + copy);
    expect(gate.writes.configuration).toBe(1);
  });

  it("forgets removed keys that nothing is charged to, and keeps the others", () => {
    const gate = gateWithDisk();
    // Only a key of which there is news has a row.
    const refused = (key: string) => [{ kind: "refused", key, model: "m", status: "quota" } as const];
    const lease = gate.ask(requestOf(at(1, keyOf("kept", { rpm: 60 })), now), NOW).reply?.leases[0];
    gate.settle({ outcomes: refused("kept") }, NOW);
    for (let each = 2; each < 500; each++) {
      const keys = at(each, keyOf(`k${each}`, { rpm: 60 }));
      const reply = gate.ask(requestOf(keys, now), NOW + each).reply;
      gate.settle(
        {
          keys,
          reports: [reportOf(reply?.leases[0]?.id ?? "", { requests_back: 1, slots_back: 1 })],
          outcomes: refused(`k${each}`),
        },
        NOW + each,
      );
    }
    expect([...gate.stored.keys()].toSorted()).toEqual(["k499", "kept"]);
    gate.settle(
      { keys: at(500, keyOf("last")), reports: [reportOf(lease?.id ?? "", { ended: 1, slots_back: 1 })] },
      NOW + 500,
    );
    gate.settle({ keys: at(501, keyOf("end")) }, NOW + 70_000);
    expect([...gate.stored.keys()]).toEqual([]);
  });
});
