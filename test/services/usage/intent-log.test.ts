import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Intent, IntentBlock, ResolveIntents } from "../../../src/domain/executions/intent.ts";
import { byteLength } from "../../../src/lib/encoding.ts";
import { IntentLog } from "../../../src/services/usage/intent-log.ts";
import { deferred } from "../../support/tiers.ts";

const NOW = 1_795_000_000_000;
const MARGIN_MS = 60_000;
const intent = (id: string, fields: Partial<Intent> = {}) => ({ id, started_at: NOW, ...fields }) as Intent;
const hangs = async () => new Promise<never>(() => undefined);
const fails = async () => Promise.reject(new Error("down"));

/** A log whose object and queue keep what they take, after `append` and `send` let them. */
function setup(
  faults: { append?: () => Promise<unknown>; send?: () => Promise<unknown>; sleep?: () => Promise<void> } = {},
) {
  const [blocks, messages, events]: [IntentBlock[], Array<ResolveIntents & { delay: number }>, string[]] = [[], [], []];
  let asked = 0;
  const { defer } = deferred();
  const log = new IntentLog({
    now: () => Date.now(),
    objectOf: () => ({
      async append(block) {
        asked += 1;
        await faults.append?.();
        blocks.push(block);
      },
    }),
    queue: {
      async send(message, { delaySeconds }) {
        await faults.send?.();
        messages.push({ ...message, delay: delaySeconds });
      },
    },
    newId: () => `block ${blocks.length}`,
    defer,
    sleep: faults.sleep ?? (async (ms) => new Promise((resolve) => setTimeout(resolve, ms))),
    onFault: (event) => events.push(event),
    marginMs: MARGIN_MS,
  });
  return { log, blocks, messages, events, asked: () => asked };
}

const idsOf = (blocks: readonly IntentBlock[]) => blocks.map(({ intents }) => intents.map(({ id }) => id));

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the log of intents", () => {
  it("stores a lone intent at once, due a margin after the execution's last moment", async () => {
    const { log, blocks } = setup();
    await log.append("ten", intent("a"), NOW + 30_000);
    expect(blocks).toMatchObject([{ due_at: NOW + 30_000 + MARGIN_MS, intents: [{ id: "a" }] }]);
  });

  it("stores the intents of executions that begin together in one block", async () => {
    const { log, blocks, asked } = setup();
    const appended = Array.from({ length: 60 }, async (_, n) => log.append("ten", intent(`${n}`), NOW + n));
    await vi.advanceTimersByTimeAsync(4);
    await Promise.all(appended);
    expect(idsOf(blocks)).toEqual([["0"], Array.from({ length: 59 }, (_, n) => `${n + 1}`)]);
    expect(asked()).toBe(2);
    expect(blocks[1]?.due_at).toBe(NOW + 59 + MARGIN_MS);
  });

  it("keeps tenants apart, and a block within a hundred intents and a queue message", async () => {
    const { log, blocks } = setup();
    const many = Array.from({ length: 250 }, async (_, n) => log.append("a", intent(`${n}`), NOW));
    const end_user = "漢".repeat(1_000);
    const large = Array.from({ length: 100 }, async (_, n) => log.append("b", intent(`b${n}`, { end_user }), NOW));
    await vi.advanceTimersByTimeAsync(4);
    await Promise.all([...many, ...large]);
    expect(Math.max(...blocks.map(({ intents }) => intents.length))).toBe(100);
    expect(Math.max(...blocks.map((block) => byteLength(JSON.stringify(block))))).toBeLessThan(100_000);
    expect(idsOf(blocks).every((ids) => new Set(ids.map((id) => id.startsWith("b"))).size === 1)).toBe(true);
    expect(idsOf(blocks).flat()).toHaveLength(350);
  });

  it("puts the intent on the queue, delayed until it is due, where the object hangs", async () => {
    const { log, messages, events, asked } = setup({ append: hangs });
    const first = log.append("ten", intent("a"), NOW + 30_000);
    await vi.advanceTimersByTimeAsync(1_000);
    await first;
    expect(messages).toMatchObject([{ type: "resolve-intents", tenant_id: "ten", intents: [{ id: "a" }], delay: 89 }]);
    // The object is left alone for a while, so that the next executions lose no time.
    await log.append("ten", intent("b"), NOW + 30_000);
    expect([messages.length, asked(), events]).toEqual([2, 1, ["intents_queued"]]);
    await vi.advanceTimersByTimeAsync(5_000);
    void log.append("ten", intent("c"), NOW + 30_000);
    expect(asked()).toBe(2);
  });

  it("refuses the execution where neither the object nor the queue takes its intent", async () => {
    const { log } = setup({ append: fails, send: fails });
    const refused = log.append("ten", intent("a"), NOW);
    await expect(refused).rejects.toMatchObject({ status: 503, retryable: true, retryAfterMs: 1_000 });
  });

  it("stores the intent of a request although the request that was to send it was cut off", async () => {
    // The second block waits for more intents, and the request that waits never comes back.
    const { log, blocks } = setup({ sleep: hangs });
    await log.append("ten", intent("first"), NOW);
    const both = Promise.all([log.append("ten", intent("cut"), NOW), log.append("ten", intent("other"), NOW)]);
    await vi.advanceTimersByTimeAsync(20);
    await log.append("ten", intent("later"), NOW);
    expect(idsOf(blocks)).toEqual([["first"], ["later"]]);
    await vi.advanceTimersByTimeAsync(2_500);
    await both;
    expect(idsOf(blocks)).toEqual([["first"], ["later"], ["cut"], ["other"]]);
  });
});
