import type { PromptSettings } from "../prompts/prompt.ts";

/**
 * The directives of a request's `Cache-Control` header (RFC 9111, 5.2.1). `max_age` in seconds, if
 * given.
 */
export interface CacheDirectives {
  no_store: boolean;
  no_cache: boolean;
  only_if_cached: boolean;
  max_age?: number;
}

/**
 * Parses a `Cache-Control` request header. Unknown and malformed directives are ignored, as the RFC
 * requires.
 */
export function parseCacheControl(header: string | undefined): CacheDirectives {
  const directives = new Map(
    (header ?? "").split(",").map((part) => {
      const [name = "", value = ""] = part.split("=", 2);
      return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, "$1")] as const;
    }),
  );
  const maxAge = directives.get("max-age");
  return {
    no_store: directives.has("no-store"),
    no_cache: directives.has("no-cache"),
    only_if_cached: directives.has("only-if-cached"),
    ...(maxAge !== undefined && /^\d{1,15}$/.test(maxAge) ? { max_age: Number(maxAge) } : {}),
  };
}

/** How one execution uses the answer cache. */
export interface CachePolicy {
  /** Whether a stored answer may be used. */
  read: boolean;
  /** Whether the new answer may be stored. */
  write: boolean;
  /** The greatest age of a stored answer that may be used, in ms. */
  max_age_ms: number;
  /** Whether only a stored answer may be used. */
  only_if_cached: boolean;
  /**
   * How long past its freshness an answer may be used when the provider fails, in ms; 0 for never.
   */
  stale_if_error_ms: number;
}

/**
 * The input of {@link cachePolicy}. `cache` is the option of the caller's request; `fresh_ms` is
 * how long a stored answer counts as fresh.
 */
export interface CachePolicyInput {
  settings: Pick<PromptSettings, "cache_responses" | "stale_if_error">;
  temperature: number | undefined;
  cache: boolean | undefined;
  directives: CacheDirectives;
  fresh_ms: number;
}

/**
 * Decides how an execution uses the answer cache. The cache is used if the prompt enables it. If
 * the prompt does not say, it is used at temperature 0 or if the caller asks for it. It is never
 * used if the prompt or the caller disables it. `no-cache` calls the model and stores its answer;
 * `no-store` neither reads nor stores.
 */
export function cachePolicy({ settings, temperature, cache, directives, fresh_ms }: CachePolicyInput): CachePolicy {
  const isEnabled = settings.cache_responses ?? (cache === true || temperature === 0);
  const isAllowed = isEnabled && cache !== false && !directives.no_store;
  const maxAge = directives.max_age === undefined ? fresh_ms : Math.min(fresh_ms, directives.max_age * 1000);
  return {
    read: isAllowed && !directives.no_cache && maxAge > 0,
    write: isAllowed,
    max_age_ms: maxAge,
    only_if_cached: directives.only_if_cached,
    stale_if_error_ms: isAllowed ? (settings.stale_if_error ?? 0) * 1000 : 0,
  };
}
