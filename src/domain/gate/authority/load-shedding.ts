import { byLane, LANES } from "../../lane.ts";
import { servedPerMs } from "./capacity.ts";
import { BLOCK } from "./distribute.ts";
import type { KeyPool } from "./key-pool.ts";
import { shed } from "../lanes.ts";
import type { Purpose, Refusal } from "../protocol/messages.ts";
import type { Waiter, WaitQueue } from "./wait-queue.ts";

/** Part of their patience after which waiting callers should be served, so that time is left for the call itself. */
const SERVE_WITHIN = 0.5;
/** For a key to be fit again nobody waits longer than so many ms: another provider, or a stored answer, serves better. */
const LONGEST_HEALTH_WAIT_MS = 2_000;
/** Part of its waiting callers by which a lane must be too long before some are turned away. */
const SHED_STEP = 0.4;

/** Who waits, for what, and how many calls at a time there may be. */
export interface Crowd {
  queue: WaitQueue;
  pool: KeyPool;
  concurrency: Readonly<Record<Purpose, number>>;
}

/** Those for whom no key will be fit in time. */
export function withoutKey({ queue, pool }: Crowd, now: number): [Waiter, Refusal][] {
  const waiters = LANES.flatMap((lane) => queue.of(lane));
  const models = new Set(waiters.map(({ request }) => request.model));
  const fitIn = new Map([...models].map((model) => [model, pool.healthyIn(model, now)]));
  const reason = pool.isLimited(now) ? "limited" : "unavailable";
  return waiters.flatMap((waiter): [Waiter, Refusal][] => {
    const unfitFor = fitIn.get(waiter.request.model) ?? 0;
    if (unfitFor === 0 || unfitFor <= Math.min(waiter.deadline - now, LONGEST_HEALTH_WAIT_MS)) return [];
    return [[waiter, { reason, callers: waiter.request.waiting }]];
  });
}

/** Those who could not be served in time anyway, batch first, with how many callers of each must go. */
export function tooMany({ queue, pool, concurrency }: Crowd, now: number): [Waiter, Refusal][] {
  const [head] = LANES.flatMap((lane) => queue.of(lane)[0] ?? []);
  const keys = pool.all().filter((key) => key.parked_until <= now);
  if (!head || keys.length === 0) return [];
  const perMs = servedPerMs(keys, head.request.mean_tokens, concurrency[head.request.purpose]);
  if (perMs === Infinity) return [];
  const depth = byLane((lane) => queue.depth(lane));
  const patience = byLane((lane) => queue.wait(lane, now).patience_ms * SERVE_WITHIN);
  const surplus = shed(depth, patience, perMs);
  // Turning one away at a time would cost a call to the gate for each.
  const lanes = queue.lanes().filter((lane) => surplus[lane] > BLOCK && surplus[lane] > depth[lane] * SHED_STEP);
  return lanes.flatMap((lane) => partOf(queue.of(lane), surplus[lane], depth[lane]));
}

/** Each loses the same part of its callers, its newest; what is left over are the callers of those who came last. */
function partOf(waiters: readonly Waiter[], callers: number, depth: number): [Waiter, Refusal][] {
  const part = callers / depth;
  const turned = new Map(waiters.map((waiter) => [waiter, Math.floor(waiter.request.waiting * part)]));
  let left = Math.floor(callers - [...turned.values()].reduce((sum, some) => sum + some, 0));
  for (const waiter of waiters.toReversed()) {
    const some = turned.get(waiter) ?? 0;
    const more = Math.min(left, waiter.request.waiting - some);
    turned.set(waiter, some + more);
    left -= more;
  }
  const gone = [...turned].filter(([, some]) => some > 0);
  return gone.map(([waiter, some]) => [waiter, { reason: "limited", callers: some }]);
}
