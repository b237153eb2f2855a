import { BranchThrottle } from "../../src/domain/gate/branch/branch-throttle.ts";
import type {
  ThrottleAnswer,
  ThrottleLimits,
  ThrottleObject,
} from "../../src/domain/gate/protocol/throttle-messages.ts";
import { type Ground, type ObjectShare, ObjectSite, PlatformError } from "./object-site.ts";
import type { Place } from "./places.ts";

/** How an isolate's question ends: with an answer, or without one. */
interface Waiting {
  resolve(answer: ThrottleAnswer): void;
  reject(error: Error): void;
}

/** A place's branch of a tenant's throttle. It stores nothing. */
export class BranchThrottleHost {
  readonly site: ObjectSite;
  readonly #ground: Ground;
  readonly #root: (from: Place) => ThrottleObject;
  #waiting = new Map<string, Waiting>();
  #branch = new BranchThrottle();

  constructor(
    ground: Ground,
    { name, root, share }: { name: string; root: (from: Place) => ThrottleObject; share: ObjectShare },
    place: Place,
  ) {
    this.#ground = ground;
    this.#root = root;
    this.site = new ObjectSite(ground, { className: "TenantThrottle branch", name }, place, share);
  }

  evict(awayMs?: number): void {
    this.site.evict(awayMs);
    this.#waiting = new Map();
    this.#branch = new BranchThrottle();
  }

  stub(from: Place): ThrottleObject {
    const { clock } = this.#ground;
    const ask = async (limits: ThrottleLimits, asked: Parameters<ThrottleObject["ask"]>[1]) => {
      const { promise, resolve, reject } = Promise.withResolvers<ThrottleAnswer>();
      this.#waiting.set(this.#branch.ask(asked, clock.now()), { resolve, reject });
      this.#drive(limits);
      return { reply: await promise, rows: 0 };
    };
    return { ask: async (...asked) => this.site.call(from, async () => ask(...asked), false) };
  }

  #drive(limits: ThrottleLimits): void {
    const { clock } = this.#ground;
    for (const [ticket, answer] of this.#branch.takeAnswers()) {
      this.#waiting.get(ticket)?.resolve(answer);
      this.#waiting.delete(ticket);
    }
    const question = this.#branch.question(clock.now());
    if (question) void clock.within(this.site.life, async () => this.#ask(limits, question));
  }

  async #ask(limits: ThrottleLimits, question: Parameters<ThrottleObject["ask"]>[1]): Promise<void> {
    const branch = this.#branch;
    try {
      branch.receive(question, await this.#root(this.site.place).ask(limits, question), this.#ground.clock.now());
    } catch {
      for (const ticket of branch.lose(question)) {
        this.#waiting.get(ticket)?.reject(new PlatformError("the throttle did not answer its branch"));
        this.#waiting.delete(ticket);
      }
    }
    if (branch === this.#branch) this.#drive(limits);
  }
}
