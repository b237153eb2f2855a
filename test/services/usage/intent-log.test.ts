import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Intent, IntentBlock, ResolveIntents } from "../../../src/domain/executions/intent.ts";
import { LEDGER_SHARES } from "../../../src/domain/ledger/ledger-messages.ts";
import { newIdIn, newIdNaming, shareOf, standInFor } from "../../../src/domain/ledger/shares.ts";
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

  it("keeps blocks of named shares apart, and of one that does not answer in the share beside it", async () => {
    const ids = [newIdNaming(20, NOW), newIdNaming(20, NOW), newIdNaming(30, NOW), "unnamed", newIdNaming(30, NOW)];
    const { log, blocks, asked } = setup({ intend: async (share) => (share === 30 ? fails() : undefined) });
    const appended = ids.map(async (id) => log.append("ten", intent(id), NOW));
    await vi.advanceTimersByTimeAsync(4);
    await Promise.all(appended);
    expect(idsOf(blocks).every((some) => new Set(some.map((id) => shareOf(id))).size === 1)).toBe(true);
    expect(idsOf(blocks).flat().toSorted()).toEqual(ids.toSorted());
    expect(new Set(asked)).toEqual(new Set([20, 30, 31, shareOf("unnamed")]));
  });

  it("lets intents wait for a block that is late, and stores them together", async () => {
    const late = Promise.withResolvers<undefined>();
    const { log, blocks, asked } = setup({ intend: async () => (asked.length === 1 ? late.promise : undefined) });
    const first = log.append("ten", intent(newIdIn(3, NOW)), NOW);
    await vi.advanceTimersByTimeAsync(150);
    const ids = Array.from({ length: 30 }, () => newIdIn(3, NOW));
    const others: Promise<void>[] = [];
    for (const [n, id] of ids.entries()) {
      others.push(log.append("ten", intent(id), NOW + n));
      await vi.advanceTimersByTimeAsync(20);
    }
    expect(asked).toHaveLength(1);
    late.resolve(undefined);
    await vi.advanceTimersByTimeAsync(10);
    await Promise.all([first, ...others]);
    expect(idsOf(blocks).slice(1)).toEqual([ids]);
    expect(blocks[1]?.due_at).toBe(NOW + 29 + MARGIN_MS);
  });

  it("lets no intent wait for a block that is as fast as most, nor for one of another tenant", async () => {
    const { log, asked } = setup({ intend: hangs });
    void log.append("ten", intent("a"), NOW);
    await vi.advanceTimersByTimeAsync(100);
    void log.append("ten", intent("b"), NOW);
    await vi.advanceTimersByTimeAsync(50);
    void log.append("other", intent("c"), NOW);
    expect(asked).toHaveLength(3);
  });

  it("lets no intent wait where the way is long, but for a block that takes twice as long as that", async () => {
    const far = async () => new Promise((resolve) => setTimeout(resolve, 120));
    const { log, asked } = setup({ intend: async () => (asked.length === 1 ? far() : hangs()) });
    const first = log.append("ten", intent(newIdIn(3, NOW)), NOW);
    await vi.advanceTimersByTimeAsync(120);
    await first;
    void log.append("ten", intent(newIdIn(3, NOW)), NOW);
    await vi.advanceTimersByTimeAsync(230);
    void log.append("ten", intent(newIdIn(3, NOW)), NOW);
    expect(asked).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(30);
    void log.append("ten", intent(newIdIn(3, NOW)), NOW);
    expect(asked).toHaveLength(3);
  });

  it("lets no intent wait for a far object as if it were as near as another one", async () => {
    const [near, far] = [20, 30];
    const waysMs = new Map([
      [near, 10],
      [far, 180],
    ]);
    const { log, asked } = setup({
      intend: async (share) => new Promise((resolve) => setTimeout(resolve, waysMs.get(share))),
    });
    for (const share of [near, far, far]) {
      void log.append("ten", intent(newIdNaming(share, NOW)), NOW);
      await vi.advanceTimersByTimeAsync(asked.length < 3 ? 200 : 150);
    }
    void log.append("ten", intent(newIdNaming(far, NOW)), NOW);
    expect(asked).toEqual([near, far, far, far]);
  });

  it("lets no intent wait for another object than its own", async () => {
    const { log, asked } = setup({ intend: async (share) => (share === 3 ? hangs() : undefined) });
    for (let n = 0; n < 2; n += 1) {
      void log.append("ten", intent(newIdIn(3, NOW)), NOW);
      await vi.advanceTimersByTimeAsync(200);
    }
    // The second block waits for the first, and is open.
    for (const id of [newIdIn(5, NOW), newIdNaming(20, NOW)]) void log.append("ten", intent(id), NOW);
    await vi.advanceTimersByTimeAsync(4);
    expect(asked).toEqual([3, 5, 20]);
  });

  it("stores what waited for a block whose object hangs in the next share, a second later", async () => {
    const own = shareOf("a");
    const { log, blocks, asked } = setup({ intend: async (share) => (share === own ? hangs() : undefined) });
    const first = log.append("ten", intent("a"), NOW);
    await vi.advanceTimersByTimeAsync(500);
    const second = log.append("ten", intent("a"), NOW);
    await vi.advanceTimersByTimeAsync(520);
    await Promise.all([first, second]);
    expect([blocks.length, asked]).toEqual([2, [own, standInFor("a"), standInFor("a")]]);
  });

  it("stores intents although the request was cut off that waited for a late block before them", async () => {
    const [firstId = "", cutId = "", joinedId = "", nextId = ""] = [1, 2, 3, 4].map(() => newIdIn(3, NOW));
    const late = Promise.withResolvers<undefined>();
    let sleeps = 0;
    const sleep = async () => ((sleeps += 1) === 1 ? hangs() : new Promise<void>((resolve) => setTimeout(resolve, 10)));
    const { log, blocks } = setup({ intend: async () => (blocks.length === 0 ? late.promise : undefined), sleep });
    const first = log.append("ten", intent(firstId), NOW);
    await vi.advanceTimersByTimeAsync(150);
    void log.append("ten", intent(cutId), NOW);
    const joined = log.append("ten", intent(joinedId), NOW);
    await vi.advanceTimersByTimeAsync(50);
    const next = log.append("ten", intent(nextId), NOW);
    await vi.advanceTimersByTimeAsync(50);
    late.resolve(undefined);
    await vi.advanceTimersByTimeAsync(10);
    await Promise.all([first, next]);
    expect(idsOf(blocks)).toEqual([[firstId], [nextId]]);
    await vi.advanceTimersByTimeAsync(4_500);
    await joined;
    expect(idsOf(blocks)).toEqual([[firstId], [nextId], [joinedId]]);
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
    await vi.advanceTimersByTimeAsync(4_500);
    await other;
    expect(idsOf(blocks)).toEqual([["first"], ["later"], ["other"]]);
  });
});
