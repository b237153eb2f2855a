import { describe, expect, it } from "vitest";
import { timeOfId } from "../../../src/domain/id.ts";
import { LEDGER_SHARES } from "../../../src/domain/ledger/ledger-messages.ts";
import { homeShareOf, LARGE_LEDGER_SHARES, shareOf } from "../../../src/domain/ledger/shares.ts";
import { ExecutionIds } from "../../../src/services/executions/execution-ids.ts";

/** The ids of an isolate with a share of its own, of eight, and its clock. */
function setup(ownShare: number) {
  const clock = { now: 1_795_000_000_000 };
  const large = new Set<string>();
  const ids = new ExecutionIds({
    now: () => clock.now,
    random: () => (ownShare + 0.5) / LEDGER_SHARES,
    isLarge: (tenantId) => large.has(tenantId),
  });
  return { clock, ids, large };
}

describe("the ids of executions", () => {
  const home = homeShareOf("ten_a");
  const own = (home + 3) % LEDGER_SHARES;

  it("are all of the isolate's share while they are frequent", () => {
    const { clock, ids } = setup(own);
    ids.next("ten_a");
    const next = Array.from({ length: 50 }, () => {
      clock.now += 900;
      return ids.next("ten_a");
    });
    expect(new Set(next.map(shareOf))).toEqual(new Set([own]));
    expect(next.map(timeOfId)).toEqual(next.map((_, at) => clock.now - 900 * (49 - at)));
    expect(new Set(next).size).toBe(50);
  });

  it("are of the tenant's home share while they are rare, whatever the isolate", () => {
    const shares = [own, (home + 1) % LEDGER_SHARES].flatMap((each) => {
      const { clock, ids } = setup(each);
      return Array.from({ length: 20 }, () => {
        clock.now += 10_000;
        // Other tenants are frequent meanwhile.
        for (let other = 0; other < 3; other++) ids.next("ten_b");
        return shareOf(ids.next("ten_a"));
      });
    });
    expect(new Set(shares)).toEqual(new Set([home]));
  });

  it("name the isolate's own share of many for a large tenant, from the first one on", () => {
    const { clock, ids, large } = setup(own);
    large.add("ten_a");
    const first = ids.next("ten_a");
    clock.now += 3_600_000;
    const later = ids.next("ten_a");
    const wanted = Math.floor(((own + 0.5) / LEDGER_SHARES) * LARGE_LEDGER_SHARES);
    expect([first, later].map(shareOf)).toEqual([wanted, wanted]);
    expect([first, later].map(timeOfId)).toEqual([clock.now - 3_600_000, clock.now]);
  });

  it("are as before again once a tenant is no longer named as large", () => {
    const { ids, large } = setup(own);
    large.add("ten_a");
    ids.next("ten_a");
    large.delete("ten_a");
    expect([ids.next("ten_a"), ids.next("ten_a")].map(shareOf)).toEqual([home, own]);
  });
});
