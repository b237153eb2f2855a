import { describe, expect, it } from "vitest";
import { cachePolicy, type CachePolicyInput, parseCacheControl } from "../../../src/domain/executions/cache-control.ts";

const none = parseCacheControl(undefined);

describe("parseCacheControl", () => {
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

describe("cachePolicy", () => {
  const policy = (input: Partial<CachePolicyInput>) =>
    cachePolicy({
      settings: {},
      temperature: undefined,
      cache: undefined,
      directives: none,
      fresh_ms: 1_000_000,
      ...input,
    });
  const readAndWrite = (input: Partial<CachePolicyInput>) => {
    const { read, write } = policy(input);
    return [read, write];
  };

  it.each<[string, Partial<CachePolicyInput>, boolean[]]>([
    ["neither prompt nor caller asks", {}, [false, false]],
    ["the prompt enables the cache", { settings: { cache_responses: true } }, [true, true]],
    ["the temperature is 0", { temperature: 0 }, [true, true]],
    ["the temperature is low but not 0", { temperature: 0.1 }, [false, false]],
    ["the caller asks and the prompt does not say", { cache: true }, [true, true]],
    [
      "the caller refuses what the prompt enables",
      { settings: { cache_responses: true }, cache: false },
      [false, false],
    ],
    [
      "the prompt disables what the caller asks for",
      { settings: { cache_responses: false }, cache: true },
      [false, false],
    ],
    [
      "the prompt disables the cache at temperature 0",
      { settings: { cache_responses: false }, temperature: 0 },
      [false, false],
    ],
    ["the header is no-store", { cache: true, directives: parseCacheControl("no-store") }, [false, false]],
    ["the header is no-cache", { cache: true, directives: parseCacheControl("no-cache") }, [false, true]],
    ["the header is max-age=0", { cache: true, directives: parseCacheControl("max-age=0") }, [false, true]],
  ])("decides reading and writing where %s", (_case, input, expected) => {
    expect(readAndWrite(input)).toEqual(expected);
  });

  it("never allows an answer beyond its freshness, whatever max-age says", () => {
    const maxAgeFor = (header: string) => policy({ cache: true, directives: parseCacheControl(header) }).max_age_ms;
    expect([maxAgeFor("max-age=2"), maxAgeFor("max-age=999999999"), maxAgeFor("")]).toEqual([
      2_000, 1_000_000, 1_000_000,
    ]);
  });

  it("allows a stale answer only where the prompt does and the cache is used", () => {
    const settings = { cache_responses: true, stale_if_error: 60 };
    expect(policy({ settings }).stale_if_error_ms).toBe(60_000);
    expect(policy({ settings, directives: parseCacheControl("no-store") }).stale_if_error_ms).toBe(0);
    expect(policy({ settings: { cache_responses: true } }).stale_if_error_ms).toBe(0);
  });
});
