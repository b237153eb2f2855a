import { describe, expect, it } from "vitest";
import { HostRefused } from "../../../src/services/system/public-fetch.ts";
import { tracesUrl } from "../../../src/services/traces/collector.ts";
import { postSpans } from "../../../src/services/traces/post-spans.ts";

const collector = {
  id: "ten_a",
  url: "https://otel.test/v1/traces",
  headers: { "x-key": "k" },
  sample: 1,
  content: false,
};

/** Posts once to a collector that answers like this. */
async function postTo(answer: Response | Error) {
  const posted: RequestInit[] = [];
  const result = await postSpans(
    {
      now: () => 1_795_000_000_000,
      async post(_collector, init) {
        posted.push(init);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    collector,
    "{}",
  );
  return { ...result, posted };
}

const busy = (status: number, after?: string) =>
  new Response(null, { status, headers: after === undefined ? {} : { "retry-after": after } });
const ok = () => new Response("{}");

describe("spans", () => {
  it("are posted as JSON with the collector's headers, and no redirect is followed", async () => {
    const { fault, posted } = await postTo(ok());
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
  ])("are to be posted once more after a %i, when the collector says", async (status, after, wait) => {
    const { fault, repeat_ms, pause_ms } = await postTo(busy(status, after));
    expect([fault, repeat_ms, pause_ms > 0]).toEqual([`status ${status}`, wait, true]);
  });

  it("are given up at once where the collector wants more time than there is, which is kept", async () => {
    const { fault, pause_ms, repeat_ms } = await postTo(busy(503, "60"));
    expect([fault, pause_ms, repeat_ms]).toEqual(["status 503", 60_000, undefined]);
    expect((await postTo(busy(503, "3000"))).pause_ms).toBe(600_000);
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
    const { fault, repeat_ms, posted } = await postTo(answer);
    expect([fault, repeat_ms, posted.length]).toEqual([said, undefined, 1]);
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
