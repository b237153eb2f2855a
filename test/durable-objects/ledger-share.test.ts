import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { toEntry } from "../../src/domain/ledger/entry.ts";
import type { LedgerObject, SharesNote } from "../../src/domain/ledger/ledger-messages.ts";
import { DAY_MS } from "../../src/domain/ledger/periods.ts";
import { newIdIn, newIdNaming } from "../../src/domain/ledger/shares.ts";
import { LedgerShare } from "../../src/storage/ledger/ledger-share.ts";
import { intentOf } from "../support/intent.ts";
import { recorded } from "../support/recorded.ts";

const NOW = Date.parse("2026-11-01T10:00:00Z");
const SETTINGS = { recentDays: 7, archiveDays: 0, maxBytes: 1e9 };
type Append = LedgerObject["append"];

type Widen = LedgerObject["widen"];
const takesAll = async () => undefined;

/** A share over an object's storage, with a clock that the alarm can move, and one neighbour. */
function shareOver(
  storage: DurableObjectStorage,
  name: string,
  append: Append = takesAll,
  widen: (share: number, ...of: Parameters<Widen>) => Promise<void> = takesAll,
) {
  const clock = { now: NOW, alarm: null as number | null };
  const open = () => {
    const share = new LedgerShare({
      name,
      storage,
      bucket: env.LEDGER_ARCHIVE,
      settings: SETTINGS,
      now: () => clock.now,
      setAlarm: async (at) => void (clock.alarm = at),
      ledgerOf: (_tenant, share) => ({ append, widen: async (...of) => widen(share, ...of) }),
      onFault: () => undefined,
      append_within_ms: 1,
    });
    share.restoreAlarm(clock.alarm);
    return share;
  };
  const firstDue = (share: LedgerShare) =>
    share.usage({ from: clock.now - DAY_MS, to: clock.now, group_by: [], limit: 1 }).first_due;
  return { clock, open, firstDue };
}

const within = async <T>(name: string, work: (storage: DurableObjectStorage) => Promise<T>) =>
  runInDurableObject(env.LEDGER.getByName(name), async (_ledger, { storage }) => work(storage));

describe("a share of the ledger", () => {
  it("does not take intents for open again whose records are in R2 only, after an eviction", async () => {
    const name = "ten_share_archived/0";
    const seen = await within(name, async (storage) => {
      const { clock, open, firstDue } = shareOver(storage, name);
      const id = newIdIn(0, NOW);
      let share = open();
      await share.intend({ tenant_id: "ten_share_archived", due_at: NOW + 480_000, intents: [intentOf(id, NOW)] });
      await share.append([toEntry(recorded({ id, created_at: NOW }))]);
      while (clock.now < NOW + 10 * DAY_MS && clock.alarm !== null) {
        [clock.now, clock.alarm] = [clock.alarm, null];
        share = open();
        await share.ring();
      }
      const states = share.book.days.all().map(({ state }) => state);
      return { states, first_due: firstDue(open()) };
    });
    expect(seen).toEqual({ states: ["archived"], first_due: null });
  });

  it("resolves its own intents while another share hangs, and later those of that one", async () => {
    const [tenant_id, name] = ["ten_share_hanging", "ten_share_hanging/4"];
    const seen = await within(name, async (storage) => {
      const taken: string[] = [];
      let isHanging = true;
      const { clock, open, firstDue } = shareOver(storage, name, async (entries) => {
        if (isHanging) return new Promise<void>(() => undefined);
        taken.push(...entries.map(({ id }) => id));
        return undefined;
      });
      const share = open();
      const others = Array.from({ length: 150 }, () => intentOf(newIdIn(3, NOW), NOW));
      for (const intent of others) await share.intend({ tenant_id, due_at: NOW, intents: [intent] });
      const own = intentOf(newIdIn(4, NOW), NOW);
      await share.intend({ tenant_id, due_at: NOW, intents: [own] });
      const ring = async () => {
        await share.ring();
        clock.now = Math.max(clock.now, clock.alarm ?? 0);
      };
      await ring();
      await ring();
      const { records } = await share.book.find([own.id]);
      const pause = clock.now - NOW;
      isHanging = false;
      await ring();
      await ring();
      return { records: records.length, pause, taken: new Set(taken).size, first_due: firstDue(share) };
    });
    expect(seen).toEqual({ records: 1, pause: 120_000, taken: 150, first_due: null });
  });

  it("records what has ended along with the intents of what begins", async () => {
    const [tenant_id, name] = ["ten_share_both", "ten_share_both/2"];
    const [ended, begun] = [newIdIn(2, NOW), newIdIn(2, NOW)];
    const seen = await within(name, async (storage) => {
      const { open, firstDue } = shareOver(storage, name);
      const share = open();
      await share.intend({ tenant_id, due_at: NOW + 1_000, intents: [intentOf(ended, NOW)] });
      const block = { tenant_id, due_at: NOW + 2_000, intents: [intentOf(begun, NOW)] };
      const answer = await share.intend(block, [toEntry(recorded({ id: ended, created_at: NOW }))]);
      const { records } = await open().book.find([ended, begun]);
      return { answer, records: records.length, first_due: firstDue(share), after_eviction: firstDue(open()) };
    });
    expect(seen).toEqual({ answer: "recorded", records: 1, first_due: NOW + 2_000, after_eviction: NOW + 2_000 });
  });

  it("beyond the eighth tells one of those that it is there, once, before it takes anything", async () => {
    const [tenant_id, name] = ["ten_share_many", "ten_share_many/77"];
    const seen = await within(name, async (storage) => {
      const told: number[][] = [];
      let isDown = true;
      const { open, firstDue } = shareOver(storage, name, takesAll, async (...of) => {
        told.push(of);
        if (isDown) throw new Error("down");
      });
      const block = { tenant_id, due_at: NOW + 1_000, intents: [intentOf(newIdNaming(77, NOW), NOW)] };
      const refused = await open()
        .intend(block)
        .then(
          () => false,
          () => true,
        );
      const open_intents = firstDue(open());
      isDown = false;
      const share = open();
      await share.intend(block);
      await share.append([toEntry(recorded({ id: newIdNaming(77, NOW), created_at: NOW }))]);
      await open().append([toEntry(recorded({ id: newIdNaming(77, NOW), created_at: NOW }))]);
      return { refused, open_intents, told };
    });
    const wanted = [5, 78];
    expect(seen).toEqual({ refused: true, open_intents: null, told: [wanted, wanted] });
  });

  it("tells all who read of the most objects that it was told of, after an eviction too", async () => {
    const name = "ten_share_told/5";
    const seen = await within(name, async (storage) => {
      const { open } = shareOver(storage, name);
      const read = async () => {
        const share = open();
        const hours = { from: 0, to: 1 };
        const failures = share.failures({ prompt: "p", label: "l", ...hours, limit: 1, as_summary: true });
        return [
          await share.list({ limit: 1 }),
          share.usage({ ...hours, group_by: [], limit: 1 }),
          share.calls(hours),
          share.insights(hours),
          Array.isArray(failures) ? {} : failures,
        ].map(({ shares }: SharesNote) => shares);
      };
      const before = await read();
      const share = open();
      for (const shares of [13, 78, 14]) share.widen(shares);
      return {
        before,
        after: await read(),
        to_older: share.failures({ prompt: "p", label: "l", from: 0, to: 1, limit: 1 }),
      };
    });
    const of = (shares: number | undefined) => Array.from({ length: 5 }, () => shares);
    expect(seen).toEqual({ before: of(undefined), after: of(78), to_older: [] });
  });
});
