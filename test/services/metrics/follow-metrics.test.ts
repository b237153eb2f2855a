import { describe, expect, it } from "vitest";
import { sumsIn } from "../../../src/domain/metrics/live-totals.ts";
import { MetricsShare } from "../../../src/domain/metrics/metrics-share.ts";
import { followMetrics, LIVE_FOR_MS, type LiveEvent } from "../../../src/services/metrics/follow-metrics.ts";

/** Two shares, and streams of them. Time passes where a stream sleeps, and where the test says. */
function world() {
  const state = { now: 1_800_000_000_000, isDown: false };
  const shares = [new MetricsShare(null), new MetricsShare(null)];
  let id = 0;
  const follow = async (follower?: string) =>
    followMetrics(
      {
        now: () => state.now,
        sleep: async (ms) => void (state.now += ms),
        flush: async () => undefined,
        newId: () => follower ?? `follower ${id++}`,
        sharesOf: () =>
          shares.map((_, index) => ({
            async watch(name, withHistory) {
              if (state.isDown) throw new Error("down");
              return Promise.resolve(shares[index]?.watch(name, withHistory, state.now) ?? null);
            },
          })),
      },
      "ten_a",
    );
  let flushes = 0;
  const count = (index: number, requests: number) => {
    const delta = { requests: { '["/x","GET","200"]': [requests] } };
    shares[index]?.flush({ isolate: "a", id: ++flushes, delta, gauges: { active: { high: 1 } } }, state.now);
  };
  return { state, shares, follow, count };
}

async function next(events: AsyncGenerator<LiveEvent>): Promise<LiveEvent> {
  const { value, done } = await events.next();
  if (done === true) throw new Error("the stream has ended");
  return value;
}

async function update(events: AsyncGenerator<LiveEvent>) {
  const event = await next(events);
  if (event.type !== "update") throw new Error(`not an update but ${event.type}`);
  return { ...event, requests: sumsIn(event.point.totals).requests, ofMinute: sumsIn(event.minute).requests };
}

describe("following metrics", () => {
  it("begins with the last minutes of all shares, and goes on with what comes", async () => {
    const { state, shares, follow, count } = world();
    for (const share of shares) share.read(state.now - 10_000);
    count(0, 2);
    count(1, 3);
    state.now += 5_000;
    count(1, 4);
    const events = await follow();
    const history = await next(events);
    if (history.type !== "history") throw new Error("no history");
    expect(history.points.map(({ totals, ms }) => [sumsIn(totals).requests, ms])).toEqual([[5, 5_000]]);
    count(0, 7);
    expect(await update(events)).toMatchObject({ requests: 7, ofMinute: 12, active: { high: 2 }, point: { ms: 300 } });
    expect(await update(events)).toMatchObject({ requests: 0, ofMinute: 12 });
  });

  it("forgets what is older than a minute", async () => {
    const { state, follow, count } = world();
    const events = await follow();
    await next(events);
    count(0, 5);
    expect(await update(events)).toMatchObject({ ofMinute: 5 });
    state.now += 60_000;
    expect(await update(events)).toMatchObject({ ofMinute: 0 });
  });

  it("says so while the objects do not answer, and tells later what came meanwhile", async () => {
    const { state, follow, count } = world();
    const events = await follow();
    await next(events);
    state.isDown = true;
    expect(await next(events)).toEqual({ type: "silence" });
    count(0, 5);
    state.isDown = false;
    expect(await update(events)).toMatchObject({ requests: 5, point: { ms: 600 } });
  });

  it("loses nothing of one share where the other begins anew", async () => {
    const { shares, follow, count } = world();
    count(0, 50);
    const events = await follow();
    await next(events);
    shares[0] = new MetricsShare(null);
    count(1, 4);
    expect(await update(events)).toMatchObject({ requests: 4 });
  });

  it("ends after five minutes", async () => {
    const { state, follow } = world();
    const startedAt = state.now;
    let last: LiveEvent | undefined;
    for await (const event of await follow()) last = event;
    expect(last?.type).toBe("update");
    expect(state.now - startedAt).toBeLessThanOrEqual(LIVE_FOR_MS + 300);
  });

  it("is refused with a 429 to the 21st stream at a time", async () => {
    const { follow } = world();
    for (let n = 0; n < 20; n++) await follow();
    await expect(follow()).rejects.toMatchObject({ code: "rate_limit_error", retryAfterMs: 10_000 });
  });
});
