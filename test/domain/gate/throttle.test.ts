import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  answerThrottle,
  createThrottleHolder,
  type ThrottleLimits,
  type ThrottleQuestion,
} from "../../../src/domain/gate/throttle.ts";

const LIMITS = { rate_per_s: 2_000, burst: 5_000 };
const NOTHING = { spent: 0, unspent: 0, waiting: 0, ahead: 0 };

/** An authority with its one moment. */
function authority(limits: ThrottleLimits) {
  let fullAt = 0;
  return (question: Partial<ThrottleQuestion>, now: number) => {
    const settled = answerThrottle(fullAt, limits, { ...NOTHING, ...question }, now);
    fullAt = settled.fullAt;
    return settled.answer;
  };
}

/** Isolates before one authority, driven by events in the order of their time; `fate` says how long each way of a question takes, or that it is lost there. */
function house(limits: ThrottleLimits, isolates: number, fate: () => { there: number; back: number; lost?: string }) {
  const ask = authority(limits);
  const events: { at: number; run: (now: number) => void }[] = [];
  const counts = { passed: 0, open: 0, refused: 0, asks: 0, waits: [] as number[] };
  const later = (at: number, run: (now: number) => void) =>
    events.splice(events.findLastIndex((event) => event.at <= at) + 1, 0, { at, run });
  const desks = Array.from({ length: isolates }, () => ({
    holder: createThrottleHolder(limits),
    waiting: 0,
    open: false,
    asked: NOTHING,
  }));
  type Desk = (typeof desks)[number];

  function question(desk: Desk, now: number): void {
    counts.asks += 1;
    const asked = (desk.asked = desk.holder.ask(desk.waiting, now));
    const { there, back, lost } = fate();
    if (lost === "there") return;
    later(now + there, (arrived) => {
      const answer = ask(asked, arrived);
      if (lost === "back") return;
      later(arrived + back, (at) => {
        if (desk.asked === asked && desk.holder.isAsking()) desk.open = false;
        desk.holder.receive(asked, answer, at);
        again(desk, at);
      });
    });
  }
  function again(desk: Desk, now: number): void {
    const { waiting } = desk;
    for (let each = 0; each < waiting; each++) {
      desk.waiting -= 1;
      spend(desk, now);
    }
  }
  function spend(desk: Desk, now: number): void {
    if (desk.holder.isOverdue(now)) {
      desk.holder.lose(null, now);
      desk.open = true;
      again(desk, now);
    }
    const taken = desk.holder.take(now);
    if (taken === "passed") counts[desk.open ? "open" : "passed"] += 1;
    else if (taken === "ask") {
      desk.waiting += 1;
      if (!desk.holder.isAsking()) question(desk, now);
    } else {
      counts.refused += 1;
      counts.waits.push(taken.wait_ms);
    }
    if (desk.holder.isDue(now)) question(desk, now);
  }
  return {
    counts,
    request(isolate: number, at: number): void {
      later(at, (now) => {
        const desk = desks[isolate % isolates];
        desk?.holder.arrive(now);
        if (desk) spend(desk, now);
      });
    },
    /** Runs all events; `check` sees the time after each. */
    run(check: (now: number) => void = () => undefined): void {
      for (let next = events.shift(); next; next = events.shift()) {
        next.run(next.at);
        check(next.at);
      }
    },
  };
}

describe("the authority of a tenant's throttle", () => {
  it("serves who waits first, and gives half of the rest at most to those who may come", () => {
    const ask = authority({ rate_per_s: 10, burst: 8 });
    expect(ask({ waiting: 2, ahead: 100 }, 1_000)).toEqual({ granted: 5, remaining: 3, wait_ms: 0 });
    expect(ask({ ahead: 100 }, 1_000)).toEqual({ granted: 1, remaining: 2, wait_ms: 0 });
  });

  it("gives what there is where it is not enough, and names the wait for the next", () => {
    const ask = authority({ rate_per_s: 10, burst: 8 });
    expect(ask({ waiting: 10 }, 1_000)).toEqual({ granted: 8, remaining: 0, wait_ms: 100 });
    expect(ask({ waiting: 1 }, 1_099)).toMatchObject({ granted: 0, wait_ms: 50 });
    expect(ask({ waiting: 1 }, 1_100)).toEqual({ granted: 1, remaining: 0, wait_ms: 0 });
    expect(ask({ ahead: 5 }, 1_100)).toEqual({ granted: 0, remaining: 0, wait_ms: 100 });
  });

  it("pays off credit that it had not, before it grants again", () => {
    const ask = authority({ rate_per_s: 10, burst: 8 });
    expect(ask({ spent: 10, waiting: 1 }, 1_000)).toEqual({ granted: 0, remaining: -2, wait_ms: 300 });
    expect(ask({ waiting: 1 }, 1_299).granted).toBe(0);
    expect(ask({ waiting: 1 }, 1_300).granted).toBe(1);
  });

  it("takes back what was not spent, and is never more than full", () => {
    const ask = authority({ rate_per_s: 10, burst: 8 });
    ask({ waiting: 4 }, 1_000);
    expect(ask({ unspent: 3 }, 1_000).remaining).toBe(7);
    expect(ask({ unspent: 3 }, 1_000).remaining).toBe(8);
  });
});

describe("isolates before the authority", () => {
  const limits = fc.record({ rate_per_s: fc.integer({ min: 1, max: 200 }), burst: fc.integer({ min: 1, max: 300 }) });
  const way = fc.record({
    there: fc.integer({ min: 0, max: 400 }),
    back: fc.integer({ min: 0, max: 400 }),
    lost: fc.constantFrom(undefined, undefined, undefined, undefined, "there", "back"),
  });
  const arrivals = fc.array(fc.tuple(fc.nat(7), fc.nat(6_000), fc.integer({ min: 1, max: 60 })), { maxLength: 60 });

  it("never let more through than burst, rate × time and a credit each, however long and however lossy the way", () => {
    const property = fc.property(
      limits,
      fc.integer({ min: 1, max: 8 }),
      arrivals,
      fc.array(way, { minLength: 1, maxLength: 20 }),
      (limit, isolates, asked, ways) => {
        let turn = 0;
        const world = house(limit, isolates, () => ways[turn++ % ways.length] ?? { there: 0, back: 0 });
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

  it("ask once in ten requests where these are rare, and a few times a second under load", () => {
    const rare = house(LIMITS, 1, () => ({ there: 5, back: 5 }));
    for (let n = 0; n < 100; n++) rare.request(0, 1_000 * n);
    rare.run();
    expect(rare.counts).toMatchObject({ passed: 100, asks: 10 });
    const busy = house(LIMITS, 1, () => ({ there: 5, back: 5 }));
    for (let n = 0; n < 9_000; n++) busy.request(0, n);
    busy.run();
    expect(busy.counts).toMatchObject({ passed: 9_000, refused: 0 });
    expect(busy.counts.asks).toBeLessThan(9_000 / 200);
  });

  it("use the limit up when more is wanted, and refuse the rest with few questions", () => {
    const world = house({ rate_per_s: 2_000, burst: 1_000 }, 4, () => ({ there: 5, back: 5 }));
    const wanted = 20_000;
    for (let n = 0; n < wanted; n++) world.request(n, n / 8);
    let end = 0;
    world.run((now) => (end = now));
    const { passed, refused, asks } = world.counts;
    // Nobody waits longer than for the answer under way and its own.
    expect(end).toBeLessThanOrEqual(wanted / 8 + 20);
    expect(passed + refused).toBe(wanted);
    // 2.5 s at 2,000/s and a burst of 1,000; a credit of 20 for each of the four.
    expect(passed).toBeGreaterThan(0.98 * 6_000);
    expect(passed).toBeLessThanOrEqual(6_080);
    expect(asks).toBeLessThan(wanted / 40);
  });

  it("refuse with a wait after which there is something, and never without asking first", () => {
    const world = house({ rate_per_s: 10, burst: 5 }, 1, () => ({ there: 10, back: 10 }));
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

describe("an isolate's side", () => {
  it("spends credit before any answer, asks at half of it, and waits when it is used up", () => {
    const holder = createThrottleHolder(LIMITS);
    const taken = Array.from({ length: 21 }, () => holder.take(1_000));
    expect([taken.slice(0, 20).every((each) => each === "passed"), taken[20]]).toEqual([true, "ask"]);
    expect(holder.isDue(1_000)).toBe(true);
    const question = holder.ask(1, 1_000);
    expect(question).toMatchObject({ spent: 20, waiting: 1 });
    expect([holder.isDue(1_000), holder.take(1_000)]).toEqual([false, "ask"]);
    holder.receive(question, { granted: 1, remaining: 4_979, wait_ms: 0 }, 1_010);
    expect(holder.take(1_010)).toBe("passed");
  });

  it("has no credit once it heard that little is left, until it hears that there is enough again", () => {
    const holder = createThrottleHolder(LIMITS);
    const hear = (remaining: number, wait_ms: number, now: number) =>
      holder.receive(holder.ask(0, now), { granted: 0, remaining, wait_ms }, now);
    hear(0, 50, 1_000);
    expect([holder.take(1_049), holder.take(1_050)]).toEqual([{ wait_ms: 1 }, "ask"]);
    hear(2_499, 0, 1_100);
    expect(holder.take(1_100)).toBe("ask");
    hear(2_500, 0, 1_200);
    expect(holder.take(1_200)).toBe("passed");
  });

  it("gives back what was left of a block when its time was over, once", () => {
    const holder = createThrottleHolder(LIMITS);
    const question = holder.ask(10, 1_000);
    holder.receive(question, { granted: 10, remaining: 4_990, wait_ms: 0 }, 1_900);
    for (let n = 0; n < 3; n++) holder.take(2_999);
    const next = holder.ask(0, 3_000);
    expect(next).toEqual({ ...NOTHING, unspent: 7 });
    holder.lose(next, 3_100);
    expect(holder.ask(0, 3_200)).toEqual(NOTHING);
  });

  it("confesses again what a lost question told, lets all pass meanwhile, and does not take a late answer for one", () => {
    const holder = createThrottleHolder(LIMITS);
    for (let n = 0; n < 20; n++) holder.take(1_000);
    const lost = holder.ask(1, 1_000);
    expect([holder.isOverdue(1_999), holder.isOverdue(2_000)]).toEqual([false, true]);
    holder.lose(null, 2_000);
    expect(Array.from({ length: 100 }, () => holder.take(2_000)).every((each) => each === "passed")).toBe(true);
    holder.receive(lost, { granted: 50, remaining: 0, wait_ms: 0 }, 2_500);
    expect([holder.isDue(2_999), holder.isDue(3_000)]).toEqual([false, true]);
    const again = holder.ask(0, 3_000);
    expect(again).toMatchObject({ spent: 20, unspent: 0 });
    holder.receive(lost, { granted: 50, remaining: 0, wait_ms: 0 }, 3_005);
    expect(holder.isAsking()).toBe(true);
    holder.receive(again, { granted: 0, remaining: 0, wait_ms: 70 }, 3_010);
    expect(holder.take(3_020)).toEqual({ wait_ms: 60 });
  });

  it("knows what is left from the last answer and from time, and from what it spent since", () => {
    const holder = createThrottleHolder(LIMITS);
    holder.take(1_000);
    expect(holder.allowance(1_000)).toMatchObject({ limit: 5_000, remaining: 4_999, window_ms: 2_500 });
    const question = holder.ask(0, 1_000);
    holder.receive(question, { granted: 0, remaining: 1_000, wait_ms: 0 }, 1_010);
    expect(holder.allowance(1_510)).toMatchObject({ remaining: 2_000, reset_ms: 1_500 });
  });
});
