import { outputOf } from "../../domain/chains/plan-run.ts";
import { sseEvent } from "../../lib/sse.ts";
import { openOutlet } from "../../lib/stream-outlet.ts";
import { completeResponse } from "../../middleware/complete-response.ts";
import type { AppContext } from "../../middleware/context.ts";
import { toProblem } from "../../middleware/problem.ts";
import { toAppError } from "../../domain/errors.ts";
import type { ChainEvent } from "../../services/chains/run-chain.ts";
import type { AcceptedChainRun } from "../../services/chains/start-chain-run.ts";
import { replayHeaders } from "../executions/execution-headers.ts";
import { STALL_MS } from "../executions/stream-execution.ts";
import { toChainRunView, toListedRun, toStepView } from "./chain-views.ts";

/**
 * Replies with the events of a run. The run goes on where the client has left; one that had ended
 * is told anew.
 */
export async function streamRun(c: AppContext, accepted: AcceptedChainRun): Promise<Response> {
  const { readable, writable } = new IdentityTransformStream();
  c.set("is_streaming", true);
  c.executionCtx.waitUntil(pump(c, accepted, writable).finally(() => c.get("body_hold")?.release()));
  return completeResponse(c, readable, {
    "content-type": "text/event-stream; charset=utf-8",
    location: `/v1/chain-runs/${accepted.run.id}`,
    ...replayHeaders(accepted),
  });
}

async function pump(c: AppContext, { run, token }: AcceptedChainRun, writable: WritableStream<Uint8Array>) {
  const { runChain, readChainRun } = c.get("services");
  const outlet = openOutlet(writable, STALL_MS);
  const write = async (event: string, data: unknown) => outlet.write(sseEvent(event, data));
  const tell = async (event: ChainEvent) => write(event.type, toEvent(event));
  const { id, chain } = toListedRun(run);
  await write("start", { id, chain });
  try {
    if (token !== null) await runChain({ run, token, tell });
    const read = await readChainRun(run);
    if (token === null) {
      for (const state of read.states) {
        await tell({ type: "step", state, items: read.items.filter(({ step }) => step === state.step.id) });
      }
      const last = read.states.at(-1);
      const text = last && outputOf(last);
      if (typeof text === "string") await tell({ type: "delta", step: last?.step.id ?? "", text });
    }
    await write("done", toChainRunView(read));
  } catch (error) {
    await write("error", { ...toProblem(toAppError(error), c.get("request_id")), chain_run: id });
  }
  await outlet.close();
}

function toEvent(event: ChainEvent): object {
  const { type: _type, ...rest } = event;
  return event.type === "step" ? toStepView(event.state, event.items, false) : rest;
}
