import { describe, expect, it } from "vitest";
import type { ExecutionRequest } from "../../src/domain/executions/execution-options.ts";
import type { TraceContext } from "../../src/domain/trace-context.ts";
import { FIVE_STEPS, openChainWorld } from "../support/chain-world.ts";
import { openExperimentWorld } from "../support/experiment-world.ts";
import { openTestWorld, saying } from "../support/test-world.ts";

const ASKED: TraceContext = { trace_id: "a".repeat(32), span_id: "b".repeat(16), sampled: true, decided: true };

/** Traces and parents of executions, each once. */
const placesOf = (calls: readonly ExecutionRequest[]) => [
  ...new Set(calls.map(({ trace }) => `${trace?.trace_id} ${trace?.parent_id}`)),
];
const spansOf = (calls: readonly ExecutionRequest[]) => new Set(calls.map(({ trace }) => trace?.span_id)).size;

describe("the executions of a run", () => {
  it("of a chain are below its span in the trace of its request, whoever works on it", async () => {
    const { world, publish, start, resume } = openChainWorld();
    await publish(FIVE_STEPS);
    const { run } = await start("async", { trace: ASKED });
    world.answer = async () => void (world.now += 61_000);
    for (let turns = 0; turns < 6; turns++) await resume(run.id);
    const requests = world.calls.map(({ request }) => request);
    expect([placesOf(requests), spansOf(requests)]).toEqual([[`${ASKED.trace_id} ${ASKED.span_id}`], 5]);
    expect(world.ended).toMatchObject([
      { kind: "chain_run", id: run.id, trace: ASKED, status: "succeeded", cost_nanousd: expect.any(Number) as unknown },
    ]);
  });

  it("of a chain that is cancelled are told of once, as those of one that had no trace", async () => {
    const { world, services, publish, start } = openChainWorld();
    await publish(FIVE_STEPS);
    const { run } = await start();
    for (let times = 0; times < 2; times++) await services.cancelChainRun(run);
    expect(world.ended).toMatchObject([
      { status: "cancelled", trace: { span_id: run.id.replaceAll("-", "").slice(-16) } },
    ]);
  });

  it("of a comparison share a trace with its judges, and with its request", async () => {
    const { world, compare } = openExperimentWorld();
    const request = {
      subjects: [{ version: 1 }, { version: 2 }],
      inputs: [{ n: 1 }],
      judge: true,
      trace: ASKED,
    } as const;
    const { comparison } = await compare({ ...request, subjects: [...request.subjects], inputs: [...request.inputs] });
    expect([world.calls.length, placesOf(world.calls), spansOf(world.calls)]).toEqual([
      4,
      [`${ASKED.trace_id} ${ASKED.span_id}`],
      4,
    ]);
    expect(world.ended).toMatchObject([{ kind: "comparison", id: comparison.id, status: "completed" }]);
  });

  it("of an optimisation share a trace through the queue", async () => {
    const { world, optimize, resume } = openExperimentWorld();
    const { optimization } = await optimize({ tests: [saying(1)], repeat: 1, trace: ASKED });
    await resume(optimization.id);
    expect(placesOf(world.calls)).toEqual([`${ASKED.trace_id} ${ASKED.span_id}`]);
    expect(world.ended).toMatchObject([{ kind: "optimization", trace: ASKED }]);
  });

  it("of tests share a trace of their own where nobody gave one, such as a promotion's", async () => {
    const { world, start } = openTestWorld();
    const { run } = await start([saying(1), saying(2)]);
    const trace_id = run.id.slice(4).replaceAll("-", "");
    expect(placesOf(world.calls)).toEqual([`${trace_id} ${trace_id.slice(-16)}`]);
    expect(world.ended).toMatchObject([{ kind: "test_run", id: run.id, trace: { trace_id } }]);
  });
});
