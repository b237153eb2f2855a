import { describe, expect, it } from "vitest";
import type { Execution } from "../../../src/domain/executions/execution.ts";
import { newId } from "../../../src/domain/id.ts";
import type { TraceContext } from "../../../src/domain/trace-context.ts";
import type { Span } from "../../../src/domain/traces/span.ts";
import type { EndedExecution } from "../../../src/services/executions/ended-execution.ts";
import type { Collector } from "../../../src/services/traces/collector.ts";
import { TraceExporter } from "../../../src/services/traces/trace-exporter.ts";
import { simulatedTime } from "../../support/simulated-time.ts";
import { TRACE, traced } from "../../support/traced.ts";

const OWN: Collector = { id: "", url: "https://own.test/v1/traces", headers: {}, sample: 1, content: false };
const TENANTS: Collector = { ...OWN, id: "ten_a", url: "https://tenant.test/v1/traces" };
const SLOW_MS = 1_500;

/** An execution that has ended; with the caller's decision, or without one. */
function ended(trace: TraceContext | undefined, record: Partial<Execution> = {}): EndedExecution {
  const { execution, attempts, input, timings } = traced({ record: { id: newId("exe", 1), ...record } });
  const request = { trace, variables: {} };
  return { prepared: { request, input }, execution, attempts, timings } as unknown as EndedExecution;
}

const hangs = async () => new Promise<never>(() => undefined);

/** An exporter whose collectors answer as `post` does. */
function world(
  collectors: Collector[] = [OWN],
  post: (to: string) => Promise<Response> = async () => new Response("{}"),
) {
  const time = simulatedTime();
  const sent: { to: string; spans: Span[] }[] = [];
  const dropped: [string, number, string][] = [];
  const deferred: Promise<unknown>[] = [];
  let posts = 0;
  const exporter = new TraceExporter({
    now: time.now,
    sleep: async (ms) => time.sleep(ms),
    defer: (work) => void deferred.push(work),
    isWanted: () => collectors.length > 0,
    collectorsOf: async () => collectors,
    async post({ id }, { body }) {
      posts += 1;
      sent.push({ to: id, spans: JSON.parse(body as string) as Span[] });
      return post(id);
    },
    write: (spans) => JSON.stringify(spans),
    onDropped: (...of) => void dropped.push(of),
    slowMs: SLOW_MS,
    earlierNames: false,
    endpoints: {},
  });
  return { exporter, time, sent, dropped, deferred, posts: () => posts };
}

describe("the export of traces", () => {
  it("sends a run as the span above its executions, in the head of its trace or where it failed", async () => {
    const { exporter, time, sent } = world();
    const times = { created_at: 1_000, ended_at: 3_000 };
    const run = { kind: "chain_run", tenant_id: "ten_a", id: "run_1", trace: TRACE, ...times } as const;
    const facts = { cost_nanousd: 5e8, attributes: { "pbt.chain.name": "c" } };
    exporter.observeRun({ ...run, ...facts, status: "succeeded" });
    const unsampled = { ...TRACE, sampled: false };
    exporter.observeRun({ ...run, ...facts, trace: unsampled, status: "succeeded" });
    exporter.observeRun({ ...run, ...facts, trace: unsampled, status: "failed" });
    await time.advance(1_000);
    const spans = sent.flatMap((each) => each.spans);
    expect(spans.map(({ name, span_id, error }) => [name, span_id, error])).toEqual([
      ["chain_run", TRACE.span_id, undefined],
      ["chain_run", TRACE.span_id, "run_failed"],
    ]);
    expect(spans[0]).toMatchObject({
      start: 1_000,
      end: 3_000,
      attributes: { "pbt.chain.name": "c", "pbt.run.id": "run_1", "pbt.cost_usd": { fraction: 0.5 } },
    });
  });

  it("waits a second for others, behind the replies, and sends all in one request", async () => {
    const { exporter, time, sent, deferred } = world();
    exporter.observe(ended(TRACE));
    exporter.observe(ended(TRACE));
    expect(deferred).toHaveLength(1);
    await time.advance(999);
    expect(sent).toEqual([]);
    await time.advance(1);
    expect(sent.map(({ spans }) => spans.length)).toEqual([12]);
  });

  it("does not wait once there are 200 spans", async () => {
    const { exporter, time, sent } = world();
    for (let n = 0; n < 30; n++) exporter.observe(ended(TRACE));
    await time.advance(0);
    expect(sent.map(({ spans }) => spans.length)).toEqual([180]);
  });

  it("goes on where the request that waited for the others has ended", async () => {
    const { exporter, time, sent } = world();
    exporter.observe(ended(TRACE));
    time.forget();
    await time.advance(2_000);
    exporter.observe(ended(TRACE));
    await time.advance(0);
    expect(sent.map(({ spans }) => spans.length)).toEqual([12]);
  });

  it("sends to the deployment's collector and to the tenant's, each by its share and its content", async () => {
    const { exporter, time, sent } = world([OWN, { ...TENANTS, content: true }]);
    exporter.observe(ended(TRACE));
    await time.advance(1_000);
    const toldTo = (id: string) => JSON.stringify(sent.find(({ to }) => to === id)?.spans);
    expect(toldTo("")).not.toContain("gen_ai.input.messages");
    expect(toldTo("ten_a")).toContain("gen_ai.input.messages");
  });

  it("follows the caller's decision, and without one the collector's share", async () => {
    const { exporter, time, sent } = world([OWN, { ...TENANTS, sample: 0 }]);
    const { decided: _decided, ...undecided } = TRACE;
    exporter.observe(ended({ ...TRACE, sampled: false }));
    exporter.observe(ended(undecided));
    exporter.observe(ended(undefined));
    await time.advance(1_000);
    expect(sent.map(({ to, spans }) => [to, spans.length])).toEqual([["", 12]]);
  });

  it("keeps what failed and what was slow, whatever its head said", async () => {
    const { exporter, time, sent } = world([{ ...OWN, sample: 0 }]);
    const unsampled = { ...TRACE, sampled: false };
    exporter.observe(ended(unsampled, { status: "failed", error: { code: "timeout", detail: "" } }));
    exporter.observe(ended(unsampled, { latency_ms: SLOW_MS }));
    exporter.observe(ended(unsampled, { latency_ms: SLOW_MS - 1 }));
    await time.advance(1_000);
    expect(sent.map(({ spans }) => spans.length)).toEqual([12]);
  });

  it("does not call an execution of a provider's batch slow, for which nobody waited", async () => {
    const { exporter, time, sent } = world([{ ...OWN, sample: 0 }]);
    const unsampled = { ...TRACE, sampled: false };
    exporter.observe({ ...ended(unsampled, { latency_ms: 3_600_000 }), isProviderBatch: true });
    const error = { code: "timeout", detail: "" } as const;
    exporter.observe({ ...ended(unsampled, { status: "failed", error }), isProviderBatch: true });
    await time.advance(1_000);
    expect(sent.map(({ spans }) => spans.length)).toEqual([6]);
  });

  it("keeps nothing and plans nothing where nobody has a collector", () => {
    const { exporter, deferred } = world([]);
    exporter.observe(ended(TRACE));
    expect(deferred).toEqual([]);
  });
});

describe("a collector that does not take spans", () => {
  it("loses them, which is told with their number, and is left in peace for a while", async () => {
    const { exporter, time, dropped, posts } = world([OWN], async () => {
      throw new TypeError("fetch failed");
    });
    exporter.observe(ended(TRACE));
    await time.advance(1_000);
    expect(dropped).toEqual([["", 6, "no connection"]]);
    exporter.observe(ended(TRACE));
    await time.advance(1_000);
    expect(posts()).toBe(1);
    await time.advance(5_000);
    exporter.observe(ended(TRACE));
    await time.advance(1_000);
    expect([posts(), dropped.at(-1)]).toEqual([2, ["", 12, "no connection"]]);
  });

  it("has one connection, for which spans wait within bounds, and those of a request that was cut off are lost", async () => {
    let isHanging = true;
    const { exporter, time, dropped, sent } = world([OWN], async () => (isHanging ? hangs() : new Response("{}")));
    const execute = async (times: number) => {
      for (let n = 0; n < times; n++) exporter.observe(ended(TRACE));
      await time.advance(1_000);
    };
    await execute(1);
    for (let n = 0; n < 3; n++) await execute(60);
    expect([sent.length, dropped]).toEqual([1, []]);
    await time.advance(10_000);
    isHanging = false;
    await execute(1);
    // The first six and 360 of the others, for which there was no room, are lost.
    expect(sent.map(({ spans }) => spans.length)).toEqual([6, 726]);
    expect(dropped).toEqual([["", 366, "too many at once"]]);
  });

  it("that hangs holds up the other tenants' for a moment, and the deployment's never", async () => {
    const others = Array.from({ length: 4 }, (_, n) => ({ ...TENANTS, id: `ten_${n}` }));
    const answer = Promise.withResolvers<Response>();
    const { exporter, time, sent, dropped } = world([OWN, TENANTS, ...others], async (to) =>
      to === "ten_a" ? answer.promise : new Response("{}"),
    );
    exporter.observe(ended(TRACE));
    await time.advance(1_000);
    exporter.observe(ended(TRACE));
    await time.advance(1_000);
    expect(sent.map(({ to }) => to)).toEqual(["", "ten_a", ""]);
    answer.reject(new DOMException("late", "TimeoutError"));
    await time.advance(0);
    expect(sent.slice(3).map(({ to, spans }) => [to, spans.length])).toEqual(others.map(({ id }) => [id, 12]));
    expect(dropped).toEqual([["ten_a", 6, "no answer in time"]]);
  });

  it("that is busy gets the same spans once more, when it says, and others go ahead meanwhile", async () => {
    const second = { ...TENANTS, id: "ten_b" };
    const { exporter, time, sent, dropped } = world([TENANTS, second], async (to) =>
      to === "ten_a" ? new Response(null, { status: 429, headers: { "retry-after": "2" } }) : new Response("{}"),
    );
    exporter.observe(ended(TRACE));
    await time.advance(2_999);
    expect(sent.map(({ to }) => to)).toEqual(["ten_a", "ten_b"]);
    await time.advance(1);
    expect([sent.length, sent[2]?.spans]).toEqual([3, sent[0]?.spans]);
    expect(dropped).toEqual([["ten_a", 6, "status 429"]]);
    // After the second refusal it is left in peace.
    exporter.observe(ended(TRACE));
    await time.advance(1_000);
    expect(sent.slice(3).map(({ to }) => to)).toEqual(["ten_b"]);
  });

  it("is left in peace for longer the more often it failed", async () => {
    const { exporter, time, posts } = world([OWN], async () => new Response(null, { status: 500 }));
    for (let n = 0; n < 300; n++) {
      exporter.observe(ended(TRACE));
      await time.advance(1_000);
    }
    // At once, after 5, 10, 20 and 40 s, then once a minute.
    expect(posts()).toBe(8);
  });

  it("leaves the executions that wait within bounds, and the rest is told once", async () => {
    const { exporter, time, dropped, sent } = world();
    for (let n = 0; n < 600; n++) exporter.observe(ended(TRACE));
    await time.advance(0);
    expect(sent.map(({ spans }) => spans.length)).toEqual([600]);
    expect(dropped).toEqual([["", 500 * 7, "too many wait"]]);
  });

  it("leaves what the executions that wait hold within bounds, and sends a large one at once", async () => {
    const { exporter, time, dropped, sent } = world();
    const large = (characters: number) => {
      const messages = [{ role: "user" as const, content: "x".repeat(characters) }];
      const { prepared, ...rest } = ended(TRACE);
      exporter.observe({ ...rest, prepared: { ...prepared, input: { messages, parameters: {} } } });
    };
    large(8_000_000);
    large(1_000_000);
    await time.advance(0);
    expect(sent.map(({ spans }) => spans.length)).toEqual([6]);
    expect(dropped).toEqual([["", 7, "too many wait"]]);
    for (let n = 0; n < 5; n++) large(1_000_000);
    await time.advance(1_000);
    expect(sent.map(({ spans }) => spans.length)).toEqual([6, 18]);
    expect(dropped.at(-1)).toEqual(["", 14, "too many wait"]);
  });
});
