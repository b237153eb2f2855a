import { estimateTokens } from "../../domain/completions/token-estimate.ts";
import type { Usage } from "../../domain/completions/completion.ts";
import type { DoorName } from "../../domain/completions/relay.ts";
import type { DoorAnswer, DoorStream } from "../../domain/doors/door.ts";
import { DOORS } from "../../domain/doors/doors.ts";
import type { Execution } from "../../domain/executions/execution.ts";
import { openOutlet } from "../../lib/stream-outlet.ts";
import { completeResponse } from "../../middleware/complete-response.ts";
import type { AppContext } from "../../middleware/context.ts";
import { doorHeadersOf } from "../../middleware/door-headers.ts";
import type { ExecutedPrompt, ExecutionStream } from "../../services/executions/execute-result.ts";
import { executionHeaders, replayHeaders } from "../executions/execution-headers.ts";
import { usdText } from "../executions/execution-views.ts";
import { STALL_MS } from "../executions/stream-execution.ts";
import type { DoorExecution } from "./door-request.ts";

/** Executes what a client of a door asks for, and answers in the door's wire format. */
export async function executeForDoor(c: AppContext, name: DoorName, request: DoorExecution): Promise<Response> {
  return request.asked.stream ? streamed(c, name, request) : whole(c, name, request);
}

async function whole(c: AppContext, name: DoorName, { body, execution: request }: DoorExecution): Promise<Response> {
  const [timings, services] = [c.get("timings"), c.get("services")];
  const key = c.req.header("idempotency-key");
  const running: Promise<ExecutedPrompt & { replayed?: boolean }> =
    key === undefined ? services.executePrompt.run(request, timings) : services.executeOnce.run(key, request, timings);
  c.executionCtx.waitUntil(running.catch(() => undefined));
  const executed = await running;
  const { execution, served } = executed;
  const { id, prompt_version: version, attempts, cost_nanousd } = execution;
  const answer = execution.relayed ?? JSON.stringify(DOORS[name].write(answerOf(execution), body));
  return completeResponse(c, answer, {
    "content-type": "application/json",
    ...executionHeaders(c, { id, version, attempts, served }),
    ...doorHeadersOf(c, name),
    ...(cost_nanousd !== null && { "x-pbt-cost-usd": usdText(cost_nanousd) }),
    ...replayHeaders(executed),
  });
}

/** A failure before the first word is an ordinary error of the door. */
async function streamed(c: AppContext, name: DoorName, { body, asked, execution }: DoorExecution): Promise<Response> {
  const [timings, services] = [c.get("timings"), c.get("services")];
  const key = c.req.header("idempotency-key");
  const opening: Promise<ExecutionStream & { replayed?: boolean }> =
    key === undefined
      ? services.executePrompt.stream(execution, timings)
      : services.executeOnce.stream(key, execution, timings);
  c.executionCtx.waitUntil(opening.catch(() => undefined));
  const stream = await opening;
  const { id, model, prompt, attempts, served } = stream;
  const { readable, writable } = new IdentityTransformStream();
  const head = { id, model, created_at: Date.now(), prompt_tokens: estimateTokens(asked.messages, asked.tools) };
  c.executionCtx.waitUntil(pump(stream, DOORS[name].stream(head, body), c.get("request_id"), writable));
  return completeResponse(c, readable, {
    "content-type": "text/event-stream; charset=utf-8",
    ...executionHeaders(c, { id, version: prompt.version, attempts, served }),
    ...doorHeadersOf(c, name),
    ...replayHeaders(stream),
  });
}

const encoder = new TextEncoder();

/**
 * Passes an answer on to the client: the provider's own events where they are relayed, and
 * otherwise events that are written for what the model says. It reads to the end even where the
 * client has left, because the usage comes last and must be recorded.
 */
async function pump(
  { events }: ExecutionStream,
  writer: DoorStream,
  requestId: string,
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  const outlet = openOutlet(writable, STALL_MS);
  let isRelayed: boolean | undefined;
  const begin = () => {
    if (isRelayed !== undefined) return "";
    isRelayed = false;
    return writer.begin();
  };
  for await (const event of events) {
    let text = "";
    if (event.type === "relayed") {
      isRelayed = true;
      text = event.text;
    } else if (event.type === "error") text = writer.fail(event.error, requestId);
    else if (!isRelayed) {
      text = begin() + (event.type === "done" ? writer.end(answerOf(event.execution)) : writer.said(event));
    }
    if (text !== "") await outlet.write(encoder.encode(text));
  }
  await outlet.close();
}

/** What a door writes of an execution. */
export function answerOf(execution: Execution): DoorAnswer {
  const { id, created_at, model, output, reasoning, reasoning_blocks, tool_calls, finish_reason } = execution;
  return {
    id,
    created_at,
    model: model ?? "",
    text: output ?? "",
    ...(reasoning !== undefined && { reasoning }),
    ...(reasoning_blocks && { reasoning_blocks }),
    ...(tool_calls && { tool_calls }),
    finish_reason,
    usage: usageOf(execution),
  };
}

function usageOf({ prompt_tokens, completion_tokens, cached_tokens, billing }: Execution): Usage {
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    ...(cached_tokens > 0 && { cached_tokens }),
    ...billing?.tokens,
    ...(billing?.service_tier ? { service_tier: billing.service_tier } : {}),
  };
}
