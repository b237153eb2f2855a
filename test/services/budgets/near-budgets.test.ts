import { describe, expect, it } from "vitest";
import { createRandom } from "../../../load/proofs/gate-sim/random.ts";
import { WorldClock } from "../../../load/proofs/world/world-clock.ts";
import type { LoanAnswer, LoanQuestion } from "../../../src/domain/budgets/protocol/loan-messages.ts";
import { IsolatePlace } from "../../../src/domain/object-names.ts";
import { createNearBudgets } from "../../../src/services/budgets/near-budgets.ts";

const ANSWER: LoanAnswer = { granted: 10, keep_ms: 2_000, over: false, short: null };
const QUESTION: LoanQuestion = {
  loan: "a",
  scopes: ["tenant"],
  seq: 1,
  spent: 0,
  returned: 0,
  needs: [10],
  ahead: 0,
  life_ms: 900_000,
};

/** An isolate in Western Europe, and the objects that it asked. */
function isolateOf(branchAsk: () => Promise<LoanAnswer>) {
  const [asked, state] = [[] as string[], { now: 0 }];
  const place = new IsolatePlace(0);
  place.note({ continent: "EU", country: "DE", longitude: "8" });
  const deps = { now: () => state.now, defer: () => undefined, onFault: () => undefined };
  const named = (name: string) => ({
    ask: async () => Promise.resolve(ANSWER).finally(() => asked.push(`root ${name}`)),
    branchAsk: async () => branchAsk().finally(() => asked.push(`branch ${name}`)),
  });
  const lenderOf = createNearBudgets(deps, { place, largeTenants: new Set(["ten_large"]), named });
  return { asked, state, lenderOf };
}

describe("the budgets that an isolate asks for money", () => {
  it("are the branch of its region for a large tenant, and the tenant's own object for others", async () => {
    const { asked, lenderOf } = isolateOf(async () => Promise.resolve(ANSWER));
    await lenderOf("ten_large").ask(QUESTION);
    await lenderOf("ten_small").ask(QUESTION);
    expect(asked).toEqual(["branch ten_large/weur-0", "root ten_small"]);
  });

  it("are the root where the object runs a version without branches, at once", async () => {
    const missing = new TypeError('The RPC receiver does not implement the method "branchAsk".');
    const { asked, lenderOf } = isolateOf(async () => Promise.reject(missing));
    expect(await lenderOf("ten_large").ask(QUESTION)).toEqual(ANSWER);
    await lenderOf("ten_large").ask(QUESTION);
    expect(asked).toEqual(["branch ten_large/weur-0", "root ten_large", "root ten_large"]);
  });

  it("are the root for five seconds where the branch failed three times in a row", async () => {
    const { asked, state, lenderOf } = isolateOf(async () => Promise.reject(new Error("away")));
    for (let n = 0; n < 3; n++) await expect(lenderOf("ten_large").ask(QUESTION)).rejects.toThrow("away");
    await lenderOf("ten_large").ask(QUESTION);
    state.now = 5_000;
    await expect(lenderOf("ten_large").ask(QUESTION)).rejects.toThrow("away");
    expect(asked.map((each) => each.split(" ")[0])).toEqual(["branch", "branch", "branch", "root", "branch"]);
  });

  it("are the root where the branch was silent three times, and its late answer is taken", async () => {
    const clock = new WorldClock();
    const restore = clock.install(createRandom(1));
    try {
      const silent = async () => clock.sleep(9_000).then(() => ({ ...ANSWER, granted: 77 }));
      const { asked, lenderOf } = isolateOf(silent);
      const first = lenderOf("ten_large").ask(QUESTION);
      for (let seq = 2; seq <= 3; seq++) void lenderOf("ten_large").ask({ ...QUESTION, seq });
      await clock.runUntil(2_500);
      await lenderOf("ten_large").ask(QUESTION);
      expect(asked).toEqual(["root ten_large"]);
      await clock.runUntil(10_000);
      expect((await first).granted).toBe(77);
    } finally {
      restore();
    }
  });
});
