import { describe, expect, it } from "vitest";
import { LEDGER_SHARES, type LedgerObject } from "../../src/domain/ledger/ledger-messages.ts";
import { TenantShares } from "../../src/storage/executions/tenant-shares.ts";
import { QueryCount } from "../../src/storage/query-count.ts";

/** A tenant's objects, of which some tell how many there are, and which of them were asked. */
function setup(notes: Record<number, number>) {
  const asked: number[] = [];
  let [under_way, most] = [0, 0];
  const shares = new TenantShares((_tenant, share) => ({ share }) as unknown as LedgerObject);
  const ask = async (ledger: LedgerObject) => {
    const { share } = ledger as unknown as { share: number };
    asked.push(share);
    most = Math.max(most, (under_way += 1));
    await Promise.resolve();
    under_way -= 1;
    const noted = notes[share];
    return { share, ...(noted !== undefined && { shares: noted }) };
  };
  const all = async () => (await shares.all("ten", ask)).map(({ share }) => share);
  const each = async () => {
    const taken: number[] = [];
    await shares.each("ten", ask, ({ share }) => taken.push(share));
    return taken;
  };
  return { all, each, asked, most: () => most, notes };
}

const upTo = (count: number) => Array.from({ length: count }, (_, share) => share);

describe("the objects of a tenant's ledger", () => {
  it("are eight, and no others are asked, where none tells of more", async () => {
    const { all, each, asked } = setup({});
    expect([await all(), await each()]).toEqual([upTo(LEDGER_SHARES), upTo(LEDGER_SHARES)]);
    expect(asked).toHaveLength(2 * LEDGER_SHARES);
  });

  it("are as many as the one says that tells of the most, and each is asked once", async () => {
    const { all, each, asked } = setup({ 2: 40, 5: 78 });
    expect((await all()).toSorted((a, b) => a - b)).toEqual(upTo(78));
    expect(asked).toHaveLength(78);
    expect((await each()).toSorted((a, b) => a - b)).toEqual(upTo(78));
  });

  it("are more once they are told of, also where fewer were known", async () => {
    const { all, notes } = setup({});
    await all();
    notes[7] = 20;
    expect(await all()).toHaveLength(20);
    notes[3] = 192;
    expect(await all()).toHaveLength(192);
    // What one isolate knows does not depend on who answers.
    delete notes[3];
    expect(await all()).toHaveLength(192);
  });

  it("count for the work that asks them", async () => {
    const { all, each } = setup({ 2: 40 });
    const count = new QueryCount();
    await count.during(async () => Promise.all([all(), each()]));
    expect(count.ledgerCalls).toBe(80);
  });

  it("are asked few at a time for long answers", async () => {
    const { each, most } = setup({ 0: 192 });
    await each();
    expect(most()).toBe(16);
  });
});
