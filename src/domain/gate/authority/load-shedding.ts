import { byLane, type Lane, LANES } from "../../lane.ts";
import { LANE_RULES, weightOf } from "../lanes.ts";
import { servedPerMs } from "./capacity.ts";
import type { KeyPool } from "./key-pool.ts";
import type { PendingRequest, PendingRequests } from "./pending-requests.ts";
import { BLOCK } from "./serve-requests.ts";
import type { Purpose, Refusal } from "../protocol/messages.ts";

/**
 * Callers should be served within this part of their patience, so that time is left for the call.
 */
const SERVE_WITHIN = 0.5;
/**
 * The longest that callers wait for a key to be fit again, in ms. Another provider or a stored
 * answer serves them better than a longer wait.
 */
const LONGEST_HEALTH_WAIT_MS = 2_000;
/** A lane sheds load only where more than this part of its callers must go. */
const SHED_STEP = 0.4;

/** The pending requests, the keys that they wait for, and the concurrency of all keys together. */
export interface SheddingDeps {
  pending: PendingRequests;
  pool: KeyPool;
  concurrency: Readonly<Record<Purpose, number>>;
}

/** The requests for which no key will be fit in time, or whose isolates know none any more. */
export function refuseWithoutKey({ pending, pool }: SheddingDeps, now: number): [PendingRequest, Refusal][] {
  const requests = pending.all();
  const models = new Set(requests.map(({ request }) => request.model));
  const fitIn = new Map([...models].map((model) => [model, pool.healthyIn(model, now)]));
  const reason = pool.isLimited(now) ? "limited" : "unavailable";
  return requests.flatMap((each): [PendingRequest, Refusal][] => {
    const { keys, model, waiting: callers } = each.request;
    if (!pool.isUsableBy(keys)) return [[each, { reason: "outdated", callers }]];
    const wait = fitIn.get(model) ?? 0;
    if (wait === 0 || wait <= Math.min(each.deadline - now, LONGEST_HEALTH_WAIT_MS)) return [];
    return [[each, { reason, callers }]];
  });
}

/**
 * The requests whose callers cannot all be served in time, batch first, and how many callers must
 * go.
 */
export function refuseSurplus({ pending, pool, concurrency }: SheddingDeps, now: number): [PendingRequest, Refusal][] {
  const head = pending.first();
  const keys = pool.all().filter((key) => key.parked_until <= now);
  if (!head || keys.length === 0) return [];
  const perMs = servedPerMs(keys, head.request.mean_tokens, concurrency[head.request.purpose]);
  if (perMs === Infinity) return [];
  const callers = byLane((lane) => pending.callers(lane));
  const patience = byLane((lane) => pending.wait(lane, now).patience_ms * SERVE_WITHIN);
  const surplus = shed(callers, patience, perMs);
  // Refusing one caller at a time would cost a message for each.
  const lanes = pending.lanes().filter((lane) => surplus[lane] > BLOCK && surplus[lane] > callers[lane] * SHED_STEP);
  return lanes.flatMap((lane) => spreadRefusals(pending.of(lane), surplus[lane], callers[lane]));
}

/**
 * How many callers each lane must shed so that the remaining ones are served in time, at `perMs`
 * calls a millisecond and with each lane's patience in ms. The high lane's need comes first, then
 * standard's. Every lane keeps a share by its weight, so that batch sheds first and still never
 * starves.
 */
export function shed(
  callers: Record<Lane, number>,
  patience: Record<Lane, number>,
  perMs: number,
): Record<Lane, number> {
  const surplus: Record<Lane, number> = { high: 0, standard: 0, batch: 0 };
  const weights = weightOf(LANES.filter((lane) => callers[lane] > 0));
  let ahead = 0;
  for (const lane of LANES) {
    const served = perMs * patience[lane];
    const share = (served * LANE_RULES[lane].weight) / Math.max(1, weights);
    const kept = Math.min(callers[lane], Math.ceil(Math.max(served - ahead, share)));
    surplus[lane] = callers[lane] - kept;
    ahead += kept;
  }
  return surplus;
}

/**
 * Every request loses the same part of its callers; the rest of the surplus comes from the newest
 * requests.
 */
function spreadRefusals(
  requests: readonly PendingRequest[],
  surplus: number,
  callers: number,
): [PendingRequest, Refusal][] {
  const part = surplus / callers;
  const refused = new Map(requests.map((each) => [each, Math.floor(each.request.waiting * part)]));
  let left = Math.floor(surplus - [...refused.values()].reduce((sum, some) => sum + some, 0));
  for (const each of requests.toReversed()) {
    const some = refused.get(each) ?? 0;
    const more = Math.min(left, each.request.waiting - some);
    refused.set(each, some + more);
    left -= more;
  }
  return [...refused]
    .filter(([, some]) => some > 0)
    .map(([each, some]) => [each, { reason: "limited", callers: some }]);
}
