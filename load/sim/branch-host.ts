import { BranchGate } from "../../src/domain/gate/branch/branch-gate.ts";
import { leaseTimes } from "../../src/domain/gate/authority/gate-settings.ts";
import type { GateQuestion } from "../../src/domain/gate/client/gate-client.ts";
import type { AcquireReply, GateObject } from "../../src/domain/gate/protocol/messages.ts";
import { type Ground, type ObjectShare, ObjectSite } from "./object-site.ts";
import type { Place } from "./places.ts";

/** How long a branch does not ask the root again after it did not answer, ms. */
const PAUSE_MS = 100;

/** A region's gate: a branch of the root, near the isolates of its place. It stores nothing. */
export class BranchHost {
  readonly site: ObjectSite;
  readonly #ground: Ground;
  readonly #root: (from: Place) => GateObject;
  #waiting = new Map<string, (reply: AcquireReply) => void>();
  #branch: BranchGate;
  #lives = 0;
  #wakeAt: number | null = null;

  constructor(
    ground: Ground,
    { name, root, share }: { name: string; root: (from: Place) => GateObject; share: ObjectShare },
    place: Place,
  ) {
    this.#ground = ground;
    this.#root = root;
    this.site = new ObjectSite(ground, { className: "ProviderGate branch", name }, place, share);
    this.#branch = this.#start();
  }

  /** Its memory is lost: its leases end at the root by themselves. */
  evict(awayMs?: number): void {
    this.site.evict(awayMs);
    this.#waiting = new Map();
    this.#wakeAt = null;
    this.#branch = this.#start();
  }

  /** The branch as isolates call it. What it does not know itself it asks the root. */
  stub(from: Place): GateObject {
    const { clock } = this.#ground;
    return {
      acquire: async (request) =>
        this.site.call(
          from,
          async () => {
            const { promise, resolve } = Promise.withResolvers<AcquireReply>();
            this.#waiting.set(this.#branch.acquire(structuredClone(request), clock.now()), resolve);
            this.#drive();
            return { reply: await promise, rows: 0 };
          },
          false,
        ),
      settle: async (settlement) =>
        this.site.call(from, () => {
          const reply = this.#branch.settle(structuredClone(settlement), clock.now());
          this.#drive();
          return { reply, rows: 0 };
        }),
      view: async (keys) => this.#root(from).view(keys),
    };
  }

  #start(): BranchGate {
    this.#lives += 1;
    const id = `${this.site.name}#${this.#lives}`;
    const { transit_ms } = leaseTimes(2_000);
    return new BranchGate({ id, purpose: "execution", epoch: id, transit_ms });
  }

  #drive(): void {
    const { clock } = this.#ground;
    const branch = this.#branch;
    for (const [ticket, reply] of branch.takeReplies()) {
      this.#waiting.get(ticket)?.(structuredClone(reply));
      this.#waiting.delete(ticket);
    }
    for (const question of branch.questions(clock.now())) void this.#ask(branch, question);
    const due = branch.dueAt(clock.now());
    if (due === null || (this.#wakeAt !== null && this.#wakeAt <= due)) return;
    this.#wakeAt = due;
    clock.in(this.site.life, Math.max(1, due - clock.now()), () => {
      if (branch !== this.#branch || this.#wakeAt !== due) return;
      this.#wakeAt = null;
      branch.wake(clock.now());
      void this.#tell(branch);
      this.#drive();
    });
  }

  async #ask(branch: BranchGate, question: GateQuestion): Promise<void> {
    const { clock } = this.#ground;
    await clock.within(this.site.life, async () => {
      try {
        const reply = await this.#root(this.site.place).acquire(question.message);
        branch.receive(question, reply, clock.now());
      } catch {
        await clock.sleep(PAUSE_MS);
        branch.lose(question);
      }
      if (branch === this.#branch) this.#drive();
    });
  }

  async #tell(branch: BranchGate): Promise<void> {
    const { clock } = this.#ground;
    const askedAt = clock.now();
    const settlement = branch.settlement(askedAt);
    if (!settlement) return;
    await clock.within(this.site.life, async () => {
      const answer = await this.#root(this.site.place)
        .settle(settlement)
        .catch(() => null);
      branch.settled(settlement, answer, askedAt, clock.now());
      if (branch === this.#branch) this.#drive();
    });
  }
}
