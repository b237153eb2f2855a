import { BranchGate, type BranchSettings } from "../domain/gate/branch/branch-gate.ts";
import type { GateQuestion } from "../domain/gate/client/gate-client.ts";
import {
  type AcquireReply,
  type AcquireRequest,
  BRANCH_LEASE,
  type GateObject,
  type Renewed,
  type Settlement,
} from "../domain/gate/protocol/messages.ts";
import type { Clock } from "../lib/clock.ts";

/** What a {@link GateBranch} needs. */
export interface GateBranchDeps extends Clock, Pick<BranchSettings, "transit_ms" | "work"> {
  name: string;
  /** Unlike that of any other life of the object. */
  life: string;
  root(): Pick<GateObject, "acquire" | "settle">;
  onFault(event: string, error: unknown): void;
}

/** How long the root is not asked again after it did not answer, ms. */
const PAUSE_MS = 100;

/**
 * A branch of a large tenant's gate, inside its object: asks the root, and lends on to the isolates
 * of its region. While the root does not answer, it lends what it holds until that ends. It stores
 * nothing and has no alarm: a timer runs while it holds something.
 */
export class GateBranch {
  readonly #deps: GateBranchDeps;
  readonly #branch: BranchGate;
  readonly #waiting = new Map<string, (reply: AcquireReply) => void>();
  #wakeAt: number | null = null;

  constructor(deps: GateBranchDeps) {
    this.#deps = deps;
    const { name, life } = deps;
    const epoch = `${BRANCH_LEASE}${life}`;
    this.#branch = new BranchGate({ ...deps, id: `${name}#${life}`, purpose: "execution", epoch });
  }

  /** Answers with leases, with the root's refusal, or with neither when its time is up. */
  async acquire(request: AcquireRequest): Promise<AcquireReply> {
    const ticket = this.#branch.acquire(request, this.#deps.now());
    const reply = new Promise<AcquireReply>((resolve) => this.#waiting.set(ticket, resolve));
    this.#drive();
    return reply;
  }

  /** Takes reports, and renews leases out of what it holds. */
  settle(settlement: Settlement): Renewed[] {
    const renewed = this.#branch.settle(settlement, this.#deps.now());
    this.#drive();
    return renewed;
  }

  /** Sends replies and questions, and plans when to look for more. */
  #drive(): void {
    const now = this.#deps.now();
    for (const [ticket, reply] of this.#branch.takeReplies()) {
      this.#waiting.get(ticket)?.(reply);
      this.#waiting.delete(ticket);
    }
    this.#askRoot(now);
    const due = this.#branch.dueAt(now);
    if (due === null || (this.#wakeAt !== null && this.#wakeAt <= due)) return;
    this.#wakeAt = due;
    setTimeout(() => this.#wake(due), Math.max(1, due - now));
  }

  #wake(at: number): void {
    if (this.#wakeAt !== at) return;
    this.#wakeAt = null;
    const now = this.#deps.now();
    this.#branch.wake(now);
    // Questions take reports along, so that a busy root gets one message.
    this.#askRoot(now);
    void this.#tell();
    this.#drive();
  }

  #askRoot(now: number): void {
    for (const question of this.#branch.questions(now)) void this.#ask(question);
  }

  /** Never rejects: a question without an answer is lost, and the branch asks again. */
  async #ask(question: GateQuestion): Promise<void> {
    try {
      const reply = await this.#deps.root().acquire(question.message);
      this.#branch.receive(question, reply, this.#deps.now());
    } catch (error) {
      this.#deps.onFault("gate_root_unanswered", error);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      this.#branch.lose(question);
    }
    this.#drive();
  }

  /** Never rejects: what the root did not hear is told again. */
  async #tell(): Promise<void> {
    const askedAt = this.#deps.now();
    const settlement = this.#branch.settlement(askedAt);
    if (!settlement) return;
    let answer: Renewed[] | null = null;
    try {
      answer = await this.#deps.root().settle(settlement);
    } catch (error) {
      this.#deps.onFault("gate_root_untold", error);
    }
    this.#branch.settled(settlement, answer, askedAt, this.#deps.now());
    this.#drive();
  }
}
