import { describe, expect, it } from "vitest";
import { HostRefused } from "../../../src/services/system/public-fetch.ts";
import { tracesUrl } from "../../../src/services/traces/collector.ts";
import { sendSpans } from "../../../src/services/traces/send-spans.ts";

const collector = {
  id: "ten_a",
  url: "https://otel.test/v1/traces",
  headers: { "x-key": "k" },
  sample: 1,
  content: false,
};

/** Sends once to a collector that answers like this, one after the other. */
async function sendTo(...answers: (Response | Error)[]) {
  const slept: number[] = [];
  const posted: RequestInit[] = [];
  const result = await sendSpans(
    {
      now: () => 1_795_000_000_000,
      sleep: async (ms) => void slept.push(ms),
      async post(_collector, init) {
        posted.push(init);
        const answer = answers[posted.length - 1] ?? new Error("more posts than answers");
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    collector,
    "{}",
  );
  return { ...result, slept, posted };
}

const busy = (status: number, after?: string) =>
  new Response(null, { status, headers: after === undefined ? {} : { "retry-after": after } });
const ok = () => new Response("{}");

describe("spans", () => {
  it("are posted as JSON with the collector's headers, and no redirect is followed", async () => {
    const { fault, posted } = await sendTo(ok());
    expect(fault).toBeNull();
    const [init] = posted;
    expect(init).toMatchObject({ method: "POST", body: "{}", redirect: "manual" });
    expect(init?.headers).toMatchObject({ "x-key": "k", "content-type": "application/json" });
    expect(init?.signal).toBeInstanceOf(AbortSignal);
  });

  it.each([
    [429, "2", 2_000],
    [503, "2", 2_000],
    [429, undefined, 1_000],
  ])("are posted once more after a %i, when the collector says", async (status, after, wait) => {
    const { fault, slept, posted } = await sendTo(busy(status, after), ok());
    expect([fault, slept, posted.length]).toEqual([null, [wait], 2]);
  });

  it("are given up after the second refusal", async () => {
    const { fault, pause_ms, posted } = await sendTo(busy(429, "1"), busy(429, "1"));
    expect([fault, pause_ms > 0, posted.length]).toEqual(["status 429", true, 2]);
  });

  it("are given up at once where the collector wants more time than there is, which is kept", async () => {
    const { fault, pause_ms, slept } = await sendTo(busy(503, "60"));
    expect([fault, pause_ms, slept]).toEqual(["status 503", 60_000, []]);
    expect((await sendTo(busy(503, "3000"))).pause_ms).toBe(600_000);
  });

  it.each([
    ["status 400", busy(400)],
    ["status 307", busy(307)],
    ["no connection", new TypeError("fetch failed")],
    ["no answer in time", new DOMException("late", "TimeoutError")],
    [
      "the address has a name that leads to a private address",
      new HostRefused("has a name that leads to a private address"),
    ],
  ])("are not posted again after: %s", async (said, answer) => {
    const { fault, posted } = await sendTo(answer);
    expect([fault, posted.length]).toEqual([said, 1]);
  });
});

describe("the place of traces", () => {
  it("is below the endpoint, unless that names it", () => {
    expect(tracesUrl("https://otel.test")).toBe("https://otel.test/v1/traces");
    expect(tracesUrl("https://otel.test/otlp/")).toBe("https://otel.test/otlp/v1/traces");
    expect(tracesUrl("https://otel.test/v1/traces")).toBe("https://otel.test/v1/traces");
    expect(tracesUrl("https://otel.test/api?token=1")).toBe("https://otel.test/api/v1/traces?token=1");
  });
});
