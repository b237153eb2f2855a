import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answerThrottle } from "../../../src/domain/gate/authority/throttle-bucket.ts";
import { ThrottleClient } from "../../../src/domain/gate/client/throttle-client.ts";
import type { ThrottleLimits, ThrottleQuestion } from "../../../src/domain/gate/protocol/throttle-messages.ts";

const LIMITS = { rate_per_s: 2_000, burst: 5_000 };
const NOTHING = { spent: 0, unspent: 0, waiting: 0, ahead: 0 };

/** An authority with its stored time. */
function authority(limits: ThrottleLimits) {
  let fullAt = 0;
  return (question: Partial<ThrottleQuestion>, now: number) => {
    const settled = answerThrottle(fullAt, limits, { ...NOTHING, ...question }, now);
    fullAt = settled.fullAt;
    return settled.answer;
  };
}

/**
 * Isolates with one authority, driven by events in order of time. `fate` says how long each way of
 * a question takes, or on which way it is lost.
 */
function simulate(
  limits: ThrottleLimits,
  isolates: number,
  fate: () => { there: number; back: number; lost?: string },
) {
  const ask = authority(limits);
  const events: { at: number; run: (now: number) => void }[] = [];
  const counts = { passed: 0, open: 0, refused: 0, asks: 0, waits: [] as number[] };
  const later = (at: number, run: (now: number) => void) =>
    events.splice(events.findLastIndex((event) => event.at <= at) + 1, 0, { at, run });
  const all = Array.from({ length: isolates }, () => ({
    client: new ThrottleClient(limits),
    waiting: 0,
    open: false,
    asked: NOTHING,
  }));
  type Isolate = (typeof all)[number];

  function question(isolate: Isolate, now: number): void {
    counts.asks += 1;
    const asked = (isolate.asked = isolate.client.question(isolate.waiting, now));
    const { there, back, lost } = fate();
    if (lost === "there") return;
    later(now + there, (arrived) => {
      const answer = ask(asked, arrived);
      if (lost === "back") return;
      later(arrived + back, (at) => {
        if (isolate.asked === asked && isolate.client.isAsking()) isolate.open = false;
        isolate.client.receive(asked, answer, at);
        again(isolate, at);
      });
    });
  }
  function again(isolate: Isolate, now: number): void {
    const { waiting } = isolate;
    for (let each = 0; each < waiting; each++) {
      isolate.waiting -= 1;
      spend(isolate, now);
    }
  }
  function spend(isolate: Isolate, now: number): void {
    if (isolate.client.loseOverdue(now)) {
      isolate.open = true;
      again(isolate, now);
    }
    const verdict = isolate.client.spend(now);
    if (verdict === "passed") counts[isolate.open ? "open" : "passed"] += 1;
    else if (verdict === "ask") {
      isolate.waiting += 1;
      if (!isolate.client.isAsking()) question(isolate, now);
    } else {
      counts.refused += 1;
      counts.waits.push(verdict.wait_ms);
    }
    if (isolate.client.isDue(now)) question(isolate, now);
  }
  return {
    counts,
    request(index: number, at: number): void {
      later(at, (now) => {
        const isolate = all[index % isolates];
        isolate?.client.observeCall(now);
        if (isolate) spend(isolate, now);
      });
    },
    /** Runs all events and calls `check` with the time after each. */
    run(check: (now: number) => void = () => undefined): void {
      for (let next = events.shift(); next; next = events.shift()) {
        next.run(next.at);
        check(next.at);
      }
    },
  };
}

describe("the authority of a tenant's throttle", () => {
  it("serves waiting callers first, and grants at most half of the rest ahead of demand", () => {
    const ask = authority({ rate_per_s: 10, burst: 8 });
    expect(ask({ waiting: 2, ahead: 100 }, 1_000)).toEqual({ granted: 5, remaining: 3, wait_ms: 0 });
    expect(ask({ ahead: 100 }, 1_000)).toEqual({ granted: 1, remaining: 2, wait_ms: 0 });
  });

  it("grants what there is where it is not enough, and names the wait for the next request", () => {
    const ask = authority({ rate_per_s: 10, burst: 8 });
    expect(ask({ waiting: 10 }, 1_000)).toEqual({ granted: 8, remaining: 0, wait_ms: 100 });
    expect(ask({ waiting: 1 }, 1_099)).toMatchObject({ granted: 0, wait_ms: 50 });
    expect(ask({ waiting: 1 }, 1_100)).toEqual({ granted: 1, remaining: 0, wait_ms: 0 });
    expect(ask({ ahead: 5 }, 1_100)).toEqual({ granted: 0, remaining: 0, wait_ms: 100 });
  });

  it("pays off credit beyond the bucket before it grants again", () => {
    const ask = authority({ rate_per_s: 10, burst: 8 });
    expect(ask({ spent: 10, waiting: 1 }, 1_000)).toEqual({ granted: 0, remaining: -2, wait_ms: 300 });
    expect(ask({ waiting: 1 }, 1_299).granted).toBe(0);
    expect(ask({ waiting: 1 }, 1_300).granted).toBe(1);
  });

  it("takes back what was not spent, and never holds more than its burst", () => {
    const ask = authority({ rate_per_s: 10, burst: 8 });
    ask({ waiting: 4 }, 1_000);
    expect(ask({ unspent: 3 }, 1_000).remaining).toBe(7);
    expect(ask({ unspent: 3 }, 1_000).remaining).toBe(8);
  });
});

describe("isolates with one authority", () => {
  const limits = fc.record({ rate_per_s: fc.integer({ min: 1, max: 200 }), burst: fc.integer({ min: 1, max: 300 }) });
  const way = fc.record({
    there: fc.integer({ min: 0, max: 400 }),
    back: fc.integer({ min: 0, max: 400 }),
    lost: fc.constantFrom(undefined, undefined, undefined, undefined, "there", "back"),
  });
  const arrivals = fc.array(fc.tuple(fc.nat(7), fc.nat(6_000), fc.integer({ min: 1, max: 60 })), { maxLength: 60 });

  it("never pass more than burst, rate × time and a credit each, however slow and lossy the network", () => {
    const property = fc.property(
      limits,
      fc.integer({ min: 1, max: 8 }),
      arrivals,
      fc.array(way, { minLength: 1, maxLength: 20 }),
      (limit, isolates, asked, ways) => {
        let turn = 0;
        const world = simulate(limit, isolates, () => ways[turn++ % ways.length] ?? { there: 0, back: 0 });
        for (const [isolate, at, times] of asked) for (let n = 0; n < times; n++) world.request(isolate, at);
        const credit = Math.min(20, Math.floor(limit.burst / 10));
        world.run((now) => {
          const most = limit.burst + (limit.rate_per_s * now) / 1000 + credit * isolates;
          expect(world.counts.passed).toBeLessThanOrEqual(most + 1e-3);
        });
      },
    );
    fc.assert(property, { numRuns: 150, seed: 5 });
  });

  it("ask once in ten requests where requests are rare, and a few times a second under load", () => {
    const rare = simulate(LIMITS, 1, () => ({ there: 5, back: 5 }));
    for (let n = 0; n < 100; n++) rare.request(0, 1_000 * n);
    rare.run();
    expect(rare.counts).toMatchObject({ passed: 100, asks: 10 });
    const busy = simulate(LIMITS, 1, () => ({ there: 5, back: 5 }));
    for (let n = 0; n < 9_000; n++) busy.request(0, n);
    busy.run();
    expect(busy.counts).toMatchObject({ passed: 9_000, refused: 0 });
    expect(busy.counts.asks).toBeLessThan(9_000 / 200);
  });

  it("use the limit up under excess demand, and refuse the rest with few questions", () => {
    const world = simulate({ rate_per_s: 2_000, burst: 1_000 }, 4, () => ({ there: 5, back: 5 }));
    const wanted = 20_000;
    for (let n = 0; n < wanted; n++) world.request(n, n / 8);
    let end = 0;
    world.run((now) => (end = now));
    const { passed, refused, asks } = world.counts;
    // No request waits longer than for the open question and one of its own.
    expect(end).toBeLessThanOrEqual(wanted / 8 + 20);
    expect(passed + refused).toBe(wanted);
    // 2.5 s at 2,000/s and a burst of 1,000, with a credit of 20 for each of the four isolates.
    expect(passed).toBeGreaterThan(0.98 * 6_000);
    expect(passed).toBeLessThanOrEqual(6_080);
    expect(asks).toBeLessThan(wanted / 40);
  });

  it("refuse only after they asked, with a wait after which a request passes", () => {
    const world = simulate({ rate_per_s: 10, burst: 5 }, 1, () => ({ there: 10, back: 10 }));
    for (let n = 0; n < 8; n++) world.request(0, 0);
    world.run();
    expect(world.counts).toMatchObject({ passed: 5, refused: 3 });
    const wait = Math.max(...world.counts.waits);
    expect(wait).toBeLessThanOrEqual(100);
    world.request(0, 100 + wait);
    world.run();
    expect(world.counts.passed).toBe(6);
  });
});

describe("a throttle client", () => {
  it("spends credit before any answer, asks once half of it is used, and waits once all is", () => {
    const client = new ThrottleClient(LIMITS);
    const taken = Array.from({ length: 21 }, () => client.spend(1_000));
    expect([taken.slice(0, 20).every((each) => each === "passed"), taken[20]]).toEqual([true, "ask"]);
    expect(client.isDue(1_000)).toBe(true);
    const question = client.question(1, 1_000);
    expect(question).toMatchObject({ spent: 20, waiting: 1 });
    expect([client.isDue(1_000), client.spend(1_000)]).toEqual([false, "ask"]);
    client.receive(question, { granted: 1, remaining: 4_979, wait_ms: 0 }, 1_010);
    expect(client.spend(1_010)).toBe("passed");
  });

  it("has no credit from the answer that little is left until the answer that enough is left", () => {
    const client = new ThrottleClient(LIMITS);
    const hear = (remaining: number, wait_ms: number, now: number) =>
      client.receive(client.question(0, now), { granted: 0, remaining, wait_ms }, now);
    hear(0, 50, 1_000);
    expect([client.spend(1_049), client.spend(1_050)]).toEqual([{ wait_ms: 1 }, "ask"]);
    hear(2_499, 0, 1_100);
    expect(client.spend(1_100)).toBe("ask");
    hear(2_500, 0, 1_200);
    expect(client.spend(1_200)).toBe("passed");
  });

  it("gives back once what was left of a grant when it expired", () => {
    const client = new ThrottleClient(LIMITS);
    const question = client.question(10, 1_000);
    client.receive(question, { granted: 10, remaining: 4_990, wait_ms: 0 }, 1_900);
    for (let n = 0; n < 3; n++) client.spend(2_999);
    const next = client.question(0, 3_000);
    expect(next).toEqual({ ...NOTHING, unspent: 7 });
    client.lose(next, 3_100);
    expect(client.question(0, 3_200)).toEqual(NOTHING);
  });

  it("reports again what a lost question reported, passes all meanwhile, and ignores a late answer", () => {
    const client = new ThrottleClient(LIMITS);
    for (let n = 0; n < 20; n++) client.spend(1_000);
    const lost = client.question(1, 1_000);
    expect([client.loseOverdue(1_999), client.loseOverdue(2_000)]).toEqual([false, true]);
    expect(Array.from({ length: 100 }, () => client.spend(2_000)).every((each) => each === "passed")).toBe(true);
    client.receive(lost, { granted: 50, remaining: 0, wait_ms: 0 }, 2_500);
    expect([client.isDue(2_999), client.isDue(3_000)]).toEqual([false, true]);
    const again = client.question(0, 3_000);
    expect(again).toMatchObject({ spent: 20, unspent: 0 });
    client.receive(lost, { granted: 50, remaining: 0, wait_ms: 0 }, 3_005);
    expect(client.isAsking()).toBe(true);
    client.receive(again, { granted: 0, remaining: 0, wait_ms: 70 }, 3_010);
    expect(client.spend(3_020)).toEqual({ wait_ms: 60 });
  });

  it("computes the allowance from the last answer, the time since and what it spent since", () => {
    const client = new ThrottleClient(LIMITS);
    client.spend(1_000);
    expect(client.allowance(1_000)).toMatchObject({ limit: 5_000, remaining: 4_999, window_ms: 2_500 });
    const question = client.question(0, 1_000);
    client.receive(question, { granted: 0, remaining: 1_000, wait_ms: 0 }, 1_010);
    expect(client.allowance(1_510)).toMatchObject({ remaining: 2_000, reset_ms: 1_500 });
  });
});
