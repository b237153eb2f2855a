import { sseEvent } from "../../lib/sse.ts";
import { openOutlet } from "../../lib/stream-outlet.ts";
import { completeResponse } from "../../middleware/complete-response.ts";
import type { AppContext } from "../../middleware/context.ts";
import { toProblem } from "../../middleware/problem.ts";
import { toAppError } from "../../domain/errors.ts";
import type { FollowedEvent } from "../../services/chains/follow-chain-run.ts";
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

async function pump(c: AppContext, accepted: AcceptedChainRun, writable: WritableStream<Uint8Array>) {
  const outlet = openOutlet(writable, STALL_MS);
  const write = async (event: FollowedEvent) => outlet.write(encodeEvent(event));
  try {
    await tellRun(c, accepted, write);
  } catch (error) {
    const problem = toProblem(toAppError(error), c.get("request_id"));
    await outlet.write(sseEvent("error", { ...problem, chain_run: accepted.run.id }));
  }
  await outlet.close();
}

async function tellRun(
  c: AppContext,
  { run, token }: AcceptedChainRun,
  write: (event: FollowedEvent) => Promise<void>,
): Promise<void> {
  const { runChain, readChainRun, followChainRun } = c.get("services");
  if (token === null) {
    for await (const event of await followChainRun(run)) await write(event);
    return;
  }
  await write({ type: "start", run });
  await runChain({ run, token, tell: write });
  await write({ type: "done", read: await readChainRun(run) });
}

/** The form of an event of a run in its streams. */
export function encodeEvent(event: FollowedEvent): Uint8Array {
  if (event.type === "start") {
    const { id, chain } = toListedRun(event.run);
    return sseEvent("start", { id, chain });
  }
  if (event.type === "done") return sseEvent("done", toChainRunView(event.read));
  if (event.type === "step") return sseEvent("step", toStepView(event.state, event.items, false));
  const { type, ...data } = event;
  return sseEvent(type, data);
}
