import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { executionSpans } from "../../../src/domain/traces/execution-spans.ts";
import type { Span } from "../../../src/domain/traces/span.ts";
import { ARRIVAL, attemptAt, timingsOf, TRACE, traced } from "../../support/traced.ts";

const PLAIN = { content: false, earlierNames: false, endpoints: { openai: { baseUrl: "https://api.openai.com/v1" } } };
const spansOf = (...[change, options = PLAIN]: [Parameters<typeof traced>[0]?, typeof PLAIN?]) =>
  executionSpans(traced(change), options);

/** Each span below its parent, with its times after the arrival. */
function drawn(spans: readonly Span[]): string[] {
  const depthOf = ({ parent_id }: Span): number => {
    const parent = spans.find(({ span_id }) => span_id === parent_id);
    return parent ? depthOf(parent) + 1 : 0;
  };
  return spans.map((span) => `${"  ".repeat(depthOf(span))}${span.name} ${span.start - ARRIVAL}–${span.end - ARRIVAL}`);
}

const named = (spans: readonly Span[], name: string) => spans.find((span) => span.name === name);

describe("the spans of an execution", () => {
  it("are its phases and one call of a model, below the whole request", () => {
    expect(drawn(spansOf())).toEqual([
      "prompt_execution 0–200",
      "  load_prompt 10–15",
      "  render_template 15–20",
      "  admission 22–40",
      "  chat gpt-6-luna 40–190",
      "    llm_call 40–190",
    ]);
  });

  it("continue the caller's trace, and say whose prompt it is and what it cost", () => {
    const [root] = spansOf({ trace: { ...TRACE, state: "v=a" } });
    expect(root).toMatchObject({ ...pickIds(TRACE), parent_id: TRACE.parent_id, state: "v=a", kind: "server" });
    expect(root?.attributes).toMatchObject({
      "gen_ai.prompt.name": "support/greet",
      "gen_ai.prompt.version": "3",
      "prompt.id": "support/greet",
      "prompt.variables": 2,
      "pbt.prompt.label": "production",
      "pbt.lane": "high",
      "pbt.cost_usd": { fraction: 0.0025 },
    });
    expect(root?.error).toBeUndefined();
  });

  it("have the names of the conventions for the call, and the billed tokens", () => {
    const call = named(spansOf(), "chat gpt-6-luna");
    expect(call?.kind).toBe("client");
    expect(call?.attributes).toMatchObject({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "gpt-6-luna",
      "gen_ai.request.temperature": { fraction: 1 },
      "gen_ai.request.max_tokens": 50,
      "gen_ai.response.model": "gpt-6-luna-2026",
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.usage.input_tokens": 100,
      "gen_ai.usage.output_tokens": 20,
      "gen_ai.usage.cache_read.input_tokens": 60,
      "gen_ai.usage.reasoning.output_tokens": 5,
    });
    expect(call?.attributes).not.toHaveProperty("gen_ai.system");
  });

  it("have the earlier names beside them where they are wanted", () => {
    const call = named(spansOf({}, { ...PLAIN, earlierNames: true }), "chat gpt-6-luna");
    expect(call?.attributes).toMatchObject({
      "gen_ai.provider.name": "openai",
      "gen_ai.system": "openai",
      "gen_ai.usage.input_tokens": 100,
      "gen_ai.usage.prompt_tokens": 100,
      "gen_ai.usage.completion_tokens": 20,
    });
  });

  it("name the server of each attempt, with its port where it is not the usual one, and no path", () => {
    const candidate = {
      provider: "ours" as never,
      model: "m",
      upstream: { kind: "openai" as const, base_url: "http://gpu.example.com:8000/secret/v1" },
    };
    const ours = { candidate };
    const unknown = { candidate: { provider: "anthropic" as const, model: "m" } };
    const attempts = [attemptAt(40, 10), attemptAt(60, 10, ours), attemptAt(80, 10, unknown)];
    const spans = spansOf({ attempts }).filter(({ name }) => name === "llm_call");
    expect(spans.map(({ attributes }) => [attributes["server.address"], attributes["server.port"]])).toEqual([
      ["api.openai.com", undefined],
      ["gpu.example.com", 8000],
      [undefined, undefined],
    ]);
    expect(JSON.stringify(spans)).not.toContain("secret");
  });

  it("put every attempt into one call, which ends as the last one did", () => {
    const error = new AppError("provider_overloaded", "secret words of the provider");
    const failed = attemptAt(40, 50, { outcome: "failed", error, usage: null });
    const other = attemptAt(120, 70, {
      candidate: { provider: "anthropic", model: "claude" },
      first_token_at: ARRIVAL + 160,
    });
    const spans = spansOf({ attempts: [failed, other] });
    expect(drawn(spans).slice(-3)).toEqual(["  chat claude 40–190", "    llm_call 40–90", "    llm_call 120–190"]);
    const [call, first, second] = spans.slice(-3);
    expect([call?.error, first?.error, second?.error]).toEqual([undefined, "provider_overloaded", undefined]);
    expect(first?.attributes).toMatchObject({ "error.type": "provider_overloaded", "pbt.attempt": 1 });
    expect(call?.attributes).toMatchObject({
      "gen_ai.usage.input_tokens": 100,
      "gen_ai.request.stream": true,
      "gen_ai.response.time_to_first_chunk": { fraction: 0.12 },
    });
    expect(second?.attributes["gen_ai.response.time_to_first_chunk"]).toEqual({ fraction: 0.04 });
    expect(JSON.stringify(spans)).not.toContain("secret words");
  });

  it("show the wait of one that nobody had room for, and its error", () => {
    const record = { error: { code: "rate_limit_error", detail: "full" }, status: "failed", attempts: 0 } as const;
    const spans = spansOf({ attempts: [], record });
    expect(drawn(spans)).toContain("  admission 22–200");
    expect(spans[0]).toMatchObject({ error: "rate_limit_error", attributes: { "error.type": "rate_limit_error" } });
    expect(named(spans, "llm_call")).toBeUndefined();
  });

  it("show where a stored answer came from, and no call", () => {
    const timings = timingsOf({ load: [10, 5], render: [15, 5], cache: [20, 3] });
    const spans = spansOf({ attempts: [], timings, record: { cached: "edge", saved_nanousd: 1e9 } });
    expect(drawn(spans).slice(-1)).toEqual(["  cache_lookup 20–23"]);
    expect(spans[0]?.attributes).toMatchObject({ "pbt.cache.tier": "edge", "pbt.saved_usd": { fraction: 1 } });
  });

  it("let a follower of a flight look for its answer until the leader has it", () => {
    const timings = timingsOf({ load: [10, 5], render: [15, 5], cache: [20, 3], llm: [23, 100] });
    expect(drawn(spansOf({ attempts: [], timings, record: { cached: "flight" } })).slice(-1)).toEqual([
      "  cache_lookup 20–123",
    ]);
  });

  it("of an execution from a queue are internal and refer to the request that asked for it", () => {
    const asked_by = { trace_id: "f".repeat(32), span_id: "e".repeat(16) };
    const [root] = spansOf({ trace: { ...pickIds(TRACE), sampled: false, queued: true, asked_by } });
    expect(root).toMatchObject({ kind: "internal", links: [asked_by] });
    expect(root).not.toHaveProperty("parent_id");
  });

  it("name no prompt where none is stored", () => {
    const [root] = spansOf({ record: { prompt_name: "" } });
    expect(root?.attributes).not.toHaveProperty("gen_ai.prompt.name");
    expect(root?.attributes["prompt.id"]).toBeUndefined();
  });
});

function pickIds({ trace_id, span_id }: typeof TRACE) {
  return { trace_id, span_id };
}
