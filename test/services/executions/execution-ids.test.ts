import { describe, expect, it } from "vitest";
import { timeOfId } from "../../../src/domain/id.ts";
import { LEDGER_SHARES } from "../../../src/domain/ledger/ledger-messages.ts";
import { homeShareOf, shareOf } from "../../../src/domain/ledger/shares.ts";
import { ExecutionIds } from "../../../src/services/executions/execution-ids.ts";

/** The ids of an isolate whose own share is not the tenant's, and its clock. */
function setup(ownShare: number) {
  const clock = { now: 1_795_000_000_000 };
  const ids = new ExecutionIds({ now: () => clock.now, random: () => (ownShare + 0.5) / LEDGER_SHARES });
  return { clock, ids };
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
});
