import { createGate, type Gate, leaseTimes, type StoredGate } from "../../../src/domain/gate/authority/gate.ts";
import type { LendingSettings } from "../../../src/domain/gate/authority/lender.ts";
import type {
  AcquireReply,
  AcquireRequest,
  DueCheck,
  KeyLimits,
  LeaseReport,
  ParkedKey,
  Renewed,
  Settlement,
} from "../../../src/domain/gate/protocol/messages.ts";

/** A key with the limits that a test names. */
export function keyOf(name: string, limits: Partial<KeyLimits> = {}): KeyLimits {
  return { name, version: 1, weight: 1, rpm: null, tpm: null, max_concurrency: null, ...limits };
}

/** A wish for one call, or as a test wants it. */
export function wishOf(keys: KeyLimits[], wish: Partial<AcquireRequest> = {}): AcquireRequest {
  const { waiting = 1 } = wish;
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
    stay_ms: wish.patience_ms ?? 30_000,
    hold_ms: 10_000,
    reports: [],
    outcomes: [],
    ...wish,
  };
}

/** A report with nothing in it yet. */
export function reportOf(lease: string, told: Partial<LeaseReport> = {}): LeaseReport {
  const none = { ended: 0, reserved: 0, spent: 0, requests_back: 0, tokens_back: 0, slots_back: 0, used_ago_ms: 0 };
  return { lease, ...none, ...told };
}

/** A gate with a disk: `restart` gives what an eviction leaves. */
export function gateWithDisk(settings: Partial<LendingSettings> = {}) {
  const disk = { keys: new Map<string, unknown>(), leases: new Map<string, unknown>() };
  const read = () =>
    structuredClone({ keys: [...disk.keys.values()], leases: [...disk.leases.values()] }) as StoredGate;
  const start = (from: StoredGate | undefined, epoch: string): Gate =>
    createGate(
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
  let gate = start(undefined, "e1");
  let answers = new Map<string, AcquireReply>();
  const parked: ParkedKey[] = [];
  let keys: KeyLimits[] = [];
  const checks: DueCheck[] = [];
  function drive(): void {
    const changes = gate.takeChanges();
    parked.push(...changes.parked);
    checks.push(...changes.checks);
    for (const key of changes.keys) disk.keys.set(key.name, structuredClone(key));
    for (const [id, lease] of changes.leases) {
      if (lease) disk.leases.set(id, structuredClone(lease));
      else disk.leases.delete(id);
    }
    for (const [ticket, reply] of gate.takeReplies()) answers.set(ticket, reply);
  }
  return {
    /** The answer, or undefined while the wish waits. */
    ask(request: AcquireRequest, now: number): { ticket: string; reply: AcquireReply | undefined } {
      keys = request.keys;
      const ticket = gate.acquire(request, now);
      drive();
      return { ticket, reply: answers.get(ticket) };
    },
    tell(told: Partial<Settlement>, now: number): Renewed[] {
      const nothing = { holder: "w1", keys, waiting: 0, renewals: [], reports: [], outcomes: [] };
      const renewed = gate.settle({ ...nothing, ...told }, now);
      drive();
      return renewed;
    },
    wake(now: number): void {
      gate.wake(now);
      drive();
    },
    /** Keys that were reported as parked, all so far. */
    parked,
    /** Checks that were asked for, all so far. */
    checks,
    answer: (ticket: string) => answers.get(ticket),
    view: (keys: KeyLimits[], now: number) => gate.view(keys, now),
    restart(): void {
      answers = new Map();
      lives += 1;
      gate = start(read(), `e${lives}`);
    },
  };
}

/** Calls that a reply allows. */
export function callsIn(reply: AcquireReply | undefined): number {
  return (reply?.leases ?? []).reduce((sum, { requests, slots }) => sum + (requests ?? slots), 0);
}
