import { createHolder, type Permit } from "../../src/domain/gate/holder.ts";
import { type Answer, type Caller, createLine } from "../../src/domain/gate/line.ts";
import { createTally } from "../../src/domain/gate/tally.ts";
import type { KeyLimits } from "../../src/domain/gate/types.ts";
import type { EventQueue } from "./event-queue.ts";
import type { GateWorld } from "./gate-world.ts";
import type { Random } from "./random.ts";

/** A caller of the simulation: what it reserves and what its call will really take. */
export interface SimCaller extends Caller {
  spends: number;
  takes_ms: number;
}

/** What a simulated Worker meets: the gate behind a network, a provider behind another, and chances of loss. */
export interface WorkerDeps {
  queue: EventQueue;
  random: Random;
  gate: GateWorld;
  keys: KeyLimits[];
  /** One way to the gate, and to the provider, in ms. */
  toGate(): number;
  toProvider(): number;
  /** Probability that a message to or from the gate is lost. */
  loss: number;
  call(permit: Permit, caller: SimCaller, delay: number, ended: () => void): void;
  served(caller: SimCaller): void;
  refused(caller: SimCaller): void;
}

/** A Worker of the simulation. Its clock runs beside all others; a crash forgets all that it held. */
export interface WorkerWorld {
  arrive(caller: Omit<SimCaller, "since" | "deadline">, patienceMs: number): void;
  crash(): void;
  waiting(): number;
}

/** A Worker whose clock is `skewMs` off. */
export function createWorkerWorld(deps: WorkerDeps, skewMs: number): WorkerWorld {
  const { queue, random, gate } = deps;
  let holder = createHolder();
  let line = createLine<SimCaller>(holder);
  const tally = createTally();
  let life = 0;
  let flushAt: number | null = null;
  const now = () => queue.now() + skewMs;
  const lost = () => random.chance(deps.loss);

  /** Runs `then` unless the Worker has crashed since. */
  function later(ms: number, then: () => void): void {
    const own = life;
    queue.after(ms, () => own === life && then());
  }

  function start(caller: SimCaller, permit: Permit): void {
    deps.served(caller);
    const sentAt = now();
    const own = life;
    deps.call(permit, caller, deps.toProvider(), () => {
      if (own !== life) return;
      tally.passed(permit.key, permit.model, now() - sentAt, now() - sentAt);
      holder.end(permit, sentAt, caller.spends, now());
      settleAnswers(line.serve(now()));
      pump();
    });
  }

  function settleAnswers(answers: readonly Answer<SimCaller>[]): void {
    for (const answer of answers) {
      if ("permit" in answer) start(answer.caller, answer.permit);
      else deps.refused(answer.caller);
    }
  }

  function pump(): void {
    for (const wish of line.questions(now())) {
      const askedAt = now();
      const reports = holder.reports(now());
      const request = { ...wish, keys: deps.keys, reports, outcomes: tally.take() };
      const answered = (reply: Parameters<typeof line.answered>[1] | null) => {
        if (reply === null || lost()) {
          later(reply === null ? 20 : 1_000, () => (line.failed(wish), pump()));
          return;
        }
        later(deps.toGate(), () => {
          holder.confirm(reports);
          settleAnswers(line.answered(wish, reply, askedAt, now()));
          pump();
        });
      };
      if (lost()) later(1_000, () => (line.failed(wish), pump()));
      // The message is on its way whatever becomes of the Worker.
      else queue.after(deps.toGate(), () => gate.acquire(request, answered));
    }
    planFlush();
  }

  function planFlush(): void {
    const due = holder.dueAt();
    if (due === null || (flushAt !== null && flushAt <= due)) return;
    flushAt = due;
    later(Math.max(1, due - now()), () => {
      flushAt = null;
      const next = holder.dueAt();
      if (next !== null && next > now()) return planFlush();
      const reports = holder.reports(now());
      if (reports.length > 0 && !lost()) {
        queue.after(deps.toGate(), () => gate.settle({ reports, outcomes: tally.take() }));
        holder.confirm(reports);
      }
      planFlush();
    });
  }

  return {
    arrive(made, patienceMs) {
      const caller: SimCaller = { ...made, since: now(), deadline: now() + patienceMs };
      const permit = line.arrive(caller, now());
      if (permit) start(caller, permit);
      else later(patienceMs, () => line.leave(caller) && deps.refused(caller));
      pump();
    },
    crash() {
      life += 1;
      flushAt = null;
      holder = createHolder();
      line = createLine<SimCaller>(holder);
    },
    waiting: () => line.waiting(),
  };
}
