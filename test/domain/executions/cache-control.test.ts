import { describe, expect, it } from "vitest";
import { cachePolicy, type CachePolicyInput, parseCacheControl } from "../../../src/domain/executions/cache-control.ts";

const none = parseCacheControl(undefined);

describe("a request's Cache-Control", () => {
  it.each([
    [undefined, none],
    ["no-store", { ...none, no_store: true }],
    ["No-Cache, only-if-cached", { ...none, no_cache: true, only_if_cached: true }],
    ["max-age=60", { ...none, max_age: 60 }],
    ['max-age="60", foo=bar', { ...none, max_age: 60 }],
    ["max-age=-1, max-stale", none],
    ["max-age=1e3", none],
    [",,= , ", none],
  ])("reads %s", (header, directives) => {
    expect(parseCacheControl(header)).toEqual(directives);
  });
});

describe("whether stored answers are used", () => {
  const policy = (input: Partial<CachePolicyInput>) =>
    cachePolicy({
      settings: {},
      temperature: undefined,
      cache: undefined,
      directives: none,
      fresh_ms: 1_000_000,
      ...input,
    });
  const used = (input: Partial<CachePolicyInput>) => {
    const { read, write } = policy(input);
    return [read, write];
  };

  it.each<[string, Partial<CachePolicyInput>, boolean[]]>([
    ["nobody asks", {}, [false, false]],
    ["the prompt asks", { settings: { cache_responses: true } }, [true, true]],
    ["the temperature is 0", { temperature: 0 }, [true, true]],
    ["the temperature is low, not 0", { temperature: 0.1 }, [false, false]],
    ["the caller asks where the prompt is silent", { cache: true }, [true, true]],
    ["the caller refuses what the prompt wants", { settings: { cache_responses: true }, cache: false }, [false, false]],
    ["the author refuses what the caller wants", { settings: { cache_responses: false }, cache: true }, [false, false]],
    ["the author refuses at temperature 0", { settings: { cache_responses: false }, temperature: 0 }, [false, false]],
    ["no-store", { cache: true, directives: parseCacheControl("no-store") }, [false, false]],
    ["no-cache", { cache: true, directives: parseCacheControl("no-cache") }, [false, true]],
    ["max-age=0", { cache: true, directives: parseCacheControl("max-age=0") }, [false, true]],
  ])("where %s", (_what, input, expected) => {
    expect(used(input)).toEqual(expected);
  });

  it("never takes an answer beyond its freshness, whatever max-age allows", () => {
    const at = (header: string) => policy({ cache: true, directives: parseCacheControl(header) }).max_age_ms;
    expect([at("max-age=2"), at("max-age=999999999"), at("")]).toEqual([2_000, 1_000_000, 1_000_000]);
  });

  it("lets a stale answer stand in only where the prompt says so and answers are used", () => {
    const settings = { cache_responses: true, stale_if_error: 60 };
    expect(policy({ settings }).stale_if_error_ms).toBe(60_000);
    expect(policy({ settings, directives: parseCacheControl("no-store") }).stale_if_error_ms).toBe(0);
    expect(policy({ settings: { cache_responses: true } }).stale_if_error_ms).toBe(0);
  });
});
