import { Gate, type StoredGate } from "../../src/domain/gate/authority/gate.ts";
import { leaseTimes } from "../../src/domain/gate/authority/gate-settings.ts";
import type { AcquireReply, GateObject } from "../../src/domain/gate/protocol/messages.ts";

/**
 * The real gate in this process: what ProviderGate does, without storage. `calls` lists its calls.
 */
export function localGate(now: () => number, stored?: StoredGate): GateObject & { calls: string[] } {
  const gate = new Gate(
    {
      times: leaseTimes(2_000),
      strategy: "least_busy",
      concurrency: { execution: 100, test: 50 },
      epoch: "test",
      random: () => 0.5,
    },
    stored,
  );
  const waiting = new Map<string, (reply: AcquireReply) => void>();
  const calls: string[] = [];
  function drive(): void {
    gate.takeChanges();
    for (const [ticket, reply] of gate.takeReplies()) waiting.get(ticket)?.(reply);
    const next = gate.nextWake();
    if (next === null) return;
    const wake = () => {
      gate.wake(now());
      drive();
    };
    setTimeout(wake, Math.max(1, next - now())).unref();
  }
  return {
    calls,
    async acquire(request) {
      calls.push(`acquire ${request.lane} ${request.model}`);
      const reply = new Promise<AcquireReply>((resolve) =>
        waiting.set(gate.acquire(structuredClone(request), now()), resolve),
      );
      drive();
      return structuredClone(await reply);
    },
    async settle(settlement) {
      calls.push("settle");
      const renewed = gate.settle(structuredClone(settlement), now());
      drive();
      return renewed;
    },
    view: async (keys) => gate.view(keys, now()),
  };
}
