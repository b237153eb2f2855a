import type { Answer } from "../domain/completions/answer.ts";
import type { MemoryTier } from "./memory.ts";
import { type Entry, jittered, type CacheTier, type TierName } from "./tier.ts";

/**
 * An answer in a tier, given at `at`. It is kept for `stale_s` seconds beyond its freshness, to
 * stand in while the provider fails. `in_kv` says that KV has it already.
 */
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

/**
 * Answers by cache key (`<tenant>/<digest>`), through memory → Cache API → KV. A hit is copied to
 * every nearer tier.
 */
export interface AnswerCache {
  /**
   * Finds an answer of at most `maxAgeMs` milliseconds. Asks both outer tiers at once and prefers
   * the nearer one, so that a caller waits once. Never fails.
   */
  find(key: string, maxAgeMs: number): Promise<FoundAnswer | undefined>;
  /**
   * Keeps a new answer in memory, and behind the response in the Cache API. The second request for
   * it writes it to KV.
   */
  store(key: string, answer: Answer, staleS: number): void;
}

/**
 * How long each outer tier keeps fresh answers, in seconds. An answer counts as fresh for
 * `edgeTtlS`.
 */
export interface AnswerLife {
  edgeTtlS: number;
  kvTtlS: number;
}

/** The dependencies of {@link createAnswerCache}. */
export interface AnswerCacheDeps {
  memory: MemoryTier<AnswerEntry>;
  edge: CacheTier;
  kv: CacheTier;
  life: AnswerLife;
  now: () => number;
  /** A random number in [0, 1). */
  random: () => number;
  /** Continues work behind the response. */
  defer: (work: Promise<unknown>) => void;
}

/** The approximate bytes of an entry in memory beside its text. */
const ENTRY_BYTES = 500;

/** Creates the {@link AnswerCache} over its tiers. */
export function createAnswerCache({ memory, edge, kv, life, now, random, defer }: AnswerCacheDeps): AnswerCache {
  const ageOf = (entry: Entry<unknown>) => Math.max(0, now() - entry.at);
  const secondsLeft = (entry: AnswerEntry) => Math.floor(life.edgeTtlS + entry.stale_s - ageOf(entry) / 1000);

  function remember(key: string, entry: AnswerEntry): void {
    memory.put(key, entry, ENTRY_BYTES + 2 * lengthOf(entry.value));
  }

  /** Each write to KV costs, so an answer goes there once, with its second request. */
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

/** The UTF-16 units of an answer's text and reasoning, of which the rest is small beside it. */
function lengthOf(answer: Answer | null | undefined): number {
  const { text = "", reasoning = "", relayed = "", reasoning_blocks } = answer ?? {};
  return (
    text.length + reasoning.length + relayed.length + (reasoning_blocks ? JSON.stringify(reasoning_blocks).length : 0)
  );
}
