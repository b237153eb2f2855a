import { estimateTokens } from "../../domain/completions/token-estimate.ts";
import type { Usage } from "../../domain/completions/completion.ts";
import type { DoorName } from "../../domain/completions/relay.ts";
import type { DoorAnswer, DoorStream } from "../../domain/doors/door.ts";
import { DOORS } from "../../domain/doors/doors.ts";
import type { Execution } from "../../domain/executions/execution.ts";
import { openOutlet } from "../../lib/stream-outlet.ts";
import type { AppContext } from "../../middleware/context.ts";
import { doorHeadersOf } from "../../middleware/door-headers.ts";
import type { ExecutionStream } from "../../services/executions/execute-result.ts";
import { replyStreamed, replyWhole } from "../executions/reply.ts";
import { STALL_MS } from "../executions/stream-execution.ts";
import type { DoorExecution } from "./door-request.ts";

/** Executes what a client of a door asks for, and answers in the door's wire format. */
export async function executeForDoor(c: AppContext, name: DoorName, request: DoorExecution): Promise<Response> {
  const { asked, body, execution } = request;
  const ownHeaders = () => doorHeadersOf(c, name);
  if (!asked.stream) {
    const toJson = (ended: Execution) => ended.relayed ?? JSON.stringify(DOORS[name].write(answerOf(ended), body));
    return replyWhole(c, execution, toJson, ownHeaders);
  }
  const pumpDoor = async (stream: ExecutionStream, writable: WritableStream<Uint8Array>) => {
    const { id, model } = stream;
    const head = { id, model, created_at: Date.now(), prompt_tokens: estimateTokens(asked.messages, asked.tools) };
    return pump(stream, DOORS[name].stream(head, body), c.get("request_id"), writable);
  };
  return replyStreamed(c, execution, pumpDoor, ownHeaders);
}

const encoder = new TextEncoder();

/**
 * Passes an answer on to the client: the provider's own events where they are relayed, and
 * otherwise events that are written for what the model says. It reads to the end even where the
 * client has left, because the usage comes last and must be recorded.
 */
async function pump(
  stream: ExecutionStream,
  writer: DoorStream,
  requestId: string,
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  const outlet = openOutlet(writable, STALL_MS, () => stream.leave());
  let isRelayed: boolean | undefined;
  const begin = () => {
    if (isRelayed !== undefined) return "";
    isRelayed = false;
    return writer.begin();
  };
  for await (const event of stream.events) {
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
