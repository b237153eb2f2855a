import { describe, expect, it } from "vitest";
import type { ListedExecution } from "../../load/harness/batch-client.ts";
import type { CallRecord } from "../../load/mock/call-record.ts";
import { MODELS } from "../../load/proofs/records/forms.ts";
import { describeKills, faultsOf, type KilledLoad } from "../../load/proofs/records/kills-verdict.ts";

const KILLED_AT = 10_000;

const record = (id: string, model: string, status = "succeeded"): ListedExecution => ({
  id,
  status,
  model,
  cached: false,
  cost_usd: 0,
});
const call = (body: string, model: string, at: number) =>
  ({ body_sha256: body, model, at, ended_at: at + 150 }) as CallRecord;

/** Two whole answers and one under a key, all on record. */
function soundLoad(): KilledLoad {
  const told = () =>
    new Map([
      ["a", "whole"],
      ["b", "whole"],
      ["k", "keyed"],
    ]);
  return {
    callers: { answered: told(), heard: told(), failed: new Map() },
    killedAt: [KILLED_AT],
    calls: [call("1", MODELS.direct, 0), call("2", MODELS.direct, 50), call("3", MODELS.keyed, 100)],
    records: [record("a", MODELS.direct), record("b", MODELS.direct, "unknown"), record("k", MODELS.keyed)],
  };
}

describe("the verdict on a load under kills", () => {
  it("has no faults where all that was answered and paid is on record", () => {
    expect(faultsOf(soundLoad())).toEqual([]);
  });

  it("counts the answers of each form that are not on record, and the calls without one", () => {
    const load = soundLoad();
    const lost = { ...load, records: load.records.filter(({ id }) => id !== "b") };
    expect(faultsOf(lost)).toEqual([
      "whole: 1 answered executions are not on record: b",
      "whole: 1 heard executions are not on record: b",
      "direct: 2 requests were paid and 1 are on record",
    ]);
    expect(describeKills(lost)).toMatch(/^whole +2 +1 +1 +0$/m);
    expect(describeKills(load)).toMatch(/^whole +2 +2 +0 +1$/m);
  });

  it("finds an execution that is on record twice", () => {
    const load = soundLoad();
    expect(faultsOf({ ...load, records: [...load.records, record("a", MODELS.direct)] })).toEqual([
      "1 executions are on record twice",
    ]);
  });

  it("allows a second call only where a kill cut the first one off", () => {
    const load = soundLoad();
    const again = (at: number) => faultsOf({ ...load, calls: [...load.calls, call("9", MODELS.keyed, at)] });
    const twice = (first: number) => [call("3", MODELS.keyed, first), call("3", MODELS.keyed, 20_000)];
    expect(faultsOf({ ...load, calls: twice(KILLED_AT - 100) })).toEqual([]);
    expect(faultsOf({ ...load, calls: twice(1_000) })).toEqual([
      "keyed: 1 requests were paid again though no kill cut them off",
    ]);
    expect(again(200)).toEqual(["keyed: 2 requests were paid and 1 are on record"]);
  });
});
