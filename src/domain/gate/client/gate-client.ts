import { createHolder, type Holder } from "./lease-holder.ts";
import { type Answer, type Caller, createLine, type Line, type LineWish } from "./admission-queue.ts";
import { createTally, type Tally } from "./outcome-buffer.ts";
import type { AcquireReply, AcquireRequest, KeyLimits, Purpose, Renewed, Settlement } from "../protocol/messages.ts";

/** Bad news is told after so many ms, so that a burst of it is one call. */
const BAD_NEWS_MS = 50;

/** All that a Worker has of one gate: what it holds, who waits, how calls went, and the words in which it talks to the gate. */
export interface Desk<C extends Caller> {
  holder: Holder;
  line: Line<C>;
  tally: Tally;
  /** A wish as it goes to the gate, with all news. */
  question(wish: LineWish, keys: KeyLimits[], now: number): AcquireRequest;
  answered(question: AcquireRequest, wish: LineWish, reply: AcquireReply, askedAt: number, now: number): Answer<C>[];
  /** What is to be said now without a question: leases that should live on, and news that others wait for. Null where it may wait. */
  settlement(keys: KeyLimits[], now: number): Settlement | null;
  /** The gate's answer; null where none came. */
  settled(settlement: Settlement, answer: readonly Renewed[] | null, askedAt: number, now: number): void;
  /** When to look for a settlement, epoch ms; null while nothing is held. */
  dueAt(now: number): number | null;
}

/** An empty desk, for one purpose, with an id that no other has. */
export function createDesk<C extends Caller>(id: string, purpose: Purpose): Desk<C> {
  const holder = createHolder();
  const line = createLine<C>(holder);
  const tally = createTally();
  return {
    holder,
    line,
    tally,
    question(wish, keys, now) {
      holder.tidy(now);
      return { ...wish, holder: id, purpose, keys, reports: holder.reports(now), outcomes: tally.take() };
    },
    answered({ reports }, wish, reply, askedAt, now) {
      holder.confirm(reports);
      return line.answered(wish, reply, askedAt, now);
    },
    settlement(keys, now) {
      const news = holder.tidy(now);
      const renewals = holder.renewals((lease) => line.meanTokens(lease), now);
      if (!news && renewals.length === 0 && !tally.isUrgent()) return null;
      const told = { reports: holder.reports(now), outcomes: tally.take() };
      return { holder: id, keys, waiting: line.waiting(), renewals, ...told };
    },
    settled({ reports, renewals }, answer, askedAt, now) {
      if (answer) holder.confirm(reports);
      holder.renewed(renewals, answer, askedAt, now);
    },
    dueAt(now) {
      const due = Math.min(holder.dueAt() ?? Infinity, tally.isUrgent() ? now + BAD_NEWS_MS : Infinity);
      return due === Infinity ? null : due;
    },
  };
}
