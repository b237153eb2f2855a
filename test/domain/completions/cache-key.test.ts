import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Relay } from "../../../src/domain/completions/relay.ts";
import { cacheKeyText, type CacheKeyParts } from "../../../src/domain/completions/cache-key.ts";

const SEED = 20261124;

const message = fc.record({
  role: fc.constantFrom("system" as const, "user" as const, "assistant" as const),
  content: fc.string({ unit: "binary", maxLength: 12 }),
});
const parameters = fc.record(
  {
    temperature: fc.constantFrom(0, 0.5, 1, 2),
    max_tokens: fc.integer({ min: 1, max: 3 }),
    top_p: fc.constantFrom(0, 0.5, 1),
    stop: fc.array(fc.constantFrom("a", "b", "ab", "a,b"), { maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const parts: fc.Arbitrary<CacheKeyParts> = fc.record(
  {
    tenant_id: fc.constantFrom("ten_a", "ten_b"),
    content_hash: fc.constantFrom("h1", "h2"),
    epoch: fc.nat({ max: 2 }),
    provider: fc.constantFrom("openai" as const, "anthropic" as const),
    model: fc.constantFrom("m", "m-1"),
    messages: fc.array(message, { minLength: 1, maxLength: 3 }),
    parameters,
    output_format: fc.record({ name: fc.constantFrom("a", "b"), strict: fc.boolean() }),
    output_schema: fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
  },
  { requiredKeys: ["tenant_id", "content_hash", "epoch", "provider", "model", "messages", "parameters"] },
);

/** The same value with the members of every object in reverse order. */
function reversed<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item) => reversed(item)) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toReversed();
  return Object.fromEntries(entries.map(([name, member]) => [name, reversed(member)])) as T;
}

const toJson = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;

describe("a cache key", () => {
  it("equals another exactly when all of their parts are equal", () => {
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const same = fc.stringify(sorted(toJson(a))) === fc.stringify(sorted(toJson(b)));
        expect(cacheKeyText(a) === cacheKeyText(b)).toBe(same);
      }),
      { seed: SEED, numRuns: 2_000 },
    );
  });

  it("does not depend on the order of an object's members", () => {
    fc.assert(
      fc.property(parts, (a) => {
        expect(cacheKeyText(reversed(a))).toBe(cacheKeyText(a));
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it("differs when any single part differs", () => {
    const change: fc.Arbitrary<Partial<CacheKeyParts>> = fc.constantFrom<Partial<CacheKeyParts>>(
      { tenant_id: "ten_c" },
      { content_hash: "h3" },
      { epoch: 9 },
      { provider: "other" },
      { model: "m-2" },
      { messages: [] },
      { messages: [{ role: "user", content: "\uD800" }] },
      { parameters: { temperature: 0.25 } },
      { parameters: { max_tokens: 99 } },
      { parameters: { top_p: 0.25 } },
      { parameters: { stop: ["c"] } },
      { output_schema: { type: "object", title: "another" } },
    );
    fc.assert(
      fc.property(parts, change, (a, changed) => {
        expect(cacheKeyText({ ...a, ...changed })).not.toBe(cacheKeyText(a));
      }),
      { seed: SEED, numRuns: 1_000 },
    );
  });

  it("tells events that are relayed from those that are written", () => {
    const relay = { door: "chat" as const, body: {}, body_bytes: 2, headers: {} };
    const base = { tenant_id: "t", content_hash: "h", epoch: 0, provider: "openai", model: "m", messages: [] };
    const keyOf = (of: Relay) => cacheKeyText({ ...base, parameters: {}, relay: of, form: "stream" });
    expect(keyOf({ ...relay, is_written: true })).not.toBe(keyOf(relay));
  });

  it("distinguishes lone surrogates", () => {
    const keyOf = (content: string) =>
      cacheKeyText({
        tenant_id: "t",
        content_hash: "h",
        epoch: 0,
        provider: "openai",
        model: "m",
        messages: [{ role: "user", content }],
        parameters: {},
      });
    expect(new Set(["\uD800", "\uD801", "\uFFFD", "\\ud800"].map(keyOf)).size).toBe(4);
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .map(([name, member]) => [name, sorted(member)])
    .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1));
}
