import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Intent, IntentBlock, ResolveIntents } from "../../../src/domain/executions/intent.ts";
import { LEDGER_SHARES } from "../../../src/domain/ledger/ledger-messages.ts";
import { shareOf } from "../../../src/domain/ledger/shares.ts";
import { byteLength } from "../../../src/lib/encoding.ts";
import { IntentLog } from "../../../src/services/usage/intent-log.ts";
import { deferred } from "../../support/tiers.ts";

const NOW = 1_795_000_000_000;
const MARGIN_MS = 60_000;
const intent = (id: string, fields: Partial<Intent> = {}) => ({ id, started_at: NOW, ...fields }) as Intent;
const hangs = async () => new Promise<never>(() => undefined);
const fails = async () => Promise.reject(new Error("down"));

/** A log whose objects and queue keep what they take, after `intend` and `send` let them. */
function setup(
  faults: {
    intend?: (share: number) => Promise<unknown>;
    send?: () => Promise<unknown>;
    sleep?: () => Promise<void>;
  } = {},
) {
  const [blocks, messages, events]: [IntentBlock[], Array<ResolveIntents & { delay: number }>, string[]] = [[], [], []];
  const asked: number[] = [];
  const { defer } = deferred();
  const log = new IntentLog({
    now: () => Date.now(),
    ledgerOf: (_tenant, share) => ({
      async intend(block) {
        asked.push(share);
        await faults.intend?.(share);
        blocks.push(block);
      },
    }),
    waiting: { takeAlong: () => ({ entries: [], settle: () => undefined }) },
    queue: {
      async send(message, { delaySeconds }) {
        await faults.send?.();
        messages.push({ ...message, delay: delaySeconds });
      },
    },
    defer,
    sleep: faults.sleep ?? (async (ms) => new Promise((resolve) => setTimeout(resolve, ms))),
    onFault: (event) => events.push(event),
    marginMs: MARGIN_MS,
  });
  return { log, blocks, messages, events, asked };
}

const idsOf = (blocks: readonly Pick<IntentBlock, "intents">[]) =>
  blocks.map(({ intents }) => intents.map(({ id }) => id));

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
    expect(asked).toHaveLength(2);
    expect(blocks[1]?.due_at).toBe(NOW + 59 + MARGIN_MS);
  });

  it("keeps tenants apart, and a block within a hundred intents", async () => {
    const { log, blocks } = setup();
    const many = Array.from({ length: 250 }, async (_, n) => log.append("a", intent(`${n}`), NOW));
    const others = Array.from({ length: 100 }, async (_, n) => log.append("b", intent(`b${n}`), NOW));
    await vi.advanceTimersByTimeAsync(4);
    await Promise.all([...many, ...others]);
    expect(Math.max(...blocks.map(({ intents }) => intents.length))).toBe(100);
    expect(idsOf(blocks).every((ids) => new Set(ids.map((id) => id.startsWith("b"))).size === 1)).toBe(true);
    expect(idsOf(blocks).flat()).toHaveLength(350);
  });

  it("keeps a message within what the queue takes, however long its intents are", async () => {
    const { log, messages } = setup({ intend: fails });
    const end_user = "漢".repeat(1_000);
    const large = Array.from({ length: 101 }, async (_, n) => log.append("b", intent(`b${n}`, { end_user }), NOW));
    await vi.advanceTimersByTimeAsync(4);
    await Promise.all(large);
    expect(messages.length).toBeGreaterThan(3);
    expect(Math.max(...messages.map((message) => byteLength(JSON.stringify(message))))).toBeLessThan(100_000);
    expect(idsOf(messages).flat()).toHaveLength(101);
  });

  it("gives the intent to the next share where the object hangs", async () => {
    const own = shareOf("a");
    const next = (own + 1) % LEDGER_SHARES;
    const { log, blocks, messages, asked } = setup({ intend: async (share) => (share === own ? hangs() : undefined) });
    const first = log.append("ten", intent("a"), NOW + 30_000);
    await vi.advanceTimersByTimeAsync(1_000);
    await first;
    expect([idsOf(blocks), messages, asked]).toEqual([[["a"]], [], [own, next]]);
    // The object is left alone for a while, so that the next executions lose no time.
    await log.append("ten", intent("a"), NOW + 30_000);
    expect(asked).toEqual([own, next, next]);
  });

  it("puts the intent on the queue, delayed until it is due, where both objects hang", async () => {
    const { log, messages, events, asked } = setup({ intend: hangs });
    const first = log.append("ten", intent("a"), NOW + 30_000);
    await vi.advanceTimersByTimeAsync(2_000);
    await first;
    expect(messages).toMatchObject([{ type: "resolve-intents", tenant_id: "ten", intents: [{ id: "a" }], delay: 88 }]);
    await log.append("ten", intent("a"), NOW + 30_000);
    expect([messages.length, asked.length, events]).toEqual([2, 2, ["intents_diverted", "intents_diverted"]]);
    await vi.advanceTimersByTimeAsync(5_000);
    void log.append("ten", intent("a"), NOW + 30_000);
    expect(asked).toHaveLength(3);
  });

  it("refuses the execution where neither the objects nor the queue take its intent", async () => {
    const { log } = setup({ intend: fails, send: fails });
    const refused = log.append("ten", intent("a"), NOW);
    await expect(refused).rejects.toMatchObject({ status: 503, retryable: true, retryAfterMs: 1_000 });
  });

  it("stores the intent of a request although the request that was to send it was cut off", async () => {
    // The second block waits for more intents, and the request that waits never comes back. Its own
    // execution has ended with it.
    const { log, blocks } = setup({ sleep: hangs });
    await log.append("ten", intent("first"), NOW);
    void log.append("ten", intent("cut"), NOW);
    const other = log.append("ten", intent("other"), NOW);
    await vi.advanceTimersByTimeAsync(20);
    await log.append("ten", intent("later"), NOW);
    expect(idsOf(blocks)).toEqual([["first"], ["later"]]);
    await vi.advanceTimersByTimeAsync(3_500);
    await other;
    expect(idsOf(blocks)).toEqual([["first"], ["later"], ["other"]]);
  });
});
