import { beforeEach, describe, expect, it } from "vitest";

import { Limiter } from "../../load/mock/limits.ts";
import { formatReset } from "../../load/mock/openai-wire.ts";
import { KEY, mockForTests } from "./mock-clients.ts";

const START = Date.UTC(2026, 0, 1);
let now = START;
const { mock } = await mockForTests({ clock: () => now });

beforeEach(() => {
  now = START;
});

/** Sends a call of 6 tokens: 1 of prompt text, 3 for the message, 2 of the answer. */
async function post(key = KEY, profile = {}): Promise<Response> {
  const response = await fetch(`${mock.openaiBaseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "x-mock-profile": JSON.stringify({ answer: "answered", ...profile }) },
    body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "four" }] }),
  });
  await response.clone().arrayBuffer();
  return response;
}

describe("requests per minute", () => {
  it("never exceed the limit in any 60 seconds, to the millisecond", async () => {
    mock.limit({ keys: { [KEY]: { rpm: 2 } } });
    const statuses: number[] = [];
    for (const offset of [0, 30_000, 59_999, 60_000, 60_001, 89_999, 90_000]) {
      now = START + offset;
      statuses.push((await post()).status);
    }
    expect(statuses).toEqual([200, 200, 429, 200, 429, 429, 200]);
    expect(mock.calls().map((call) => call.over_limit)).toEqual([false, false, true, false, true, true, false]);
    expect(mock.stats()).toMatchObject({ over_limit: 3, by_status: { "200": 4, "429": 3 } });
  });

  it("have a Retry-After in the 429, after which the call is admitted", async () => {
    mock.limit({ default: { rpm: 1 } });
    await post();
    now += 15_400;
    const refused = await post();
    expect([refused.headers.get("retry-after"), refused.headers.get("retry-after-ms")]).toEqual(["45", "44600"]);
    expect(await refused.json()).toMatchObject({ error: { type: "requests", code: "rate_limit_exceeded" } });
    now += 44_600;
    expect((await post()).status).toBe(200);
  });

  it("decrease the remaining requests in the headers", async () => {
    mock.limit({ default: { rpm: 5, tpm: 1_000 } });
    await post();
    now += 1_000;
    const { headers } = await post();
    expect(Object.fromEntries([...headers].filter(([name]) => name.startsWith("x-ratelimit")))).toEqual({
      "x-ratelimit-limit-requests": "5",
      "x-ratelimit-remaining-requests": "3",
      "x-ratelimit-reset-requests": "1m0s",
      "x-ratelimit-limit-tokens": "1000",
      "x-ratelimit-remaining-tokens": "988",
      "x-ratelimit-reset-tokens": "1m0s",
    });
  });

  it("are counted for each key separately", async () => {
    mock.limit({ keys: { a: { rpm: 1 } }, default: { rpm: 2 } });
    const statuses: number[] = [];
    for (const key of ["a", "a", "b", "b", "b"]) statuses.push((await post(key)).status);
    expect(statuses).toEqual([200, 429, 200, 200, 429]);
  });
});

describe("tokens per minute", () => {
  it("include the prompt and the answer of admitted calls, and nothing of refused calls", async () => {
    mock.limit({ default: { tpm: 13 } });
    const statuses = [(await post()).status, (await post()).status, (await post()).status];
    expect(statuses).toEqual([200, 200, 429]);
    expect(await (await post()).json()).toMatchObject({ error: { type: "tokens" } });
    now += 60_000;
    expect((await post()).status).toBe(200);
  });

  it("include only the prompt of a call that fails", async () => {
    mock.limit({ default: { tpm: 10 } });
    expect((await post(KEY, { status: 500 })).status).toBe(500);
    expect((await post()).status).toBe(200);
    expect((await post()).status).toBe(429);
  });
});

describe("concurrency", () => {
  it("is freed when a client leaves; until then calls over the limit are refused", async () => {
    mock.limit({ default: { concurrency: 1 } });
    const controller = new AbortController();
    const hanging = await fetch(`${mock.anthropicBaseUrl}/v1/messages`, {
      method: "POST",
      signal: controller.signal,
      headers: {
        "x-api-key": KEY,
        "anthropic-version": "2023-06-01",
        "x-mock-profile": '{"fault":"hang_mid_stream"}',
      },
      body: JSON.stringify({ model: "m", max_tokens: 9, stream: true, messages: [{ role: "user", content: "x" }] }),
    });
    expect((await post()).status).toBe(429);
    expect(mock.calls().map((call) => call.concurrent)).toEqual([1, 2]);
    controller.abort();
    await hanging.text().catch(() => "");
    while (mock.stats().in_flight > 0) await new Promise((resolve) => void setImmediate(resolve));
    expect((await post()).status).toBe(200);
    expect(mock.stats()).toMatchObject({ over_limit: 1, max_concurrent: 2, client_left: 1 });
  });
});

describe("Anthropic's limit headers", () => {
  it("have the reset as a time of the mock's clock", async () => {
    mock.limit({ default: { rpm: 1 } });
    const send = (): Promise<Response> =>
      fetch(`${mock.anthropicBaseUrl}/v1/messages`, {
        method: "POST",
        headers: { "x-api-key": KEY, "anthropic-version": "2023-06-01" },
        body: JSON.stringify({ model: "m", max_tokens: 9, messages: [{ role: "user", content: "x" }] }),
      });
    await (await send()).text();
    const refused = await send();
    expect(refused.status).toBe(429);
    expect(refused.headers.get("anthropic-ratelimit-requests-reset")).toBe("2026-01-01T00:01:00Z");
    expect(refused.headers.get("anthropic-ratelimit-requests-remaining")).toBe("0");
    expect(refused.headers.get("retry-after")).toBe("60");
  });
});

describe("the limiter", () => {
  it("frees no tokens where the clock goes backwards or stands still", () => {
    let time = START;
    const limiter = new Limiter(() => time);
    limiter.configure({ default: { tpm: 10 } });
    expect(limiter.admit("k", 10).over).toBeNull();
    time -= 3_600_000;
    expect(limiter.admit("k", 1).over).toBe("tokens");
    time = START + 59_999;
    expect(limiter.admit("k", 1)).toMatchObject({ over: "tokens", retryAfterMs: 1 });
  });

  it("keeps every window of 60 seconds within the limit over a long run", () => {
    let time = START;
    const limiter = new Limiter(() => time);
    limiter.configure({ default: { rpm: 50 } });
    const admitted: number[] = [];
    for (let step = 0; step < 20_000; step++) {
      time += (step * 7_919) % 97;
      if (limiter.admit("k", 1).over === null) admitted.push(time);
    }
    const crowded = admitted.some((at, index) => (admitted[index + 50] ?? Infinity) - at < 60_000);
    expect(crowded).toBe(false);
    expect(admitted.length).toBeGreaterThan(700);
  });

  it("formats resets like OpenAI", () => {
    expect([120, 1_500, 60_000, 360_000, 90_250].map(formatReset)).toEqual([
      "120ms",
      "1.5s",
      "1m0s",
      "6m0s",
      "1m30.25s",
    ]);
  });
});
