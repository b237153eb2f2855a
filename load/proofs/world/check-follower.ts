import { type Lane, LANES } from "../../../src/domain/lane.ts";
import type { Reply } from "./caller.ts";
import type { Judge } from "./judge.ts";
import type { Wish } from "./requests.ts";

/** Failures that depend on the lane, the patience and the models of who called. */
const OWN = new Set(["rate_limit_error", "provider_overloaded"]);

/** A request under way or over, as far as others may follow it. */
interface Sent {
  wish: Wish;
  began: number;
  /** When it ended; a request that was cut off may go on without its client. */
  ended: number;
  /** The models for which it asked for a permit or for money: a follower asks for neither. */
  asked: Set<string>;
}

/**
 * Checks replies as they come: a model is one that the caller allowed, and a failure that was taken
 * over from a leader is one that the caller would have met itself. A follower that has begun to
 * stream can only break off.
 */
export class FollowerCheck {
  readonly #judge: Judge;
  readonly #sent = new Map<string, Sent>();

  constructor(judge: Judge) {
    this.#judge = judge;
  }

  noteSent(request: string, wish: Wish, began: number): void {
    this.#sent.set(request, { wish, began, ended: Infinity, asked: new Set() });
  }

  noteTried(request: string, model: string): void {
    this.#sent.get(request)?.asked.add(model);
  }

  check(reply: Reply): void {
    const { execution, error, request, wish } = reply;
    const own = this.#sent.get(request);
    if (own && reply.kind !== "cut") own.ended = reply.ended;
    const allowed = wish.request.options.models ?? [];
    if (!execution || reply.replayed) return;
    if (!error && execution.model !== null && !allowed.includes(execution.model)) {
      const from = execution.cached ?? "a call";
      this.#judge.accuse("followers", `${request} allows ${allowed.join()} and got ${execution.model} from ${from}`);
    }
    const isFollower = own?.asked.size === 0 && wish.request.options.cache === true;
    if (!error || !isFollower) return;
    if (OWN.has(error.code)) {
      if (this.#leadersOf(reply).some((leader) => !hasMore(wish, leader.wish))) return;
      this.#judge.accuse("followers", `${request} took over ${error.code} of a leader with less than it has itself`);
    } else if (error.code === "provider_error" && execution.cached === null) {
      const leaders = this.#leadersOf(reply);
      const untried = allowed.filter((model) => !leaders.some(({ asked }) => asked.has(model)));
      if (untried.length === 0) return;
      this.#judge.accuse("followers", `${request} took over provider_error though ${untried.join()} was not tried`);
    }
  }

  /** Those that led while a follower waited, as far as its failure may come from them. */
  #leadersOf({ wish, began, ended }: Reply): Sent[] {
    return [...this.#sent.values()].filter(
      (leader) =>
        leader.asked.size > 0 &&
        leader.ended >= began &&
        leader.began <= ended &&
        leader.wish.request.tenant_id === wish.request.tenant_id &&
        questionOf(leader.wish) === questionOf(wish),
    );
  }
}

/** Whether a caller may be answered where another one, which asks the same, is refused. */
function hasMore(one: Wish, other: Wish): boolean {
  const urgencyOf = (lane: Lane) => -LANES.indexOf(lane);
  const [{ lane, options }, { lane: otherLane, options: otherOptions }] = [one.request, other.request];
  return (
    urgencyOf(lane) > urgencyOf(otherLane) ||
    (options.queue !== false && otherOptions.queue === false) ||
    (options.timeout_ms ?? Infinity) > (otherOptions.timeout_ms ?? Infinity) ||
    (options.models ?? []).some((model) => otherOptions.models?.includes(model) !== true)
  );
}

function questionOf({ request }: Wish): string {
  return String(request.variables["question"]);
}
