import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { toEntry } from "../../src/domain/ledger/entry.ts";
import type { LedgerObject } from "../../src/domain/ledger/ledger-messages.ts";
import { DAY_MS } from "../../src/domain/ledger/periods.ts";
import { newIdIn } from "../../src/domain/ledger/shares.ts";
import { LedgerShare } from "../../src/storage/ledger/ledger-share.ts";
import { intentOf } from "../support/intent.ts";
import { recorded } from "../support/recorded.ts";

const NOW = Date.parse("2026-11-01T10:00:00Z");
const SETTINGS = { recentDays: 7, archiveDays: 0, maxBytes: 1e9 };
type Append = LedgerObject["append"];

/** A share over an object's storage, with a clock that the alarm can move, and one neighbour. */
function shareOver(storage: DurableObjectStorage, name: string, append: Append = async () => undefined) {
  const clock = { now: NOW, alarm: null as number | null };
  const open = () => {
    const share = new LedgerShare({
      name,
      storage,
      bucket: env.LEDGER_ARCHIVE,
      settings: SETTINGS,
      now: () => clock.now,
      setAlarm: async (at) => void (clock.alarm = at),
      ledgerOf: () => ({ append }),
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
});
