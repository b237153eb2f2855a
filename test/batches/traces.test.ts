import { describe, expect, it } from "vitest";
import type { ExecutionRequest } from "../../src/domain/executions/execution-options.ts";
import type { TraceContext } from "../../src/domain/trace-context.ts";
import { items, openBatchWorld } from "../support/batch-world.ts";

const HOOK = "http://127.0.0.1:9/hook";
const TRACE: TraceContext = {
  trace_id: "0af7651916cd43dd8448eb211c80319c",
  span_id: "00f067aa0ba902b7",
  parent_id: "b7ad6b7169203331",
  sampled: true,
  decided: true,
  state: "v=a",
};
const { trace_id, span_id } = TRACE;
const TRACEPARENT = `00-${trace_id}-${span_id}-01`;

/** What a caller asks of an execution that runs later. */
function requestOf(tenant_id: string, more: Partial<ExecutionRequest> = {}): ExecutionRequest {
  const cache_control = { no_store: false, no_cache: false, only_if_cached: false };
  const options = { prompt: { name: "t" }, parameters: {}, cache_control };
  return { tenant_id, key_id: "key_x", lane: "standard", variables: { n: 1 }, options, ...more };
}

describe("a trace through the queues", () => {
  it("goes on with an asynchronous execution, whose span the reply to its request named", async () => {
    const { world, services, drain } = openBatchWorld();
    const request = requestOf(world.tenant, { trace: TRACE });
    await services.acceptExecution(request);
    await drain();
    expect(world.calls.map(({ trace, options }) => ({ trace, options }))).toEqual([
      { trace: { ...TRACE, queued: true }, options: request.options },
    ]);
  });

  it("is one of its own for each item of a batch, and refers to the batch's request", async () => {
    const { world, accept, drain } = openBatchWorld();
    await accept(items(60), { trace: TRACE });
    await drain();
    expect(new Set(world.calls.map(({ trace }) => trace?.trace_id)).size).toBe(60);
    for (const { id = "", trace } of world.calls) {
      expect(trace).toMatchObject({ queued: true, asked_by: { trace_id, span_id } });
      expect(trace?.trace_id).toBe(id.slice("exe_".length).replaceAll("-", ""));
    }
  });

  it("is named to the batch's webhook, and to the tenant's", async () => {
    const { world, hooks, accept, drain } = openBatchWorld();
    const named: (string | null)[] = [];
    world.receive = async (received) => {
      named.push(received.headers.get("traceparent"));
      return new Response();
    };
    await hooks.putWebhook(world.tenant, { name: "ops", url: HOOK, events: ["batch.completed"], prompts: null });
    await accept(items(1), { webhook: HOOK, trace: TRACE });
    await drain();
    expect(named).toEqual([TRACEPARENT, TRACEPARENT]);
  });

  it("is absent where older code accepted the work", async () => {
    const { world, services, accept, drain } = openBatchWorld();
    await services.acceptExecution(requestOf(world.tenant));
    await accept(items(1));
    await drain();
    expect(world.calls).toHaveLength(2);
    expect(world.calls.filter((call) => "trace" in call)).toEqual([]);
  });
});
