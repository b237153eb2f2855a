import { leaseTimes } from "../../src/domain/gate/authority/gate-settings.ts";
import type { GateBranchObject, GateObject } from "../../src/domain/gate/protocol/messages.ts";
import { GateBranch } from "../../src/durable-objects/gate-branch.ts";
import type { WorkTimes } from "../../src/domain/pace.ts";
import { type Ground, type ObjectShare, ObjectSite } from "./object-site.ts";
import type { Place } from "./places.ts";

/** What a branch's object stands for, and its root as it is called from a place. */
export interface BranchShape<Root> {
  name: string;
  root: (from: Place) => Root;
  share: ObjectShare;
}

/** A region's gate, made near the isolate that asked it first: the object's own code in its queue. */
export class BranchHost {
  readonly site: ObjectSite;
  readonly #ground: Ground;
  readonly #root: (from: Place) => GateObject;
  readonly #work: WorkTimes;
  #branch: GateBranch;
  #lives = 0;

  constructor(ground: Ground, { name, root, share }: BranchShape<GateObject>, place: Place) {
    this.#ground = ground;
    this.#root = root;
    this.#work = { request_ms: share.slowness * ground.times.object_request, write_ms: 0 };
    this.site = new ObjectSite(ground, { className: "ProviderGate branch", name }, place, share);
    this.#branch = this.#start();
  }

  /** Its memory is lost: its leases end at the root by themselves. */
  evict(awayMs?: number): void {
    this.site.evict(awayMs);
    this.#branch = this.#start();
  }

  /** The branch as isolates of a place call it. */
  stub(from: Place): GateBranchObject {
    return {
      branchAcquire: async (request) =>
        this.site.call(
          from,
          async () => {
            const reply = await this.#branch.acquire(structuredClone(request));
            return { reply: structuredClone(reply), rows: 0 };
          },
          false,
        ),
      branchSettle: async (settlement) =>
        this.site.call(from, () => ({ reply: this.#branch.settle(structuredClone(settlement)), rows: 0 })),
    };
  }

  #start(): GateBranch {
    const { clock } = this.#ground;
    return new GateBranch({
      name: this.site.name,
      life: String((this.#lives += 1)),
      transit_ms: leaseTimes(2_000).transit_ms,
      work: this.#work,
      root: () => this.#root(this.site.place),
      now: () => clock.now(),
      onFault: () => undefined,
    });
  }
}
