import type { ThrottleBranchObject, ThrottleObject } from "../../src/domain/gate/protocol/throttle-messages.ts";
import { ThrottleBranch } from "../../src/durable-objects/throttle-branch.ts";
import type { BranchShape } from "./branch-host.ts";
import { type Ground, ObjectSite } from "./object-site.ts";
import type { Place } from "./places.ts";

/** A region's branch of a tenant's throttle: the object's own code in its queue. */
export class BranchThrottleHost {
  readonly site: ObjectSite;
  readonly #ground: Ground;
  readonly #root: (from: Place) => ThrottleObject;
  #branch: ThrottleBranch;

  constructor(ground: Ground, { name, root, share }: BranchShape<ThrottleObject>, place: Place) {
    this.#ground = ground;
    this.#root = root;
    this.site = new ObjectSite(ground, { className: "TenantThrottle branch", name }, place, share);
    this.#branch = this.#start();
  }

  evict(awayMs?: number): void {
    this.site.evict(awayMs);
    this.#branch = this.#start();
  }

  stub(from: Place): ThrottleBranchObject {
    return {
      branchAsk: async (...asked) =>
        this.site.call(from, async () => ({ reply: await this.#branch.ask(...asked), rows: 0 }), false),
    };
  }

  #start(): ThrottleBranch {
    const { clock } = this.#ground;
    return new ThrottleBranch({ root: () => this.#root(this.site.place), now: () => clock.now() });
  }
}
