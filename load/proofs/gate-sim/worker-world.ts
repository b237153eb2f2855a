import type { AdmissionResult } from "../../../src/domain/gate/client/admission-queue.ts";
import type { GateCaller } from "../../../src/domain/gate/client/caller-group.ts";
import { GateClient, type GateQuestion } from "../../../src/domain/gate/client/gate-client.ts";
import type { Permit } from "../../../src/domain/gate/client/permit.ts";
import type { AcquireReply, KeyLimits, Renewed } from "../../../src/domain/gate/protocol/messages.ts";
import type { EventQueue } from "./event-queue.ts";
import type { GateWorld } from "./gate-world.ts";
import type { Random } from "./random.ts";

/**
 * A simulated caller: what it reserves, and the tokens and the time that its call will take.
 * `aborts_after_ms` after it was sent, its Worker aborts it; Infinity for most calls.
 */
export interface SimCaller extends GateCaller {
  spends: number;
  takes_ms: number;
  aborts_after_ms: number;
}

/**
 * What surrounds a simulated Worker: the gate and a provider, each behind a network, and chances of
 * loss.
 */
export interface WorkerDeps {
  queue: EventQueue;
  random: Random;
  gate: GateWorld;
  keys: KeyLimits[];
  /** Calls at a time that a Worker makes without asking, where no key has a limit. */
  freeCalls: number;
  /** The time of one way to the gate, and to the provider, in ms. */
  toGate(): number;
  toProvider(): number;
  /** The probability that a message to or from the gate is lost. */
  loss: number;
  /** Makes a call that is `delay` ms on its way, and tells when it has ended here. */
  call(permit: Permit, caller: SimCaller, delay: number, ended: (isAborted: boolean) => void): void;
  served(caller: SimCaller): void;
  refused(caller: SimCaller): void;
}

/**
 * The time after which a Worker gives a lost message up, and after which it hears of an eviction,
 * in ms.
 */
const LOST_MS = 1_000;
const EVICTED_MS = 20;

/**
 * A simulated Worker. Its clock is `skewMs` off the simulation's, and a crash loses all that it
 * held.
 */
export class WorkerWorld {
  readonly #deps: WorkerDeps;
  readonly #skewMs: number;
  #client: GateClient<SimCaller>;
  #lives = 0;
  #flushAt: number | null = null;

  constructor(deps: WorkerDeps, skewMs: number) {
    this.#deps = deps;
    this.#skewMs = skewMs;
    this.#client = this.#newClient();
  }

  /** A caller comes, and waits for as long as its patience. */
  arrive(made: Omit<SimCaller, "since" | "deadline">, patienceMs: number): void {
    const caller: SimCaller = { ...made, since: this.#now(), deadline: this.#now() + patienceMs };
    const permit = this.#client.queue.arrive(caller, this.#now());
    if (permit) this.#startCall(caller, permit);
    else this.#later(patienceMs, () => this.#client.queue.leave(caller) && this.#deps.refused(caller));
    this.#askForLeases();
    if (this.#client.free?.takeLook(this.#now())) this.#look();
  }

  crash(): void {
    this.#lives += 1;
    this.#flushAt = null;
    this.#client = this.#newClient();
  }

  #now(): number {
    return this.#deps.queue.now() + this.#skewMs;
  }

  #newClient(): GateClient<SimCaller> {
    const { random, keys, freeCalls: most } = this.#deps;
    const free = { most, random: () => random.unit() };
    return new GateClient(`w${random.unit()}`, "execution", () => keys, free);
  }

  #isLost(): boolean {
    return this.#deps.random.chance(this.#deps.loss);
  }

  /** Runs `then` later, unless the Worker has crashed by then. */
  #later(ms: number, then: () => void): void {
    const life = this.#lives;
    this.#deps.queue.after(ms, () => life === this.#lives && then());
  }

  #startCall(caller: SimCaller, permit: Permit): void {
    this.#deps.served(caller);
    const sentAt = this.#now();
    const life = this.#lives;
    this.#deps.call(permit, caller, this.#deps.toProvider(), (isAborted) => {
      if (life !== this.#lives) return;
      const now = this.#now();
      const { holder, outcomes } = this.#client;
      if (isAborted) holder.abort(permit, sentAt, caller.tokens, now);
      else {
        outcomes.addPass(permit.key, permit.model, now - sentAt, now - sentAt);
        holder.end(permit, sentAt, caller.spends, now);
      }
      this.#settleCallers(this.#client.queue.serve(now));
      this.#askForLeases();
    });
  }

  #settleCallers(results: readonly AdmissionResult<SimCaller>[]): void {
    for (const result of results) {
      if ("permit" in result) this.#startCall(result.caller, result.permit);
      else this.#deps.refused(result.caller);
    }
  }

  #askForLeases(): void {
    for (const question of this.#client.questions(this.#now())) this.#ask(question);
    this.#planFlush();
  }

  #ask(question: GateQuestion): void {
    const lose = () => {
      this.#client.lose(question);
      this.#askForLeases();
    };
    const onReply = (reply: AcquireReply | null) => {
      if (reply === null) return this.#later(EVICTED_MS, lose);
      if (this.#isLost()) return this.#later(LOST_MS, lose);
      this.#later(this.#deps.toGate(), () => {
        this.#settleCallers(this.#client.receive(question, reply, this.#now()));
        this.#askForLeases();
      });
    };
    if (this.#isLost()) return this.#later(LOST_MS, lose);
    // The message arrives whether the Worker lives or not.
    this.#deps.queue.after(this.#deps.toGate(), () => this.#deps.gate.acquire(question.message, onReply));
  }

  #look(): void {
    const { queue, gate, keys } = this.#deps;
    if (this.#isLost()) return this.#later(LOST_MS, () => this.#client.free?.see(null));
    queue.after(this.#deps.toGate(), () => {
      const view = gate.view(keys);
      if (this.#isLost()) this.#later(LOST_MS, () => this.#client.free?.see(null));
      else this.#later(this.#deps.toGate(), () => this.#client.free?.see(view));
    });
  }

  #planFlush(): void {
    const due = this.#client.dueAt(this.#now());
    if (due === null || (this.#flushAt !== null && this.#flushAt <= due)) return;
    this.#flushAt = due;
    this.#later(Math.max(1, due - this.#now()), () => {
      if (this.#flushAt !== due) return;
      this.#flushAt = null;
      this.#flush();
      this.#planFlush();
    });
  }

  #flush(): void {
    const askedAt = this.#now();
    this.#client.holder.endVanished(askedAt);
    this.#settleCallers(this.#client.queue.serve(askedAt));
    const settlement = this.#client.settlement(askedAt);
    if (settlement === null) return;
    const settle = (answer: Renewed[] | null) => {
      this.#client.settle(settlement, answer, askedAt, this.#now());
      this.#settleCallers(this.#client.queue.serve(this.#now()));
      this.#askForLeases();
    };
    if (this.#isLost()) return this.#later(LOST_MS, () => settle(null));
    this.#deps.queue.after(this.#deps.toGate(), () => {
      const answer = this.#deps.gate.settle(settlement);
      if (this.#isLost()) this.#later(LOST_MS, () => settle(null));
      else this.#later(this.#deps.toGate(), () => settle(answer));
    });
  }
}
