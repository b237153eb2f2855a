import type { Answer } from "../domain/completions/answer.ts";
import type { MemoryTier } from "./memory.ts";
import { type Entry, jittered, type Tier, type TierName } from "./tier.ts";

/** An answer in a tier; `at` is when it was given, `stale_s` how many seconds beyond its freshness it is kept, to stand in while the provider fails. `in_kv`: the world has it already. */
export interface AnswerEntry extends Entry<Answer> {
  stale_s: number;
  in_kv?: boolean;
}

/** An answer that was found. */
export interface FoundAnswer {
  answer: Answer;
  tier: "memory" | TierName;
  age_ms: number;
}

/** Answers by cache key (`<tenant>/<digest>`), through memory → Cache API → KV. A hit is promoted to every tier above its own. */
export interface AnswerCache {
  /** An answer not older than `maxAgeMs`. Both outer tiers are asked at once, the nearer one's word comes first: a caller waits once. Never fails. */
  find(key: string, maxAgeMs: number): Promise<FoundAnswer | undefined>;
  /** Keeps an answer that was given just now in memory, and behind the reply in the Cache API; the second who asks brings it to KV. */
  store(key: string, answer: Answer, staleS: number): void;
}

/** How long fresh answers are kept in each outer tier. `edgeTtlS` is also how long one counts as fresh. */
export interface AnswerLife {
  edgeTtlS: number;
  kvTtlS: number;
}

/** What {@link createAnswerCache} needs. */
export interface AnswerCacheDeps {
  memory: MemoryTier<AnswerEntry>;
  edge: Tier;
  kv: Tier;
  life: AnswerLife;
  now: () => number;
  /** In [0, 1). */
  random: () => number;
  /** Lets work go on behind the reply. */
  defer: (work: Promise<unknown>) => void;
}

const ENTRY_BYTES = 500;

/** The cache over its tiers. */
export function createAnswerCache({ memory, edge, kv, life, now, random, defer }: AnswerCacheDeps): AnswerCache {
  const ageOf = (entry: Entry<unknown>) => Math.max(0, now() - entry.at);
  const secondsLeft = (entry: AnswerEntry) => Math.floor(life.edgeTtlS + entry.stale_s - ageOf(entry) / 1000);

  function remember(key: string, entry: AnswerEntry): void {
    memory.put(key, entry, ENTRY_BYTES + 2 * (entry.value?.text.length ?? 0));
  }

  /** Each write to KV costs, so an answer goes there when it is asked for again, once. */
  function publish(key: string, entry: AnswerEntry): void {
    const left = secondsLeft(entry);
    if (entry.in_kv || left <= 0) return;
    const known = { ...entry, in_kv: true };
    remember(key, known);
    defer(edge.put(key, known, left));
    defer(kv.put(key, known, Math.min(left, jittered(life.kvTtlS, random()) + entry.stale_s)));
  }

  async function search(key: string, maxAgeMs: number): Promise<{ entry: AnswerEntry; tier: TierName } | undefined> {
    const asked = [edge, kv].map(async (tier) => ({
      tier: tier.name,
      entry: (await tier.get<Answer>(key)) as AnswerEntry | undefined,
    }));
    for (const reply of asked) {
      const { tier, entry } = await reply;
      if (entry?.value && ageOf(entry) <= maxAgeMs) return { entry, tier };
    }
    return undefined;
  }

  return {
    async find(key, maxAgeMs) {
      const near = memory.get(key);
      const hit =
        near?.value && ageOf(near) <= maxAgeMs ? { entry: near, tier: "memory" as const } : await search(key, maxAgeMs);
      if (!hit?.entry.value) return undefined;
      const { entry, tier } = hit;
      if (tier !== "memory") remember(key, entry);
      const left = secondsLeft(entry);
      if (tier === "kv" && left > 0) defer(edge.put(key, entry, left));
      publish(key, entry);
      return { answer: hit.entry.value, tier, age_ms: ageOf(entry) };
    },
    store(key, answer, staleS) {
      const entry = { value: answer, at: now(), stale_s: staleS };
      remember(key, entry);
      defer(edge.put(key, entry, jittered(life.edgeTtlS, random()) + staleS));
    },
  };
}
