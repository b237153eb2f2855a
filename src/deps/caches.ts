import { type AnswerCache, createAnswerCache } from "../cache/answers.ts";
import { createEdgeTier } from "../cache/edge.ts";
import { createKvTier } from "../cache/kv.ts";
import { createMemoryTier } from "../cache/memory.ts";
import { createNearbyNotes } from "../cache/nearby-notes.ts";
import { TieredRecordCache, type RecordCache, type Staleness } from "../cache/records.ts";
import { tolerant } from "../cache/tier.ts";
import type { Config } from "../config.ts";
import { sha256 } from "../lib/hash.ts";
import type { NearbyStates } from "../storage/nearby-states.ts";
import { readDated } from "../storage/read-scope.ts";
import { clock, defer, report } from "./runtime.ts";

/** The bounds of each memory tier, out of the 128 MB of an isolate. */
const MEMORY = { entries: 1_000, bytes: 24 * 1024 * 1024 };

/** A state of a shard is of no use after this time, seconds: longer than any lag that makes sense. */
const SHARD_STATE_S = 60;

/** The caches of records and answers, and the allowed ages of records. */
export interface Caches {
  records: RecordCache;
  answers: AnswerCache;
  staleness: Record<"prompts" | "keys", Staleness>;
  /** What the isolates of the data centre know of the shards. */
  nearby: NearbyStates;
}

/**
 * Builds the caches. Records and answers have separate memory tiers, so that neither evicts the
 * other.
 */
export function buildCaches(env: Env, config: Config): Caches {
  const faults = {
    timeoutMs: config.cacheTimeoutMs,
    onFault: (tier: string, error: unknown) => report("cache_tier_fault", error, { tier }),
  };
  const edge = tolerant(
    createEdgeTier(() => caches.default, deploymentOf(config)),
    faults,
  );
  const kv = tolerant(createKvTier(env.CACHE), faults);
  const random = () => Math.random();
  const common = { ...clock, edge, kv, random, defer };
  const life = { edgeTtlS: config.answerEdgeTtlS, kvTtlS: config.answerKvTtlS };
  return {
    records: new TieredRecordCache({ ...common, memory: createMemoryTier(MEMORY), readDated }),
    answers: createAnswerCache({ ...common, memory: createMemoryTier(MEMORY), life }),
    staleness: stalenessOf(config),
    nearby: createNearbyNotes({ ...clock, edge, defer }, "shard-state", SHARD_STATE_S),
  };
}

/** A text that no other deployment has, also one of a copy of the data, unless all its secrets are the same. */
function deploymentOf({ rootKey, keyPepper, keyEncryptionKey }: Config): string {
  return sha256()
    .update(JSON.stringify([rootKey, keyPepper, keyEncryptionKey]))
    .hex()
    .slice(0, 16);
}

function stalenessOf({ pointerFreshMs, pointerBoundMs, promptLastGoodMs, keyLastGoodMs }: Config) {
  const bound = { freshMs: pointerFreshMs, boundMs: pointerBoundMs };
  return {
    prompts: { ...bound, lastGoodMs: promptLastGoodMs },
    keys: { ...bound, lastGoodMs: keyLastGoodMs },
  };
}
