import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Reachability } from "../../../src/services/completions/reachability.ts";
import { TokenEstimator } from "../../../src/services/completions/token-estimator.ts";

const UPSTREAM = { name: "llm", kind: "openai" as const, base_url: "https://a.example.com/v1", headers: {} };
const OTHER = { ...UPSTREAM, base_url: "https://b.example.com/v1" };

describe("what an isolate learns of an upstream", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("that it is alive, says nothing of another tenant's upstream of the same name", async () => {
    const silent = { check: async () => new Promise<void>(() => undefined) };
    const providers = { openai: silent, anthropic: silent };
    const reachability = new Reachability({ now: () => Date.now(), providers, connectMs: 1_000 });
    const unreached: string[] = [];
    for (const upstream of [UPSTREAM, OTHER]) {
      const call = { provider: "llm", model: "m", apiKey: "", upstream };
      reachability.watch(call, () => unreached.push(upstream.base_url));
    }
    await vi.advanceTimersByTimeAsync(100);
    reachability.heard({ provider: "llm", upstream: UPSTREAM });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(unreached).toEqual([OTHER.base_url]);
  });

  it("of its tokens, bears on no model of the same name elsewhere", () => {
    const tokens = new TokenEstimator();
    const keys = [{ name: "k", version: 1, secret: "", weight: 1, rpm: null, tpm: 1_000_000, max_concurrency: null }];
    const input = { messages: [{ role: "user" as const, content: "x".repeat(400) }], parameters: {} };
    const reserve = (upstream?: typeof UPSTREAM) =>
      tokens.reserve({ model: "gpt-6-luna", upstream }, input, keys).tokens;
    const [before, elsewhere] = [reserve(), reserve(OTHER)];
    const usage = { prompt_tokens: 9_000, completion_tokens: 9_000, total_tokens: 18_000 };
    for (let n = 0; n < 200; n++) tokens.learn({ model: "gpt-6-luna", upstream: UPSTREAM }, 100, usage);
    expect(reserve(UPSTREAM)).toBeGreaterThan(before * 2);
    expect([reserve(), reserve(OTHER)]).toEqual([before, elsewhere]);
  });
});
