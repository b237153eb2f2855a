import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { LoanQuestion } from "../../src/domain/budgets/protocol/loan-messages.ts";
import { newId } from "../../src/domain/id.ts";
import { AuditRepository } from "../../src/storage/audit/audit-repository.ts";
import { shards } from "../support/shards.ts";

const DAILY = { scope: "tenant", daily_nanousd: 1_000, monthly_nanousd: null, alerts: [0.5, 1] };
const stubOf = (name: string) => env.TENANT_BUDGETS.getByName(name);

function asks(more: Partial<LoanQuestion> = {}): LoanQuestion {
  const nothing = { spent: 0, returned: 0, needs: [], ahead: 0, life_ms: 900_000 };
  return { loan: "a", scopes: ["tenant"], seq: 1, ...nothing, ...more };
}

describe("TenantBudgets", () => {
  it("lends at most the limit to all that ask at once", async () => {
    const stub = stubOf("ten_at_once");
    await stub.change("tenant", DAILY);
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, n) => stub.ask(asks({ loan: `loan${n}`, needs: [30, 30] }))),
    );
    expect(answers.reduce((sum, { granted }) => sum + granted, 0)).toBe(990);
    expect(answers.at(-1)?.short).toMatchObject({ remaining: 10, unspent: 1_000 });
  });

  it("lends nothing twice over an eviction, and takes the report on a loan from before it", async () => {
    const stub = stubOf("ten_evicted");
    await stub.change("tenant", DAILY);
    await stub.ask(asks({ needs: [900] }));
    await evictDurableObject(stub);
    const again = stubOf("ten_evicted");
    expect((await again.ask(asks({ loan: "b", needs: [200] }))).granted).toBe(0);
    await again.ask(asks({ seq: 2, spent: 300, returned: 600 }));
    expect(await again.states()).toMatchObject([{ limit: 1_000, spent: 300, reserved: 0 }]);
    expect((await again.ask(asks({ loan: "b", seq: 2, needs: [700] }))).granted).toBe(700);
  });

  it("lends through a branch out of the one budget, and knows a loan by either way", async () => {
    const [root, branch] = [stubOf("ten_branched"), stubOf("ten_branched/weur-0")];
    await root.change("tenant", DAILY);
    expect((await branch.branchAsk(asks({ needs: [900] }))).granted).toBe(900);
    expect((await root.ask(asks({ loan: "b", needs: [200] }))).granted).toBe(0);
    await root.ask(asks({ seq: 2, spent: 300, returned: 600 }));
    expect((await branch.branchAsk(asks({ loan: "b", seq: 2, needs: [700] }))).granted).toBe(700);
    expect(await root.states()).toMatchObject([{ limit: 1_000, spent: 300, reserved: 700 }]);
  });

  it("lends nothing under the name of a branch, and passes nothing on under that of a tenant", async () => {
    await runInDurableObject(stubOf("ten_none/weur-0"), async (branch) => {
      await expect(branch.ask(asks({ needs: [1] }))).rejects.toThrow("no budgets");
      await expect(branch.askTogether([asks({ needs: [1] })])).rejects.toThrow("no budgets");
    });
    await runInDurableObject(stubOf("ten_none"), async (root) => {
      await expect(root.branchAsk(asks({ needs: [1] }))).rejects.toThrow("no branch");
    });
  });

  it("raises the alert of a loan that expires although nobody asks any more", async () => {
    const stub = stubOf("ten_unseen");
    await stub.change("tenant", DAILY);
    await stub.ask(asks({ needs: [600], life_ms: 0 }));
    expect(await stub.alerts()).toEqual([]);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await stub.alerts()).toMatchObject([{ scope: "tenant", threshold: 0.5, spent: 600 }]);
  });

  it("looks again after the life of a loan that is still in use", async () => {
    const stub = stubOf("ten_in_use");
    await stub.change("tenant", DAILY);
    await stub.ask(asks({ needs: [600], life_ms: 900_000 }));
    await runDurableObjectAlarm(stub);
    expect(await stub.alerts()).toEqual([]);
    const next = await runInDurableObject(stub, async (_object, { storage }) => storage.getAlarm());
    expect(next).toBeGreaterThan(Date.now() + 800_000);
  });

  it("keeps an alert once, over an eviction, too", async () => {
    const stub = stubOf("ten_alerted");
    await stub.change("tenant", DAILY);
    await stub.ask(asks({ needs: [600] }));
    await stub.ask(asks({ seq: 2, spent: 600 }));
    await evictDurableObject(stub);
    await stubOf("ten_alerted").ask(asks({ seq: 3, spent: 600 }));
    expect(await stubOf("ten_alerted").alerts()).toMatchObject([
      { scope: "tenant", window: "daily", threshold: 0.5, spent: 600 },
    ]);
  });

  it("adds the budgets of keys that it never heard of, and none that was removed", async () => {
    const stub = stubOf("ten_keys");
    const ofKey = { ...DAILY, scope: "key:k" };
    expect(await stub.budgets([ofKey])).toEqual([ofKey]);
    expect(await stub.change("key:k", { ...ofKey, daily_nanousd: 5 })).toBe(true);
    expect(await stub.budgets([ofKey])).toMatchObject([{ daily_nanousd: 5 }]);
    expect(await stub.change("key:k", null)).toBe(true);
    expect(await stub.budgets([ofKey])).toEqual([]);
  });

  it("writes a row for a loan that grows and for one that is settled, and none for a mere report", async () => {
    const stub = stubOf("ten_rows");
    await stub.change("tenant", DAILY);
    const rows = async () =>
      runInDurableObject(stub, (_budgets, { storage }) => storage.sql.exec("select loan from loans").toArray());
    await stub.ask(asks({ needs: [100] }));
    const first = await rows();
    await stub.ask(asks({ seq: 2, spent: 10 }));
    expect(await rows()).toEqual(first);
    await stub.ask(asks({ seq: 3, spent: 10, returned: 90 }));
    expect(await rows()).not.toEqual(first);
  });

  it("sends the entry of a change to the audit log, and what was not sent by its alarm, once", async () => {
    const id = newId("ten", Date.now());
    const stub = stubOf(id);
    const audit = new AuditRepository(shards);
    const entries = async () => (await audit.list(id, { limit: 10 })).data;
    const author = { actor: "root", request_id: "r" };
    await stub.change("tenant", null, author);
    await stub.change("tenant", DAILY);
    expect(await entries()).toEqual([]);
    await stub.change("tenant", { ...DAILY, daily_nanousd: 2_000 }, author);
    const limits = { monthly_usd: null, alerts: [0.5, 1] };
    const detail = { from: { daily_usd: 0.000001, ...limits }, to: { daily_usd: 0.000002, ...limits } };
    const first = { ...author, tenant_id: id, action: "budget.set", object: "budget:tenant", detail };
    expect(await entries()).toMatchObject([first]);
    const [sent] = await entries();
    const late = { ...first, id: newId("aud", Date.now() + 1_000), action: "budget.deleted" };
    await runInDurableObject(stub, (_, { storage }) => {
      const insert = "insert into unaudited values (?, ?)";
      for (const entry of [sent, late]) storage.sql.exec(insert, entry?.id, JSON.stringify(entry));
    });
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    const byAction = (await entries()).toSorted((a, b) => (a.action < b.action ? -1 : 1));
    expect(byAction).toMatchObject([late, first]);
    const left = await runInDurableObject(stub, (_, { storage }) =>
      storage.sql.exec("select id from unaudited").toArray(),
    );
    expect(left).toEqual([]);
  });
});
