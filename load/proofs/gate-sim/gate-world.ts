import type { Gate, GateChanges, StoredGate } from "../../../src/domain/gate/authority/gate.ts";
import { createGate, leaseTimes } from "../../../src/domain/gate/authority/gate.ts";
import type { LedgerLease } from "../../../src/domain/gate/authority/lease-ledger.ts";
import type { StoredKey } from "../../../src/domain/gate/authority/key-pool.ts";
import type { AcquireReply, AcquireRequest, Renewed, Settlement } from "../../../src/domain/gate/protocol/messages.ts";
import type { EventQueue } from "./event-queue.ts";
import type { Random } from "./random.ts";

/** A gate as its object would run it: stores each change before it answers, sleeps until its next wake, and can be evicted at any moment. */
export interface GateWorld {
  /** `answer` gets null where the gate was evicted while the wish waited. */
  acquire(request: AcquireRequest, answer: (reply: AcquireReply | null) => void): void;
  settle(settlement: Settlement): Renewed[];
  evict(): void;
  calls(): number;
  evictions(): number;
}

/** The gate's time at the start: a clock may be behind the simulation's, but none is before 1970. */
const EPOCH_MS = 1_000_000;

/** The gate's clock runs `skewMs` beside the simulation's; `concurrency` is its cap on calls at a time. */
export function createGateWorld(queue: EventQueue, random: Random, skewMs: number, concurrency: number): GateWorld {
  const disk = { keys: new Map<string, StoredKey>(), leases: new Map<string, LedgerLease>() };
  let waiting = new Map<string, (reply: AcquireReply | null) => void>();
  let calls = 0;
  let evictions = 0;
  let wakeAt: number | null = null;
  let gate = start();

  function start(): Gate {
    const stored = structuredClone({ keys: [...disk.keys.values()], leases: [...disk.leases.values()] });
    const settings = {
      times: leaseTimes(2_000),
      strategy: "least_busy" as const,
      concurrency: { execution: concurrency, test: 0 },
      epoch: `e${evictions}`,
    };
    return createGate({ ...settings, random: () => random.unit() }, stored satisfies StoredGate);
  }
  const now = () => EPOCH_MS + queue.now() + skewMs;

  function store({ keys, leases }: GateChanges): void {
    for (const key of keys) disk.keys.set(key.name, key);
    for (const [id, lease] of leases) {
      if (lease) disk.leases.set(id, { ...lease, told: { ...lease.told } });
      else disk.leases.delete(id);
    }
  }

  function drive(): void {
    store(gate.takeChanges());
    for (const [ticket, reply] of gate.takeReplies()) {
      const answer = waiting.get(ticket);
      waiting.delete(ticket);
      answer?.(reply);
    }
    const next = gate.nextWake();
    if (next === null || (wakeAt !== null && wakeAt <= next)) return;
    wakeAt = next;
    const own = gate;
    queue.after(Math.max(1, next - now()), () => {
      if (own !== gate) return;
      wakeAt = null;
      gate.wake(now());
      drive();
    });
  }

  return {
    acquire(request, answer) {
      calls += 1;
      waiting.set(gate.acquire(request, now()), answer);
      drive();
    },
    settle(settlement) {
      calls += 1;
      const renewed = gate.settle(settlement, now());
      drive();
      return renewed;
    },
    evict() {
      evictions += 1;
      const lost = waiting;
      waiting = new Map();
      wakeAt = null;
      gate = start();
      for (const answer of lost.values()) answer(null);
    },
    calls: () => calls,
    evictions: () => evictions,
  };
}
