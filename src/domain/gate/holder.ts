import type { Lane } from "../lane.ts";
import { createDemand, type Demand } from "./demand.ts";
import type { AcquireReply, AcquireRequest, Lease, LeaseReport } from "./types.ts";

/** The right to make one call: with which key, and out of which lease. */
export interface Permit {
  key: string;
  model: string;
  lane: Lane;
  lease: string;
  tokens: number;
  probe: boolean;
}

/** A lease in a Worker's hands. `version` moves with everything that the gate should be told, `told` is where it was told last. */
interface Held {
  lease: Lease;
  expires_at: number;
  requests: number;
  tokens: number;
  free: number;
  in_use: number;
  closed: boolean;
  used_by: number;
  report: LeaseReport;
  version: number;
  told: number;
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

/** Permits that no call takes are given back after so many ms, and so is concurrency that others wait for. */
const IDLE_MS = 500;
/** What nobody waits for is told after so many ms at the latest, or with the next question to the gate. */
const SETTLE_MS = 3_000;

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
  /** Gives a key's unused permits back. */
  drop(key: string, now: number, model?: string): void;
  /** What the gate has not been told; leases that are used up, idle or over are closed first. `confirm` it once it has been told. */
  reports(now: number): LeaseReport[];
  confirm(reports: readonly LeaseReport[]): void;
  /** When there will be something to tell that others wait for, epoch ms; null while nothing is held. */
  dueAt(): number | null;
}

/** An empty holder. */
export function createHolder(): Holder {
  const pools = new Map<string, Pool>();
  const byLease = new Map<string, Held>();
  const sending = new WeakMap<LeaseReport, number>();
  let tellBy: number | null = null;

  function poolOf(model: string, lane: Lane): Pool {
    const name = `${lane}/${model}`;
    let pool = pools.get(name);
    if (!pool) pools.set(name, (pool = { held: [], demand: createDemand() }));
    return pool;
  }

  function changed(held: Held, now: number): void {
    held.version += 1;
    const by = now + (held.lease.scarce ? IDLE_MS : SETTLE_MS);
    tellBy = tellBy === null ? by : Math.min(tellBy, by);
  }

  function close(held: Held, now: number): void {
    if (held.closed) return;
    held.closed = true;
    const { lease, report } = held;
    if (lease.requests !== null) report.requests_back += held.requests;
    if (lease.tokens !== null) report.tokens_back += held.tokens;
    report.slots_back += held.free;
    Object.assign(held, { requests: 0, tokens: 0, free: 0 });
    changed(held, now);
    const pool = poolOf(lease.model, lease.lane);
    pool.held = pool.held.filter((other) => other !== held);
  }

  /** Slots that others may wait for and that the calls of late would not have filled. */
  function giveSpareBack(held: Held, now: number): void {
    const pool = poolOf(held.lease.model, held.lease.lane);
    const inUse = pool.held.reduce((sum, { in_use }) => sum + in_use, 0);
    const spare = held.free - Math.max(0, pool.demand.expect(now).at_a_time - inUse);
    if (spare < 1 || held.free < 1) return;
    const back = Math.min(spare, held.free);
    held.free -= back;
    held.report.slots_back += back;
    held.version += 1;
    if (held.free === 0 && held.in_use === 0) close(held, now);
  }

  function release(held: Held, now: number): void {
    held.in_use -= 1;
    changed(held, now);
    if (held.closed) held.report.slots_back += 1;
    else held.free += 1;
  }

  return {
    expect: (model, lane, now) => poolOf(model, lane).demand.ask(now),
    take({ model, lane, tokens, avoid }, now) {
      const held = poolOf(model, lane).held.find((each) => fits(each, tokens, now) && !avoid.includes(each.lease.key));
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
        const { requests, tokens, slots, life_ms } = lease;
        const held: Held = {
          lease,
          expires_at: askedAt + reply.held_ms + life_ms,
          requests: requests ?? Infinity,
          tokens: tokens ?? Infinity,
          free: slots,
          in_use: 0,
          closed: false,
          used_by: 0,
          report: emptyReport(lease.id),
          version: 0,
          told: 0,
        };
        byLease.set(lease.id, held);
        poolOf(lease.model, lease.lane).held.push(held);
        if (held.expires_at <= now) close(held, now);
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
    drop(key, now, model) {
      for (const held of byLease.values()) {
        if (held.lease.key === key && (model === undefined || held.lease.model === model)) close(held, now);
      }
    },
    reports(now) {
      const told: LeaseReport[] = [];
      tellBy = null;
      for (const held of byLease.values()) {
        const { demand } = poolOf(held.lease.model, held.lease.lane);
        const usedUp = held.requests < 1;
        const idle = held.in_use === 0 && isCounted(held.lease) && demand.idleFor(now) >= IDLE_MS;
        if (usedUp || idle || held.expires_at <= now) close(held, now);
        else if (held.lease.scarce && !isCounted(held.lease)) giveSpareBack(held, now);
        if (held.version === held.told) continue;
        const report = { ...held.report, used_ago_ms: now - held.used_by };
        sending.set(report, held.version);
        told.push(report);
      }
      return told;
    },
    dueAt() {
      const over = [...byLease.values()].flatMap((held) =>
        held.closed ? [] : held.expires_at + (held.lease.scarce ? 0 : SETTLE_MS),
      );
      const due = Math.min(tellBy ?? Infinity, ...over);
      return due === Infinity ? null : due;
    },
    confirm(reports) {
      for (const report of reports) {
        const held = byLease.get(report.lease);
        if (!held) continue;
        held.told = Math.max(held.told, sending.get(report) ?? 0);
        if (held.closed && held.in_use === 0 && held.told === held.version) byLease.delete(report.lease);
      }
    },
  };
}

function fits({ requests, tokens, free, expires_at }: Held, needed: number, now: number): boolean {
  return requests >= 1 && free >= 1 && tokens >= needed && now < expires_at;
}

/** Whether keeping the lease keeps something from others. */
function isCounted(lease: Lease): boolean {
  return lease.requests !== null || lease.tokens !== null || lease.probe;
}

function emptyReport(lease: string): LeaseReport {
  return { lease, ended: 0, reserved: 0, spent: 0, requests_back: 0, tokens_back: 0, slots_back: 0, used_ago_ms: 0 };
}
