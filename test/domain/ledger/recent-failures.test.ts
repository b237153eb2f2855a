import { describe, expect, it } from "vitest";
import { RecentFailures } from "../../../src/domain/ledger/recent-failures.ts";

const of = { prompt: "greet", label: "production", version: 2, user: null, called: true, created_at: 0 };
const ALL = { prompt: "greet", label: "production", from: -1, to: 1e9, limit: 1e9 };

describe("the recent failures of a ledger object", () => {
  it("are told by label and by when they ended, the newest first and as many as asked for", () => {
    const failures = new RecentFailures();
    for (const at of [3, 1, 2]) failures.add({ ...of, id: `exe_${at}`, ended_at: at });
    failures.add({ ...of, label: "staging", id: "exe_4", ended_at: 2 });
    failures.add({ ...of, prompt: "other", id: "exe_5", ended_at: 2 });
    const ids = (query: Partial<typeof ALL>) => failures.find({ ...ALL, ...query }).map(({ id }) => id);
    expect(ids({})).toEqual(["exe_3", "exe_2", "exe_1"]);
    expect(ids({ from: 1, to: 2 })).toEqual(["exe_2"]);
    expect(ids({ limit: 1 })).toEqual(["exe_3"]);
  });

  it("forget one whose execution ended well after all, and all of them", () => {
    const failures = new RecentFailures();
    const failure = { ...of, id: "exe_1", ended_at: 1 };
    failures.add(failure);
    failures.remove(failure);
    expect(failures.find(ALL)).toEqual([]);
    failures.add(failure);
    failures.clear();
    expect(failures.find(ALL)).toEqual([]);
  });

  it("are bounded, and keep those that ended last", () => {
    const failures = new RecentFailures();
    for (let at = 0; at < 50_000; at++) failures.add({ ...of, id: `exe_${at}`, ended_at: at });
    const kept = failures.find(ALL);
    expect(kept.length).toBeLessThan(4_000);
    expect(kept.slice(0, 2_000).map(({ ended_at }) => ended_at)).toEqual(
      Array.from({ length: 2_000 }, (_, at) => 49_999 - at),
    );
  });
});
