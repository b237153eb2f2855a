import { describe, expect, it } from "vitest";
import { type AnswerEntry, createAnswerCache } from "../../src/cache/answers.ts";
import { createMemoryTier } from "../../src/cache/memory.ts";
import type { Answer } from "../../src/domain/completions/answer.ts";
import { answer } from "../support/answer.ts";
import { deferred, fakeTier } from "../support/tiers.ts";

const DAY = 86_400_000;
/** Longer than the memory of these isolates, at two bytes a letter. */
const LONG = "x".repeat(600_000);

function world() {
  const clock = { now: 1_795_000_000_000 };
  const now = () => clock.now;
  const [edge, kv] = [fakeTier("edge", now), fakeTier("kv", now)];
  const { defer, settle } = deferred();
  const isolate = () => {
    const memory = createMemoryTier<AnswerEntry>({ entries: 10, bytes: 1 << 20 });
    const life = { edgeTtlS: 86_400, kvTtlS: 3_600 };
    return { memory, ...createAnswerCache({ memory, edge, kv, life, now, random: () => 0, defer }) };
  };
  return { clock, edge, kv, settle, isolate };
}

const puts = (tier: { calls: string[] }) => tier.calls.filter((call) => call === "put").length;

describe("answers through the tiers", () => {
  it("finds a stored answer in the nearest tier, with its age", async () => {
    const { clock, edge, settle, isolate } = world();
    const here = isolate();
    here.store("t/k", answer("hello"), 600);
    await settle();
    clock.now += 2_000;
    expect(await here.find("t/k", DAY)).toMatchObject({ tier: "memory", age_ms: 2_000, answer: { text: "hello" } });
    await settle();
    expect(await isolate().find("t/k", DAY)).toMatchObject({ tier: "edge", age_ms: 2_000 });
    edge.kept.clear();
    expect(await isolate().find("t/k", DAY)).toMatchObject({ tier: "kv", age_ms: 2_000 });
    await settle();
    expect(await isolate().find("t/k", DAY)).toMatchObject({ tier: "edge" });
    expect(await here.find("t/other", DAY)).toBeUndefined();
  });

  it.each<[string, Partial<Answer>]>([
    ["text", { text: LONG }],
    ["reasoning", { reasoning: LONG }],
    ["block of reasoning", { reasoning_blocks: [{ type: "redacted_thinking", data: LONG }] }],
  ])("counts the bytes of an answer with a long %s, which memory has no room for", async (_name, change) => {
    const { settle, isolate } = world();
    const here = isolate();
    here.store("t/k", answer("hello", change), 600);
    await settle();
    expect(await here.find("t/k", DAY)).toMatchObject({ tier: "edge", answer: change });
  });

  it("asks no outer tier for an answer in memory", async () => {
    const { edge, kv, settle, isolate } = world();
    const here = isolate();
    here.store("t/k", answer("hello"), 600);
    await here.find("t/k", DAY);
    await settle();
    edge.calls.length = 0;
    kv.calls.length = 0;
    await here.find("t/k", DAY);
    expect([edge.calls, kv.calls]).toEqual([[], []]);
  });

  it("writes an answer to KV with its second request, and only once", async () => {
    const { kv, settle, isolate } = world();
    const here = isolate();
    here.store("t/k", answer("hello"), 600);
    await settle();
    expect(puts(kv)).toBe(0);
    for (let times = 0; times < 5; times++) await here.find("t/k", DAY);
    await settle();
    for (let times = 0; times < 5; times++) await isolate().find("t/k", DAY);
    await settle();
    expect(puts(kv)).toBe(1);
  });

  it("finds no answer older than the given age", async () => {
    const { clock, settle, isolate } = world();
    const here = isolate();
    here.store("t/k", answer("hello"), 600);
    await settle();
    clock.now += 10_000;
    expect(await here.find("t/k", 9_999)).toBeUndefined();
    expect(await isolate().find("t/k", 9_999)).toBeUndefined();
    expect(await here.find("t/k", 10_000)).toBeDefined();
  });

  it("keeps a stale answer for as long as it may stand in, and not longer", async () => {
    const { clock, settle, isolate } = world();
    isolate().store("t/k", answer("hello"), 600);
    await settle();
    clock.now += DAY + 599_000;
    expect(await isolate().find("t/k", DAY)).toBeUndefined();
    expect(await isolate().find("t/k", DAY + 600_000)).toMatchObject({ tier: "edge" });
    clock.now += 2_000;
    expect(await isolate().find("t/k", 10 * DAY)).toBeUndefined();
  });
});
