import { describe, expect, it } from "vitest";
import { chooseKey } from "../../../src/domain/gate/authority/choose-key.ts";
import { createHolder } from "../../../src/domain/gate/client/lease-holder.ts";
import { shed } from "../../../src/domain/gate/lanes.ts";
import { type Caller, createLine } from "../../../src/domain/gate/client/admission-queue.ts";
import { TokenHistory } from "../../../src/domain/completions/reserve-tokens.ts";
import { createRetryBudget, RETRY, retryDelay } from "../../../src/domain/completions/retry.ts";
import { aimd, scaleLane } from "../../../src/domain/gate/authority/scaling.ts";
import type { AcquireReply, Lease } from "../../../src/domain/gate/protocol/messages.ts";

const NOW = 1_000_000;
const lease = (more: Partial<Lease> = {}): Lease => ({
  id: "l",
  key: "a",
  model: "m",
  lane: "standard",
  requests: 2,
  tokens: null,
  slots: 1,
  life_ms: 2_000,
  transit_ms: 3_000,
  probe: false,
  scarce: false,
  ...more,
});
const replyWith = (leases: Lease[], more: Partial<AcquireReply> = {}): AcquireReply => ({
  leases,
  refusal: null,
  held_ms: 0,
  wait_ms: 0,
  ...more,
});
const need = { model: "m", lane: "standard", tokens: 1, avoid: [] as string[] } as const;

describe("a holder of leases", () => {
  it("counts a lease's time from before it was asked for, however long the answer travelled", () => {
    const holder = createHolder();
    holder.receive(replyWith([lease()], { held_ms: 500 }), NOW, NOW + 1_500);
    expect(holder.take(need, NOW + 2_499)).not.toBeNull();
    const late = createHolder();
    late.receive(replyWith([lease()], { held_ms: 500 }), NOW, NOW + 1_500);
    expect(late.take(need, NOW + 2_500)).toBeNull();
  });

  it("uses a slot again and a permit once, and gives back what is left", () => {
    const holder = createHolder();
    holder.receive(replyWith([lease({ requests: 3 })]), NOW, NOW);
    const first = holder.take(need, NOW);
    expect([first?.key, holder.take(need, NOW)]).toEqual(["a", null]);
    if (first) holder.end(first, NOW, 10, NOW + 100);
    const second = holder.take(need, NOW + 100);
    if (second) holder.cancel(second, NOW + 110);
    holder.tidy(NOW + 2_000);
    const [report] = holder.reports(NOW + 2_000);
    expect(report).toMatchObject({ ended: 1, spent: 10, requests_back: 2, slots_back: 1, used_ago_ms: 1_900 });
  });

  it("tells again what was not confirmed, and nothing twice that was", () => {
    const holder = createHolder();
    holder.receive(replyWith([lease()]), NOW, NOW);
    const permit = holder.take(need, NOW);
    if (permit) holder.end(permit, NOW, 1, NOW + 5);
    expect(holder.reports(NOW + 10)).toHaveLength(1);
    const again = holder.reports(NOW + 20);
    expect(again).toHaveLength(1);
    holder.confirm(again);
    expect(holder.reports(NOW + 30)).toEqual([]);
  });
});

describe("a line of callers", () => {
  const caller = (since: number): Caller => ({
    model: "m",
    lane: "standard",
    tokens: 1,
    avoid: [],
    since,
    deadline: since + 9_000,
    hold_ms: 5,
    patient: true,
  });

  it("asks once for all who wait, and serves them in the order they came", () => {
    const line = createLine(createHolder());
    const callers = [caller(NOW), caller(NOW + 1), caller(NOW + 2)];
    for (const each of callers) expect(line.arrive(each, NOW + 2)).toBeNull();
    const [wish, ...more] = line.questions(NOW + 2);
    expect([wish?.waiting, more]).toEqual([3, []]);
    if (!wish) throw new Error("nothing was asked");
    expect(line.questions(NOW + 3)).toEqual([]);
    const answers = line.answered(wish, replyWith([lease({ slots: 2 })]), NOW + 2, NOW + 10);
    expect(answers.map((answer) => answer.caller)).toEqual(callers.slice(0, 2));
    expect(line.questions(NOW + 11)[0]?.waiting).toBe(1);
  });

  it("turns away the newest first, and asks anew where a question was lost", () => {
    const line = createLine(createHolder());
    const [first, second] = [caller(NOW), caller(NOW + 1)];
    line.arrive(first, NOW);
    line.arrive(second, NOW + 1);
    const [wish] = line.questions(NOW + 1);
    if (!wish) throw new Error("nothing was asked");
    const refusal = { reason: "limited", callers: 1 } as const;
    const turned = line.answered(wish, replyWith([], { refusal, wait_ms: 700 }), NOW, NOW + 2);
    expect(turned).toEqual([{ caller: second, refusal, wait_ms: 700 }]);
    expect(line.questions(NOW + 3)).toHaveLength(1);
    expect([line.questions(NOW + 4_000).length, line.questions(NOW + 13_003).length]).toEqual([0, 1]);
    expect([line.leave(first), line.leave(first)]).toEqual([true, false]);
  });

  it("lets the high lane use what others were given, in turns by their weights", () => {
    const holder = createHolder();
    const line = createLine(holder);
    holder.receive(replyWith([lease({ requests: null })]), NOW, NOW);
    const permit = holder.take(need, NOW);
    const order: string[] = [];
    for (const lane of ["standard", "high"] as const) {
      for (let count = 0; count < 20; count++) expect(line.arrive({ ...caller(NOW), lane }, NOW)).toBeNull();
    }
    for (let next = permit; next && order.length < 24;) {
      holder.end(next, NOW, 1, NOW + 1);
      const [answer, ...more] = line.serve(NOW + 1);
      expect(more).toEqual([]);
      next = answer && "permit" in answer ? answer.permit : null;
      if (answer) order.push(answer.caller.lane);
    }
    // Weights 8 and 4.
    expect(order.filter((lane) => lane === "high")).toHaveLength(16);
  });

  it("gives nobody else what the high lane was given", () => {
    const holder = createHolder();
    holder.receive(replyWith([lease({ lane: "high" })]), NOW, NOW);
    expect(holder.take(need, NOW)).toBeNull();
  });

  it("asks for a slot for the high lane only where none comes free here within a second", () => {
    const holder = createHolder();
    const line = createLine(holder);
    holder.receive(replyWith([lease({ requests: null, scarce: true })]), NOW, NOW);
    holder.take(need, NOW);
    line.arrive({ ...caller(NOW), lane: "high" }, NOW);
    expect(line.questions(NOW + 900)).toEqual([]);
    expect(line.questions(NOW + 1_000)).toMatchObject([{ lane: "high", waiting: 1 }]);
  });
});

describe("the choice of a key", () => {
  const key = (name: string, more: object) => ({
    name,
    weight: 1,
    in_flight: 0,
    share_used: 0,
    ttft_ms: null,
    ...more,
  });
  const names = (keys: ReturnType<typeof key>[], how: Parameters<typeof chooseKey>[1], rolls: number[]) =>
    rolls.map((roll) => chooseKey(keys, how, () => roll)?.name);

  it("takes the least busy for its weight, by default", () => {
    const keys = [key("a", { in_flight: 3 }), key("b", { in_flight: 8, weight: 4 })];
    expect(names(keys, "least_busy", [0])).toEqual(["b"]);
    expect(names([key("a", { share_used: 0.2 }), key("b", { share_used: 0.1 })], "least_busy", [0])).toEqual(["b"]);
  });

  it("takes each as often as its weight says", () => {
    expect(names([key("a", {}), key("b", { weight: 3 })], "weighted", [0, 0.24, 0.26, 0.99])).toEqual([
      "a",
      "a",
      "b",
      "b",
    ]);
  });

  it("takes the quicker of two, and tries one that was not measured", () => {
    const keys = [key("slow", { ttft_ms: 900 }), key("quick", { ttft_ms: 100 })];
    let roll = 0;
    expect(chooseKey(keys, "fastest", () => (roll += 0.5) - 0.5)?.name).toBe("quick");
    roll = 0;
    const fresh = [key("known", { ttft_ms: 100 }), key("new", {})];
    expect(chooseKey(fresh, "fastest", () => (roll += 0.5) - 0.5)?.name).toBe("new");
  });
});

describe("retries", () => {
  it("spread over the whole backoff, and never come sooner than the provider asks", () => {
    expect(retryDelay(1, 0, undefined)).toBe(0);
    expect(retryDelay(1, 0.999, undefined)).toBe(200);
    expect(retryDelay(1, 0, 1_500)).toBe(1_500);
  });

  it("are not made where the wait is too long, or for ever", () => {
    expect(retryDelay(1, 0, RETRY.longest_wait_ms + 1)).toBeNull();
    expect(retryDelay(RETRY.rounds, 0, undefined)).toBeNull();
  });

  it("are a share of the first tries only", () => {
    const budget = createRetryBudget(0.2, 2);
    expect([budget.withdraw(), budget.withdraw(), budget.withdraw()]).toEqual([true, true, false]);
    for (let first = 0; first < 5; first++) budget.deposit();
    expect([budget.withdraw(), budget.withdraw()]).toEqual([true, false]);
  });
});

describe("scaling and shedding", () => {
  const load = { base: 20, waiting: 0, oldest_wait_ms: 0, in_flight: 20, ceiling: Infinity };

  it("doubles a lane of which more than a hundred wait, shrinks one that is not used, and heeds the keys", () => {
    expect(scaleLane(20, { ...load, waiting: 101 })).toBe(40);
    expect(scaleLane(40, { ...load, waiting: 9, in_flight: 3 })).toBe(36);
    expect(scaleLane(20, { ...load, in_flight: 0 })).toBe(20);
    expect(scaleLane(20, { ...load, waiting: 101, ceiling: 25 })).toBe(25);
  });

  it("halves what a key is given when it complains, and lets it grow again by one a round", () => {
    expect(aimd(Infinity, "complaint", 100)).toBe(50);
    expect(aimd(50, "pass", 50, 50)).toBe(51);
    expect(aimd(Infinity, "pass", 10)).toBe(Infinity);
  });

  it("sheds batch before standard and leaves it its share", () => {
    const patience = { high: 1_000, standard: 1_000, batch: 1_000 };
    const turned = shed({ high: 50, standard: 40, batch: 100 }, patience, 0.1);
    expect(turned).toEqual({ high: 0, standard: 0, batch: 90 });
    expect(shed({ high: 50, standard: 100, batch: 100 }, patience, 0.1)).toMatchObject({ high: 0, standard: 50 });
    expect(shed({ high: 0, standard: 0, batch: 100 }, patience, 0.1).batch).toBe(0);
  });
});

describe("the tokens reserved for a call", () => {
  it("are the prompt's estimate and the answer's limit, and no more than a share of a minute's limit", () => {
    const history = new TokenHistory();
    expect(history.reserve({ prompt: 100, max_tokens: 500, tpm: null })).toBe(600);
    expect(history.reserve({ prompt: 100, max_tokens: 900_000, tpm: 100_000 })).toBe(10_100);
    expect(history.reserve({ prompt: 900, max_tokens: 500, tpm: 1_000 })).toBe(1_000);
  });

  it("follow what calls really took, on the safe side", () => {
    const history = new TokenHistory();
    for (let call = 0; call < 50; call++) history.learn(100, { prompt_tokens: 160, completion_tokens: 40 });
    const reserved = history.reserve({ prompt: 100, max_tokens: undefined, tpm: null });
    expect(reserved).toBeGreaterThanOrEqual(200);
    expect(reserved).toBeLessThan(230);
  });
});
