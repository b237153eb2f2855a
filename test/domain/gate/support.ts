import { LANE_RULES } from "../../../src/domain/gate/lanes.ts";
import { Gate, type StoredGate } from "../../../src/domain/gate/authority/gate.ts";
import {
  adoptOldRows,
  type StoredKey,
  type StoredPart,
  type StoredRows,
} from "../../../src/domain/gate/authority/stored-part.ts";
import { type GateSettings, leaseTimes } from "../../../src/domain/gate/authority/gate-settings.ts";
import type { GateView } from "../../../src/domain/gate/protocol/gate-view.ts";
import type {
  AcquireReply,
  AcquireRequest,
  DueCheck,
  KeyLimits,
  Lease,
  LeaseReport,
  ParkedKey,
  Renewed,
  Settlement,
} from "../../../src/domain/gate/protocol/messages.ts";

/** The time at which most tests start, in epoch ms. */
export const NOW = 1_000_000;

/** A key with the limits that a test names. */
export function keyOf(name: string, limits: Partial<KeyLimits> = {}): KeyLimits {
  return { name, version: 1, weight: 1, rpm: null, tpm: null, max_concurrency: null, ...limits };
}

/** A request for one call, or as a test wants it. */
export function requestOf(keys: KeyLimits[], request: Partial<AcquireRequest> = {}): AcquireRequest {
  const { waiting = 1 } = request;
  return {
    holder: "w1",
    purpose: "execution",
    model: "m",
    lane: "standard",
    keys,
    avoid: [],
    waiting,
    requests: waiting,
    slots: waiting,
    first_tokens: 1,
    mean_tokens: 1,
    waited_ms: 0,
    patience_ms: 30_000,
    stay_ms: request.patience_ms ?? 30_000,
    hold_ms: 10_000,
    reports: [],
    outcomes: [],
    ...request,
  };
}

/** A report in which a test names what it is about. */
export function reportOf(lease: string, report: Partial<LeaseReport> = {}): LeaseReport {
  const none = { ended: 0, reserved: 0, spent: 0, requests_back: 0, tokens_back: 0, slots_back: 0, used_ago_ms: 0 };
  return { lease, ...none, ...report };
}

/** The calls that most leases are asked for: no longer than the standard lane's. */
export const KIND = { model: "m", lane: "standard", hold_ms: LANE_RULES.standard.timeout_ms } as const;

/** A lease of two requests and one slot, or as a test wants it. */
export function leaseOf(more: Partial<Lease> = {}): Lease {
  return {
    id: "l",
    key: "a",
    model: "m",
    lane: "standard",
    requests: 2,
    tokens: null,
    slots: 1,
    life_ms: 2_000,
    transit_ms: 3_000,
    probe: false,
    scarce: false,
    ...more,
  };
}

/** A reply with leases, or as a test wants it. */
export function replyWith(leases: Lease[], more: Partial<AcquireReply> = {}): AcquireReply {
  return { leases, refusal: null, held_ms: 0, wait_ms: 0, ...more };
}

/** A gate with a disk. `restart` builds it anew from the disk, as after an eviction. */
export function gateWithDisk(settings: Partial<GateSettings> = {}, stored: Partial<StoredRows> = {}) {
  const rows = { keys: [], leases: [], parts: [], ...stored };
  const adopted = adoptOldRows(rows);
  const keyRows = [...rows.keys, ...(adopted?.keys ?? [])];
  const disk = {
    keys: new Map<string, StoredKey>(keyRows.map((key) => [key.name, key])),
    parts: new Map<number, StoredPart>([...rows.parts, ...(adopted?.parts ?? [])].map((part) => [part.part, part])),
    configuration: null as StoredGate["configuration"] | null,
  };
  const writes = { configuration: 0, keys: 0, parts: 0 };
  // What is stored is JSON, which has no Infinity and no undefined.
  const read = () =>
    JSON.parse(
      JSON.stringify({ ...disk, keys: [...disk.keys.values()], parts: [...disk.parts.values()] }),
    ) as StoredGate;
  const start = (from: StoredGate, epoch: string): Gate =>
    new Gate(
      {
        times: leaseTimes(2_000),
        strategy: "least_busy",
        concurrency: { execution: 100, test: 50 },
        random: () => 0,
        ...settings,
        epoch,
      },
      from,
    );
  let lives = 1;
  let gate = start(read(), "e1");
  let replies = new Map<string, AcquireReply>();
  const parked: ParkedKey[] = [];
  let keys: KeyLimits[] = [];
  const checks: DueCheck[] = [];
  function drive(): void {
    const changes = gate.takeChanges();
    parked.push(...changes.parked);
    checks.push(...changes.checks);
    for (const key of changes.keys) disk.keys.set(key.name, structuredClone(key));
    for (const name of changes.forgotten) disk.keys.delete(name);
    if (changes.configuration) {
      disk.configuration = structuredClone(changes.configuration);
      writes.configuration += 1;
    }
    for (const part of changes.parts) disk.parts.set(part.part, structuredClone(part));
    writes.keys += changes.keys.length + changes.forgotten.length;
    writes.parts += changes.parts.length;
    for (const [ticket, reply] of gate.takeReplies()) replies.set(ticket, reply);
  }
  return {
    /** The reply, or undefined while the request is pending. */
    ask(request: AcquireRequest, now: number): { ticket: string; reply: AcquireReply | undefined } {
      keys = request.keys;
      const ticket = gate.acquire(request, now);
      drive();
      return { ticket, reply: replies.get(ticket) };
    },
    settle(settlement: Partial<Settlement>, now: number): Renewed[] {
      const nothing = { holder: "w1", keys, waiting: 0, renewals: [], reports: [], outcomes: [] };
      const renewed = gate.settle({ ...nothing, ...settlement }, now);
      drive();
      return renewed;
    },
    wake(now: number): void {
      gate.wake(now);
      drive();
    },
    /** All keys that were reported as parked so far. */
    parked,
    /** All checks that were asked for so far. */
    checks,
    replyTo: (ticket: string) => replies.get(ticket),
    view(shown: KeyLimits[], now: number): GateView {
      keys = shown;
      const view = gate.view(shown, now);
      drive();
      return view;
    },
    /** The rows of keys on the disk, by name. */
    stored: disk.keys,
    /** The rows of the ledger on the disk. */
    parts: disk.parts,
    /** The leases on the disk. */
    leases: () => [...disk.parts.values()].flatMap(({ leases }) => leases),
    /** How often rows were written. */
    writes,
    restart(): void {
      replies = new Map();
      lives += 1;
      gate = start(read(), `e${lives}`);
    },
  };
}

/** The calls that a reply allows. */
export function callsIn(reply: AcquireReply | undefined): number {
  return (reply?.leases ?? []).reduce((sum, { requests, slots }) => sum + (requests ?? slots), 0);
}
