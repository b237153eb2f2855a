import { createDesk } from "../../../src/domain/gate/client/gate-client.ts";
import type { Permit } from "../../../src/domain/gate/client/lease-holder.ts";
import type { Answer, Caller } from "../../../src/domain/gate/client/admission-queue.ts";
import type { AcquireReply, KeyLimits, Renewed } from "../../../src/domain/gate/protocol/messages.ts";
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
  const newDesk = () => createDesk<SimCaller>(`w${random.unit()}`, "execution");
  let desk = newDesk();
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
      desk.tally.passed(permit.key, permit.model, now() - sentAt, now() - sentAt);
      desk.holder.end(permit, sentAt, caller.spends, now());
      settleAnswers(desk.line.serve(now()));
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
    for (const wish of desk.line.questions(now())) {
      const askedAt = now();
      const question = desk.question(wish, deps.keys, askedAt);
      const failed = () => (desk.line.failed(wish), pump());
      const answered = (reply: AcquireReply | null) => {
        if (reply === null || lost()) return later(reply === null ? 20 : 1_000, failed);
        later(deps.toGate(), () => {
          settleAnswers(desk.answered(question, wish, reply, askedAt, now()));
          pump();
        });
      };
      if (lost()) later(1_000, failed);
      // The message is on its way whatever becomes of the Worker.
      else queue.after(deps.toGate(), () => gate.acquire(question, answered));
    }
    planFlush();
  }

  function planFlush(): void {
    const due = desk.dueAt(now());
    if (due === null || (flushAt !== null && flushAt <= due)) return;
    flushAt = due;
    later(Math.max(1, due - now()), () => {
      if (flushAt !== due) return;
      flushAt = null;
      flush();
      planFlush();
    });
  }

  function flush(): void {
    const askedAt = now();
    const settlement = desk.settlement(deps.keys, askedAt);
    if (settlement === null) return;
    const settled = (answer: Renewed[] | null) => {
      desk.settled(settlement, answer, askedAt, now());
      settleAnswers(desk.line.serve(now()));
      pump();
    };
    if (lost()) return later(1_000, () => settled(null));
    queue.after(deps.toGate(), () => {
      const answer = gate.settle(settlement);
      if (lost()) later(1_000, () => settled(null));
      else later(deps.toGate(), () => settled(answer));
    });
  }

  return {
    arrive(made, patienceMs) {
      const caller: SimCaller = { ...made, since: now(), deadline: now() + patienceMs };
      const permit = desk.line.arrive(caller, now());
      if (permit) start(caller, permit);
      else later(patienceMs, () => desk.line.leave(caller) && deps.refused(caller));
      pump();
    },
    crash() {
      life += 1;
      flushAt = null;
      desk = newDesk();
    },
    waiting: () => desk.line.waiting(),
  };
}
