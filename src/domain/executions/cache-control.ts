import type { PromptSettings } from "../prompts/prompt.ts";

/** What a request's `Cache-Control` says of stored answers (RFC 9111, 5.2.1). Seconds; absent where it does not say. */
export interface CacheDirectives {
  no_store: boolean;
  no_cache: boolean;
  only_if_cached: boolean;
  max_age?: number;
}

/** Reads a `Cache-Control` request header. What it does not know, and what is malformed, is passed over as the RFC wants. */
export function parseCacheControl(header: string | undefined): CacheDirectives {
  const given = new Map(
    (header ?? "").split(",").map((part) => {
      const [name = "", value = ""] = part.split("=", 2);
      return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, "$1")] as const;
    }),
  );
  const age = given.get("max-age");
  return {
    no_store: given.has("no-store"),
    no_cache: given.has("no-cache"),
    only_if_cached: given.has("only-if-cached"),
    ...(age !== undefined && /^\d{1,15}$/.test(age) ? { max_age: Number(age) } : {}),
  };
}

/** How one execution uses the answer cache. */
export interface CachePolicy {
  /** A stored answer may serve. */
  read: boolean;
  /** The answer may be stored. */
  write: boolean;
  /** The oldest answer that serves, milliseconds. */
  max_age_ms: number;
  /** Nothing but a stored answer will do. */
  only_if_cached: boolean;
  /** How much older an answer may be where the provider fails, milliseconds; 0 where the prompt does not allow it. */
  stale_if_error_ms: number;
}

/** What {@link cachePolicy} decides by. `cache` is the caller's own word, `fresh_ms` how long an answer counts as fresh. */
export interface CacheWishes {
  settings: Pick<PromptSettings, "cache_responses" | "stale_if_error">;
  temperature: number | undefined;
  cache: boolean | undefined;
  directives: CacheDirectives;
  fresh_ms: number;
}

/**
 * Answers are cached where the prompt says so, where the temperature is 0, or where the caller asks for it; never where the prompt's author or the caller refuses.
 * `no-cache` asks the model anew and stores what it says; `no-store` does neither.
 */
export function cachePolicy({ settings, temperature, cache, directives, fresh_ms }: CacheWishes): CachePolicy {
  const wanted = settings.cache_responses ?? (cache === true || temperature === 0);
  const allowed = wanted && cache !== false && !directives.no_store;
  const maxAge = directives.max_age === undefined ? fresh_ms : Math.min(fresh_ms, directives.max_age * 1000);
  return {
    read: allowed && !directives.no_cache && maxAge > 0,
    write: allowed,
    max_age_ms: maxAge,
    only_if_cached: directives.only_if_cached,
    stale_if_error_ms: allowed ? (settings.stale_if_error ?? 0) * 1000 : 0,
  };
}
