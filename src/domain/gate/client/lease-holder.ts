import { type Lane, LANES } from "../../lane.ts";
import { createDemand, type Demand } from "./demand.ts";
import {
  close,
  fits,
  furtherCalls,
  giveBack,
  type Held,
  IDLE_MS,
  isCounted,
  liveOn,
  lookAt,
  mayLiveOn,
  newHeld,
  release,
  renewAt,
  SETTLE_MS,
} from "./held-lease.ts";
import type { AcquireReply, AcquireRequest, Lease, LeaseReport, Renewal, Renewed } from "../protocol/messages.ts";

/** The right to make one call: with which key, and out of which lease. */
export interface Permit {
  key: string;
  model: string;
  lane: Lane;
  lease: string;
  tokens: number;
  probe: boolean;
}

/** What a Worker wants for one model in one lane: how its callers wait for it and how its calls go. */
interface Pool {
  held: Held[];
  demand: Demand;
}

/** What a call needs of a permit. `avoid` names keys that will not do. */
export interface Need {
  model: string;
  lane: Lane;
  tokens: number;
  avoid: readonly string[];
}

/** A wish as a holder words it; who makes it adds the keys, the outcomes and how long its callers wait. */
export type Wish = Pick<AcquireRequest, "requests" | "slots">;

/**
 * A Worker's side of the gate: the leases that it holds for one tenant at one provider. Calls take permits out of them without asking the gate.
 * A lease's time is counted from before it was asked for, so that however long its answer travelled it never lives longer here than at the gate.
 */
export interface Holder {
  /** Notes a caller that comes, so that wishes follow the demand. */
  expect(model: string, lane: Lane, now: number): void;
  /** A permit for a call of so many tokens, or null where no lease has room for it. */
  take(need: Need, now: number): Permit | null;
  /** The call is over: sent at `sentAt`, it took `spent` tokens. */
  end(permit: Permit, sentAt: number, spent: number, now: number): void;
  /** The call was never sent. */
  cancel(permit: Permit, now: number): void;
  /** Takes a gate's answer in; `askedAt` is when it was asked. */
  receive(reply: AcquireReply, askedAt: number, now: number): void;
  /** What to ask for, with so many callers waiting. */
  wish(model: string, lane: Lane, waiting: number, now: number): Wish;
  /** Whether to ask before someone waits: what is held will not last. */
  runsLow(model: string, lane: Lane, now: number): boolean;
  /** Whether a call is under way whose slot, once free, will serve a caller of this lane. */
  turnsOver(model: string, lane: Lane): boolean;
  /** Gives a key's unused permits back. */
  drop(key: string, now: number, model?: string): void;
  /** Leases that should live on, where it is time to ask for one of them, by the tokens that a call of theirs needs. Each is under way until `renewed`. */
  renewals(tokensOf: (lease: Lease) => number, now: number): Renewal[];
  /** The gate's answer to these renewals, asked for at `askedAt`; null where none came. */
  renewed(asked: readonly Renewal[], answer: readonly Renewed[] | null, askedAt: number, now: number): void;
  /** Closes leases that are used up, idle or over, and gives back what others may wait for. Says whether the gate should hear of it now. */
  tidy(now: number): boolean;
  /** What the gate has not been told. `confirm` it once it has been told. */
  reports(now: number): LeaseReport[];
  confirm(reports: readonly LeaseReport[]): void;
  /** When to look for renewals and news, epoch ms; null while nothing is held. */
  dueAt(): number | null;
}

/** An empty holder. */
export function createHolder(): Holder {
  const pools = new Map<string, Pool>();
  const byLease = new Map<string, Held>();
  const sending = new WeakMap<LeaseReport, number>();

  function poolOf(model: string, lane: Lane): Pool {
    const name = poolName(model, lane);
    let pool = pools.get(name);
    if (!pool) pools.set(name, (pool = { held: [], demand: createDemand() }));
    return pool;
  }

  /** What other lanes were given serves the high lane, too: it would have to wait for the gate, and they can. */
  function usableBy(model: string, lane: Lane): Held[] {
    const lanes = lane === "high" ? LANES : [lane];
    return lanes.flatMap((own) => pools.get(poolName(model, own))?.held ?? []);
  }

  function end(held: Held, now: number): void {
    if (held.closed) return;
    close(held, now);
    const pool = poolOf(held.lease.model, held.lease.lane);
    pool.held = pool.held.filter((other) => other !== held);
  }

  /** Slots that others may wait for and that the calls of late would not have filled. */
  function giveSpareBack(held: Held, now: number): void {
    const pool = poolOf(held.lease.model, held.lease.lane);
    const inUse = pool.held.reduce((sum, { in_use }) => sum + in_use, 0);
    const spare = held.free - Math.max(0, pool.demand.expect(now).at_a_time - inUse);
    if (spare < 1 || held.free < 1) return;
    giveBack(held, Math.min(spare, held.free), now);
    if (held.free === 0 && held.in_use === 0) end(held, now);
  }

  return {
    expect: (model, lane, now) => poolOf(model, lane).demand.ask(now),
    take({ model, lane, tokens, avoid }, now) {
      const held = usableBy(model, lane).find((each) => fits(each, tokens, now) && !avoid.includes(each.lease.key));
      if (!held) return null;
      held.requests -= 1;
      held.tokens -= tokens;
      held.free -= 1;
      held.in_use += 1;
      const { id, key, probe } = held.lease;
      return { key, model, lane, lease: id, tokens, probe };
    },
    end(permit, sentAt, spent, now) {
      const held = byLease.get(permit.lease);
      if (!held) return;
      const { report } = held;
      report.ended += 1;
      report.reserved += permit.tokens;
      report.spent += spent;
      // An answer shows that the call had arrived; before one comes, only its sending bounds that.
      held.used_by = Math.max(held.used_by, Math.min(now, sentAt + held.lease.transit_ms));
      poolOf(permit.model, permit.lane).demand.took(now - sentAt);
      release(held, now);
    },
    cancel(permit, now) {
      const held = byLease.get(permit.lease);
      if (!held) return;
      if (held.closed) {
        if (held.lease.requests !== null) held.report.requests_back += 1;
        if (held.lease.tokens !== null) held.report.tokens_back += permit.tokens;
      } else {
        held.requests += 1;
        held.tokens += permit.tokens;
      }
      release(held, now);
    },
    receive(reply, askedAt, now) {
      for (const lease of reply.leases) {
        const held = newHeld(lease, askedAt + reply.held_ms + lease.life_ms, now);
        byLease.set(lease.id, held);
        poolOf(lease.model, lease.lane).held.push(held);
        if (held.expires_at <= now) end(held, now);
      }
    },
    wish(model, lane, waiting, now) {
      const { soon, at_a_time } = poolOf(model, lane).demand.expect(now);
      return { requests: waiting + soon, slots: waiting + at_a_time };
    },
    runsLow(model, lane, now) {
      const pool = poolOf(model, lane);
      const { soon } = pool.demand.expect(now);
      if (soon < 4) return false;
      const left = pool.held.filter((each) => each.expires_at > now + IDLE_MS / 2);
      return left.reduce((sum, { requests }) => sum + requests, 0) < soon / 4;
    },
    turnsOver: (model, lane) =>
      usableBy(model, lane).some(({ lease, in_use, leaving }) => lease.scarce && !lease.probe && in_use > leaving),
    drop(key, now, model) {
      for (const held of byLease.values()) {
        if (held.lease.key === key && (model === undefined || held.lease.model === model)) end(held, now);
      }
    },
    renewals(tokensOf, now) {
      const wanted = [...byLease.values()].filter((held) => mayLiveOn(held) && now < held.expires_at);
      if (!wanted.some((held) => renewAt(held) <= now)) return [];
      return wanted.map((held) => {
        held.renewal = "asked";
        const { lease, free, in_use } = held;
        const calls = (free + in_use) * poolOf(lease.model, lease.lane).demand.turns(lease.life_ms);
        return { lease: lease.id, ...furtherCalls(held, calls, tokensOf(lease)) };
      });
    },
    renewed(asked, answer, askedAt, now) {
      for (const { lease } of asked) {
        const held = byLease.get(lease);
        const more = answer?.find((each) => each.lease === lease);
        if (held) held.renewal = more ? "none" : "denied";
        if (held && more) liveOn(held, more, askedAt, now);
      }
    },
    tidy(now) {
      for (const held of byLease.values()) {
        const { lease, requests, in_use, renewal } = held;
        const { demand } = poolOf(lease.model, lease.lane);
        const usedUp = requests < 1 && renewal !== "asked" && !mayLiveOn(held);
        const idle = in_use === 0 && isCounted(lease) && demand.idleFor(now) >= IDLE_MS;
        if (usedUp || idle || held.expires_at <= now) end(held, now);
        else if (lease.scarce && !isCounted(lease)) giveSpareBack(held, now);
        if (held.look_at <= now) held.look_at = now + IDLE_MS;
      }
      return [...byLease.values()].some(({ tell_by }) => tell_by <= now);
    },
    reports(now) {
      return [...byLease.values()].flatMap((held) => {
        if (held.version === held.told) return [];
        const report = { ...held.report, used_ago_ms: now - held.used_by };
        sending.set(report, held.version);
        // Unless it is confirmed, it is told again.
        held.tell_by = now + SETTLE_MS;
        return [report];
      });
    },
    dueAt() {
      const due = Math.min(Infinity, ...[...byLease.values()].map(lookAt));
      return due === Infinity ? null : due;
    },
    confirm(reports) {
      for (const report of reports) {
        const held = byLease.get(report.lease);
        if (!held) continue;
        held.told = Math.max(held.told, sending.get(report) ?? 0);
        if (held.told < held.version) continue;
        held.tell_by = Infinity;
        if (held.closed && held.in_use === 0) byLease.delete(report.lease);
      }
    },
  };
}

function poolName(model: string, lane: Lane): string {
  return `${lane}/${model}`;
}
