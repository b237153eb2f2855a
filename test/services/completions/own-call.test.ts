import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { CompletionMaker } from "../../../src/services/completions/make-completion.ts";
import { TokenEstimator } from "../../../src/services/completions/token-estimator.ts";
import type { Provider } from "../../../src/providers/provider.ts";

/**
 * A maker with one key; `events` has what happened, in order. `sends` says of each admission in turn
 * whether its call may still be sent; all may when it is empty. Each call reserves 100 of a budget.
 */
function setup(own: () => Promise<void>, sends: boolean[] = [], signal = new AbortController().signal) {
  const events: string[] = [];
  const key = { name: "main", version: 1, secret: "k", weight: 1, rpm: null, tpm: null, max_concurrency: null };
  const provider: Provider = {
    async complete({ model }) {
      events.push("called");
      return { text: "hi", finish_reason: "stop", usage: null, model };
    },
    stream: async () => Promise.reject(new Error("no test here streams")),
    check: async () => undefined,
  };
  const ends = {
    send: () => sends.shift() ?? true,
    end: () => events.push("ended"),
    abort: () => events.push("aborted"),
    cancel: () => events.push("cancelled"),
  };
  const maker = new CompletionMaker({
    now: () => 0,
    sleep: async () => undefined,
    random: () => 0,
    providers: { openai: provider, anthropic: provider },
    keysFor: async () => [key],
    async admit() {
      events.push("admitted");
      return { key, ...ends };
    },
    tokens: new TokenEstimator(),
    times: { connectMs: 2_000, firstByteMs: 1_000, readMs: 1_000 },
  });
  const call = maker.whole({
    tenant_id: "ten",
    lane: "standard",
    candidates: [{ provider: "openai", model: "m" }],
    input: { messages: [{ role: "user", content: "hi" }], parameters: { max_tokens: 10 } },
    signal,
    timeout_ms: 900,
    openBudget: async () => ({
      bound: (input) => input,
      reserve: async () => ({ reserved: 100, settle: (cost) => events.push(`paid ${cost}`) }),
    }),
    own: async () => {
      events.push("owning");
      await own();
      events.push("owned");
    },
  });
  return { events, call };
}

describe("a call that spends money", () => {
  it("is on record before it is made, and goes on record while it waits for its admission", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { events, call } = setup(async () => promise);
    await new Promise((done) => setImmediate(done));
    expect(events).toEqual(["owning", "admitted"]);
    resolve();
    await call;
    expect(events).toEqual(["owning", "admitted", "owned", "called", "paid 100", "ended"]);
  });

  it("takes another permit where the first one was good no longer when it was on record", async () => {
    const { events, call } = setup(async () => undefined, [false]);
    await call;
    expect(events).toEqual([
      "owning",
      "owned",
      "admitted",
      "cancelled",
      "paid 0",
      "admitted",
      "called",
      "paid 100",
      "ended",
    ]);
  });

  it("is not made where it cannot be put on record, and gives its admission back", async () => {
    const refusal = new AppError("provider_overloaded", "no record", { retryable: true });
    const { events, call } = setup(async () => Promise.reject(refusal));
    await expect(call).rejects.toMatchObject({ error: refusal, attempts: [], isOwn: true });
    expect(events).toEqual(["owning", "admitted", "cancelled", "paid 0"]);
  });

  it("is not made where its deadline came before it was on record, and counts nothing", async () => {
    const overdue = new AppError("timeout", "too late", { retryable: true });
    const deadline = new AbortController();
    const { events, call } = setup(async () => deadline.abort(overdue), [], deadline.signal);
    await expect(call).rejects.toMatchObject({ error: overdue, attempts: [] });
    expect(events).toEqual(["owning", "owned", "admitted", "cancelled", "paid 0"]);
  });
});
