import { type Lane, LANES } from "../../lane.ts";
import type { Holder, Permit } from "./lease-holder.ts";
import { charge, join, type LaneWait, newLaneClock, nextLane } from "../lanes.ts";
import type { AcquireReply, AcquireRequest, Refusal } from "../protocol/messages.ts";

/** Someone who wants to make one call. `hold_ms` is the longest that it may last; who is not `patient` takes what there is at once or nothing. */
export interface Caller {
  model: string;
  lane: Lane;
  tokens: number;
  since: number;
  deadline: number;
  hold_ms: number;
  patient: boolean;
  /** Keys that it has just failed with, in order. */
  avoid: string[];
}

/** What became of a caller that waited: a permit, or a refusal. */
export type Answer<C extends Caller> = { caller: C; permit: Permit } | { caller: C; refusal: Refusal; wait_ms: number };

/** A wish as the line words it; whose it is, the keys and what is to be told are added by who sends it. */
export type LineWish = Omit<AcquireRequest, "holder" | "purpose" | "keys" | "reports" | "outcomes">;

/** A question to the gate that got no answer for so long, in ms, is taken for lost. Longer than the gate keeps any. */
const LOST_AFTER_MS = 13_000;

/** After a refusal a Worker asks for what it needs, and no more, for so long. Milliseconds. */
const MODEST_MS = 2_000;
/** So long a caller of the high lane waits for a slot of others at its Worker before it asks for one of its own. Milliseconds. */
const TURN_MS = 1_000;
/** Weight of the newest caller in the mean of their sizes. */
const MEMORY = 0.2;

/**
 * The callers of one Worker for one tenant and provider. Who finds a permit in a held lease goes at once; the others wait here, first come first served,
 * and one question for each model and lane goes to the gate for all of them.
 */
export interface Line<C extends Caller> {
  /** A permit, or null: the caller now waits. */
  arrive(caller: C, now: number): Permit | null;
  /** The caller waits no more. Says whether it did. */
  leave(caller: C): boolean;
  /** Serves waiting callers out of held leases. */
  serve(now: number): Answer<C>[];
  /** The questions that should go to the gate now; each is under way until `answered` or `failed`. */
  questions(now: number): LineWish[];
  answered(wish: LineWish, reply: AcquireReply, askedAt: number, now: number): Answer<C>[];
  failed(wish: LineWish): void;
  /** What a call of a lane needs on average. */
  meanTokens(of: Pick<Caller, "model" | "lane">): number;
  /** How long one who comes now would wait, as the gate said last. Milliseconds. */
  outlook(caller: Caller): number;
  waiting(): number;
}

interface Queue<C> extends Pick<Caller, "model" | "lane" | "patient" | "hold_ms" | "avoid"> {
  callers: C[];
  mean_tokens: number;
  asking: LineWish | null;
  lost_at: number;
  wait_ms: number;
  /** Until then nothing is asked for ahead of callers: the gate has none to spare. */
  modest_until: number;
}

/** An empty line before a holder. */
export function createLine<C extends Caller>(holder: Holder): Line<C> {
  const queues = new Map<string, Queue<C>>();
  const asked = new WeakMap<LineWish, Queue<C>>();
  const clock = newLaneClock();

  function queueOf({ model, lane, patient, hold_ms, tokens, avoid }: Caller): Queue<C> {
    const name = `${lane}/${model}/${patient}/${avoid.join()}`;
    const known = queues.get(name);
    if (known) return known;
    const rest = { callers: [], mean_tokens: tokens, asking: null, lost_at: 0, wait_ms: 0, modest_until: 0 };
    const queue: Queue<C> = { model, lane, patient, hold_ms, avoid, ...rest };
    queues.set(name, queue);
    return queue;
  }

  /** Serves waiting callers out of what is held, the lanes in turn by their weights. */
  function serve(now: number): Answer<C>[] {
    const served: Answer<C>[] = [];
    const open = new Set([...queues.values()].filter(({ callers }) => callers.length > 0));
    while (open.size > 0) {
      const lane = nextLane(clock, waits(open, now));
      for (const queue of open) {
        if (queue.lane !== lane) continue;
        const [caller] = queue.callers;
        const permit = caller && holder.take(caller, now);
        if (!permit) {
          open.delete(queue);
          continue;
        }
        queue.callers.shift();
        served.push({ caller, permit });
        charge(clock, waitOf(queue, now, caller), 1);
        if (queue.callers.length === 0) open.delete(queue);
        break;
      }
    }
    return served;
  }

  /** A slot that other lanes use here comes free sooner than the gate, whose slots are short, has another. */
  function isServedSoon({ lane, model, callers }: Queue<C>, now: number): boolean {
    const [first] = callers;
    return lane === "high" && first !== undefined && now - first.since < TURN_MS && holder.turnsOver(model, lane);
  }

  function lanesWaiting(): Lane[] {
    return LANES.filter((lane) =>
      [...queues.values()].some((queue) => queue.lane === lane && queue.callers.length > 0),
    );
  }

  function turnAway(queue: Queue<C>, refusal: Refusal): Answer<C>[] {
    // The newest go first: they have lost the least by having waited.
    const turned = queue.callers.splice(Math.max(0, queue.callers.length - refusal.callers));
    return turned.map((caller) => ({ caller, refusal, wait_ms: queue.wait_ms }));
  }

  return {
    arrive(caller, now) {
      const queue = queueOf(caller);
      queue.hold_ms = Math.max(queue.hold_ms, caller.hold_ms);
      queue.mean_tokens += MEMORY * (caller.tokens - queue.mean_tokens);
      holder.expect(caller.model, caller.lane, now);
      // Who comes later must not overtake those who wait, not even with a smaller need.
      const permit = queue.callers.length > 0 ? null : holder.take(caller, now);
      if (permit) return permit;
      if (queue.callers.length === 0) join(clock, caller.lane, lanesWaiting());
      queue.callers.push(caller);
      return null;
    },
    leave(caller) {
      const queue = queueOf(caller);
      const index = queue.callers.indexOf(caller);
      if (index >= 0) queue.callers.splice(index, 1);
      return index >= 0;
    },
    serve,
    questions(now) {
      const wishes: LineWish[] = [];
      for (const [name, queue] of queues) {
        if (queue.asking && now < queue.lost_at) continue;
        if (isServedSoon(queue, now)) continue;
        const wish = wishOf(queue, holder, now);
        // Lists of keys to avoid are many, and seldom come again.
        if (!wish && queue.avoid.length > 0) queues.delete(name);
        if (!wish) continue;
        asked.set(wish, queue);
        queue.asking = wish;
        queue.lost_at = now + LOST_AFTER_MS;
        wishes.push(wish);
      }
      return wishes;
    },
    answered(wish, reply, askedAt, now) {
      const queue = asked.get(wish);
      holder.receive(reply, askedAt, now);
      if (!queue) return [];
      if (queue.asking === wish) queue.asking = null;
      queue.wait_ms = reply.wait_ms;
      if (reply.refusal) queue.modest_until = now + MODEST_MS;
      const served = serve(now);
      return reply.refusal ? [...served, ...turnAway(queue, reply.refusal)] : served;
    },
    failed(wish) {
      const queue = asked.get(wish);
      if (queue?.asking === wish) queue.asking = null;
    },
    meanTokens: ({ model, lane }) =>
      Math.max(
        0,
        ...[...queues.values()]
          .filter((each) => each.model === model && each.lane === lane)
          .map(({ mean_tokens }) => mean_tokens),
      ),
    outlook: (caller) => queueOf(caller).wait_ms,
    waiting: () => [...queues.values()].reduce((sum, { callers }) => sum + callers.length, 0),
  };
}

function waits<C extends Caller>(queues: Iterable<Queue<C>>, now: number): LaneWait[] {
  return [...queues].map((queue) => waitOf(queue, now));
}

function waitOf<C extends Caller>({ lane, callers }: Queue<C>, now: number, first = callers[0]): LaneWait {
  if (!first) return { lane, oldest_wait_ms: 0, patience_ms: 0 };
  return { lane, oldest_wait_ms: now - first.since, patience_ms: first.deadline - first.since };
}

function wishOf<C extends Caller>(queue: Queue<C>, holder: Holder, now: number): LineWish | null {
  const { model, lane, callers } = queue;
  const [first] = callers;
  if (
    !first &&
    (now < queue.modest_until || !queue.patient || queue.avoid.length > 0 || !holder.runsLow(model, lane, now))
  )
    return null;
  const sum = callers.reduce((total, { tokens }) => total + tokens, 0);
  const mean = Math.ceil(callers.length > 0 ? sum / callers.length : queue.mean_tokens);
  return {
    model,
    lane,
    avoid: queue.avoid,
    hold_ms: queue.hold_ms,
    waiting: callers.length,
    ...holder.wish(model, lane, callers.length, now),
    first_tokens: first?.tokens ?? mean,
    mean_tokens: mean,
    waited_ms: first ? Math.max(0, now - first.since) : 0,
    patience_ms: first && queue.patient ? Math.max(0, first.deadline - now) : 0,
    stay_ms: queue.patient ? Math.max(0, ...callers.map(({ deadline }) => deadline - now)) : 0,
  };
}
