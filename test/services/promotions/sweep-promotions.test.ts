import { describe, expect, it } from "vitest";
import type { PromotionDeps } from "../../../src/services/promotions/promotion-deps.ts";
import { sweepPromotions } from "../../../src/services/promotions/sweep-promotions.ts";
import { countLedgerCall } from "../../../src/storage/query-count.ts";

/** What the platform allows an invocation. */
const MOST_SUBREQUESTS = 10_000;
const MOST_STATEMENTS = 1_000;

/**
 * Promotions and labels of which all are due at first, and each of which takes so many calls of
 * ledger objects. Each sweep returns what it took up, and how many calls that were.
 */
function openWorld(calls: { promotion: number; label: number }) {
  let now = 0;
  let made = 0;
  let taken: string[] = [];
  const dueOf = (kind: string) => new Map(Array.from({ length: 80 }, (_, at) => [`${kind}-${at}`, -1]));
  const due = { promotions: dueOf("promotion"), labels: dueOf("label") };
  const listDue = (all: Map<string, number>) =>
    [...all].filter(([, at]) => at <= now).toSorted(([, a], [, b]) => a - b);
  const take = (all: Map<string, number>, id: string, count: number) => {
    all.set(id, now + 1);
    taken.push(id);
    for (let call = 0; call < count; call++) countLedgerCall();
    made += count;
  };
  const deps = {
    now: () => now,
    onError: (_event: string, _id: string, error: unknown) => {
      throw error;
    },
    promotions: {
      untold: async () => Promise.resolve([]),
      due: async () => Promise.resolve(listDue(due.promotions).map(([id]) => ({ tenant_id: "ten", id }))),
      claim: async ({ id }: { id: string }) => Promise.resolve(take(due.promotions, id, calls.promotion)),
      findEnded: async () => Promise.resolve(undefined),
    },
    protections: {
      dueCanaries: async () =>
        Promise.resolve(listDue(due.labels).map(([name]) => ({ tenant_id: "ten", name, label: "production" }))),
      claimCanary: async ({ name }: { name: string }) => Promise.resolve(take(due.labels, name, calls.label)),
    },
  } as unknown as PromotionDeps;
  return async () => {
    [made, taken] = [0, []];
    const { advanced } = await sweepPromotions(deps);
    now += 1;
    return { advanced, taken, calls: made };
  };
}

describe("a sweep of promotions and labels", () => {
  it("takes up all that are due where their tenants have ledgers of eight objects", async () => {
    const sweep = openWorld({ promotion: 72, label: 24 });
    const { advanced, taken } = await sweep();
    expect(advanced).toBe(42);
    expect(taken.filter((id) => id.startsWith("label"))).toHaveLength(80);
  });

  it("stays within an invocation's subrequests, and comes to all of a large tenant in turn", async () => {
    const sweep = openWorld({ promotion: 1_700, label: 576 });
    const seen = new Set<string>();
    for (let minute = 0; minute < 80; minute++) {
      const { taken, calls } = await sweep();
      expect(calls).toBeLessThan(MOST_SUBREQUESTS - MOST_STATEMENTS);
      // Labels are looked at however many promotions there are.
      expect(taken.filter((id) => id.startsWith("label")).length).toBeGreaterThan(3);
      for (const id of taken) seen.add(id);
    }
    expect(seen.size).toBe(160);
  });
});
