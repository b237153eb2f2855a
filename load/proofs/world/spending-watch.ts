import type { Admission, AdmitCall } from "../../../src/services/gate/admission.ts";
import type { Admit } from "../../../src/services/gate/admit.ts";
import type { FollowerCheck } from "./check-follower.ts";
import type { SeenAdmission, SeenIntent } from "./check-replies.ts";
import { longestHoldOf } from "./fill-keys.ts";
import type { Ground } from "./network.ts";

/** Sees the intents and admissions of all requests, before their calls. */
export class SpendingWatch {
  readonly admissions = new Map<string, SeenAdmission>();
  /** The intents of each request, in their order. */
  readonly intents = new Map<string, SeenIntent[]>();
  /** When no call other than a beat can hold a slot any more, in ms after the start. */
  slotsBackBy = 0;
  readonly #ground: Ground;
  readonly #followers: FollowerCheck;

  constructor(ground: Ground, followers: FollowerCheck) {
    this.#ground = ground;
    this.#followers = followers;
  }

  noteIntent(request: string, id: string): void {
    const { clock, history } = this.#ground;
    history.add(`${request} intends ${id}`);
    this.intents.set(request, [...(this.intents.get(request) ?? []), { id, at: clock.elapsed() }]);
  }

  /**
   * Gives each admission a number that its call carries to the provider, and sees how it settles.
   */
  async admit(admit: Admit, call: AdmitCall): Promise<Admission> {
    const { clock } = this.#ground;
    const request = clock.life()?.name ?? "?";
    this.#followers.noteTried(request, call.model);
    const admission = await admit(call);
    const backBy = clock.elapsed() + longestHoldOf(call);
    if (!request.startsWith("beat")) this.slotsBackBy = Math.max(this.slotsBackBy, backBy);
    const id = `a${this.admissions.size + 1}`;
    const seen: SeenAdmission = { id, request, reserved: call.tokens, settled: null };
    this.admissions.set(id, seen);
    const settle = (how: "end" | "abort"): Admission["end"] => {
      return (spent, outcome) => admission[how]((seen.settled = spent), outcome);
    };
    const key = { ...admission.key, secret: `${admission.key.name}#${id}` };
    return { ...admission, key, end: settle("end"), abort: settle("abort") };
  }
}
