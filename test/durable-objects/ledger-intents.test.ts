import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Execution } from "../../src/domain/executions/execution.ts";
import type { Intent } from "../../src/domain/executions/intent.ts";
import { fromRecord, toEntry } from "../../src/domain/ledger/entry.ts";
import { DAY_MS } from "../../src/domain/ledger/periods.ts";
import { newIdIn } from "../../src/domain/ledger/shares.ts";
import { LedgerIntents } from "../../src/storage/ledger/ledger-intents.ts";
import { LedgerJournal } from "../../src/storage/ledger/ledger-journal.ts";
import { LedgerSql } from "../../src/storage/ledger/ledger-sql.ts";
import { intentOf } from "../support/intent.ts";
import { recorded } from "../support/recorded.ts";

const NOW = Date.now();
const PAST = NOW - 60_000;
/** Five calls of 1,000 + 2,000 tokens of gpt-4o-mini. */
const WORST = 5 * (1_000 * 150 + 2_000 * 600);

const stubOf = (tenant: string, share = 0) => env.LEDGER.getByName(`${tenant}/${share}`);
type Stub = ReturnType<typeof stubOf>;

/** An intent whose record belongs to a share. */
const intentIn = (share: number, fields: Partial<Intent> = {}) => intentOf(newIdIn(share, NOW), NOW, fields);

const recordOf = ({ id, started_at }: Intent, changes: Partial<Execution> = {}) =>
  recorded({ id, created_at: started_at, ...changes });

async function find(stub: Stub, { id }: Intent): Promise<Execution | undefined> {
  const { records } = await stub.find([id]);
  return records.map(fromRecord)[0];
}

async function totals(stub: Stub): Promise<[number, number, number | null | undefined]> {
  const { rows, first_due } = await stub.usage({ from: NOW - DAY_MS, to: NOW + DAY_MS, group_by: [], limit: 1 });
  return [rows[0]?.executions ?? 0, rows[0]?.cost_nanousd ?? 0, first_due];
}

async function alarmOf(stub: Stub): Promise<number | null> {
  return runInDurableObject(stub, async (_ledger, { storage }) => storage.getAlarm());
}

async function slotsOf(stub: Stub): Promise<number> {
  return runInDurableObject(stub, async (_ledger, { storage }) =>
    Number(storage.sql.exec("select count(*) as n from journal").one()["n"]),
  );
}

describe("the intents of a ledger object", () => {
  it("are found by their executions until these are on record, the last of each, after an eviction, too", async () => {
    const tenant_id = "ten_found";
    const stub = stubOf(tenant_id);
    const [open, ended, retried] = [intentIn(0), intentIn(3), intentIn(0, { attempts: 1 })];
    await stub.intend({ tenant_id, due_at: NOW + DAY_MS, intents: [open, ended, retried] });
    await stub.intend({ tenant_id, due_at: NOW + DAY_MS, intents: [{ ...retried, attempts: 2 }] });
    await stub.append([toEntry(recordOf(ended, { attempts: 5 }))]);
    const ids = [open, ended, retried, intentIn(0)].map(({ id }) => id);
    expect(await stub.findIntents(ids)).toEqual([open, { ...retried, attempts: 2 }]);
    await evictDurableObject(stub);
    expect(await stub.findIntents(ids)).toEqual([open, { ...retried, attempts: 2 }]);
  });

  it("become unknown there when they are due without a record, and give way to one that comes late", async () => {
    const tenant_id = "ten_due";
    const stub = stubOf(tenant_id);
    const [lost, ended] = [intentIn(0), intentIn(0)];
    await stub.intend({ tenant_id, due_at: PAST, intents: [lost, ended] });
    await stub.append([toEntry(recordOf(ended, { cost_nanousd: 3 }))]);
    await runDurableObjectAlarm(stub);
    expect(await find(stub, lost)).toMatchObject({ status: "unknown", tenant_id, cost_nanousd: WORST, attempts: 5 });
    expect(await totals(stub)).toEqual([2, 3 + WORST, null]);
    for (let delivery = 0; delivery < 2; delivery++) {
      await stub.append([toEntry(recordOf(lost, { cost_nanousd: 7 }))]);
      await stub.intend({ tenant_id, due_at: PAST, intents: [lost] });
      await runDurableObjectAlarm(stub);
    }
    expect(await totals(stub)).toEqual([2, 10, null]);
  });

  it("are open until their records come, over evictions, as the answer to a usage query says", async () => {
    const tenant_id = "ten_open";
    const stub = stubOf(tenant_id);
    const [first, second] = [intentIn(0), intentIn(0)];
    const due = NOW + 100_000;
    await stub.intend({ tenant_id, due_at: due, intents: [first] });
    await stub.intend({ tenant_id, due_at: due + 5_000, intents: [second] });
    await evictDurableObject(stub);
    expect(await totals(stub)).toEqual([0, 0, due]);
    await stub.append([toEntry(recordOf(first))]);
    expect(await totals(stub)).toEqual([1, 1, due + 5_000]);
    await evictDurableObject(stub);
    expect(await totals(stub)).toEqual([1, 1, due + 5_000]);
    await evictDurableObject(stub);
    await stub.append([toEntry(recordOf(second))]);
    expect(await totals(stub)).toEqual([2, 2, null]);
  });

  it("take one written row a block and none to settle, and leave their rows to the next blocks", async () => {
    const written = await runInDurableObject(stubOf("ten_written"), async (_ledger, { storage }) => {
      const sql = new LedgerSql(storage);
      const records = new Map<string, string>();
      const open = () => {
        const journal = new LedgerJournal(sql);
        return {
          journal,
          intents: new LedgerIntents(journal, () => Array.from(records, ([id, record]) => ({ id, record }))),
        };
      };
      let { journal, intents } = open();
      const counts: number[] = [];
      for (let block = 0; block < 6; block++) {
        const before = sql.rowsWritten;
        const some = Array.from({ length: 20 }, () => intentIn(0));
        intents.open();
        const stored = { tenant_id: "ten_written", due_at: NOW, intents: some };
        intents.add(journal.write(stored, []), stored);
        const ends = some.map((intent) => recordOf(intent));
        for (const end of ends) records.set(end.id, JSON.stringify(end));
        intents.settle(ends);
        counts.push(sql.rowsWritten - before);
        if (block % 2 === 1) ({ journal, intents } = open());
      }
      return { counts, slots: sql.run("select slot from journal") };
    });
    expect(written).toEqual({ counts: [1, 1, 1, 1, 1, 1], slots: [{ slot: 0 }] });
  });

  it("move the alarm only to ring earlier, and none for what is settled", async () => {
    const tenant_id = "ten_alarm";
    const stub = stubOf(tenant_id);
    const [first, second] = [intentIn(0), intentIn(0)];
    const due = NOW + 100_000;
    await stub.intend({ tenant_id, due_at: due, intents: [first] });
    await stub.intend({ tenant_id, due_at: due + 60_000, intents: [second] });
    expect(await alarmOf(stub)).toBe(due);
    await stub.append([recordOf(first), recordOf(second)].map(toEntry));
    expect(await alarmOf(stub)).toBe(due);
    await runDurableObjectAlarm(stub);
    // What is left is the upkeep of the day.
    expect((await alarmOf(stub)) ?? 0).toBeGreaterThan(NOW + 6 * DAY_MS);
    expect(await totals(stub)).toEqual([2, 2, null]);
  });

  it("of a retry are not settled by an unknown end that counts fewer attempts", async () => {
    const tenant_id = "ten_retry";
    const stub = stubOf(tenant_id);
    const first = intentIn(0, { attempts: 1 });
    const retry = { ...first, attempts: 2 };
    await stub.intend({ tenant_id, due_at: PAST, intents: [first] });
    await stub.intend({ tenant_id, due_at: NOW + 100_000, intents: [retry] });
    await runDurableObjectAlarm(stub);
    expect(await find(stub, first)).toMatchObject({ status: "unknown", attempts: 1 });
    expect(await totals(stub)).toEqual([1, WORST / 5, NOW + 100_000]);
    await evictDurableObject(stub);
    expect(await totals(stub)).toEqual([1, WORST / 5, NOW + 100_000]);
    await stub.append([toEntry(recordOf(first, { attempts: 2 }))]);
    expect(await totals(stub)).toEqual([1, 1, null]);
  });

  it("that another share did not take become unknown in that one, unless they have ended", async () => {
    const tenant_id = "ten_foreign";
    const [own, other] = [stubOf(tenant_id, 3), stubOf(tenant_id, 4)];
    const [lost, ended] = [intentIn(3), intentIn(3)];
    await own.append([toEntry(recordOf(ended, { cost_nanousd: 3 }))]);
    await other.intend({ tenant_id, due_at: PAST, intents: [lost, ended] });
    await runDurableObjectAlarm(other);
    expect(await totals(own)).toEqual([2, 3 + WORST, null]);
    expect(await totals(other)).toEqual([0, 0, null]);
    await evictDurableObject(other);
    expect(await totals(other)).toEqual([0, 0, null]);
  });

  it("that can never be recorded keep no others away", async () => {
    const tenant_id = "ten_unfit";
    const stub = stubOf(tenant_id);
    const [unfit, fit] = [{ ...intentIn(0), id: "exe_0" }, intentIn(0)];
    await stub.intend({ tenant_id, due_at: PAST, intents: [unfit, fit] });
    await runDurableObjectAlarm(stub);
    expect(await find(stub, fit)).toMatchObject({ status: "unknown" });
    expect(await totals(stub)).toEqual([1, WORST, null]);
  });

  it("leave a bounded number of rows after a crowd of blocks", async () => {
    const tenant_id = "ten_crowd";
    const stub = stubOf(tenant_id);
    const crowd = Array.from({ length: 90 }, () => intentIn(0));
    for (const intent of crowd) await stub.intend({ tenant_id, due_at: NOW + 1_000, intents: [intent] });
    await stub.append(crowd.map((intent) => toEntry(recordOf(intent))));
    // One row more has the records, which are fresh.
    expect(await slotsOf(stub)).toBe(91);
    await runDurableObjectAlarm(stub);
    expect(await slotsOf(stub)).toBe(65);
  });
});
