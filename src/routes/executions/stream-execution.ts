import * as z from "zod";
import type { AppContext } from "../../middleware/context.ts";
import { toProblem } from "../../middleware/problem.ts";
import { parseArguments } from "../../domain/completions/tools.ts";
import { sseEvent } from "../../lib/sse.ts";
import { openOutlet } from "../../lib/stream-outlet.ts";
import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import type { ExecutionEvent, ExecutionStream } from "../../services/executions/execute-result.ts";
import { toExecutionView } from "./execution-views.ts";
import { replyStreamed } from "./reply.ts";

/**
 * A client that reads nothing for this long counts as gone, even if its connection is open. In ms.
 */
export const STALL_MS = 10_000;

/** The header of a client that allows a stream to go on with another call. */
export const streamRestart = z
  .enum(["continue"])
  .optional()
  .describe("`continue`: a stream that its provider cuts goes on with another call, if that says the same so far");

/**
 * Replies with server-sent events. A failure before the first text is an ordinary problem response.
 */
export async function streamExecution(c: AppContext, request: ExecutionRequest): Promise<Response> {
  return replyStreamed(c, request, async (stream, writable) => pump(stream, c.get("request_id"), writable));
}

/**
 * Writes the execution's events to the client and reads them to the end. A client that leaves stops
 * only the writing, because the usage comes at the end and must be recorded.
 */
async function pump(stream: ExecutionStream, requestId: string, writable: WritableStream<Uint8Array>): Promise<void> {
  const { id, model, prompt, events } = stream;
  const outlet = openOutlet(writable, STALL_MS, () => stream.leave());
  await outlet.write(sseEvent("start", { id, model, prompt }));
  for await (const event of events) {
    // The end of a block of reasoning has no text.
    if (event.type === "reasoning" && event.text === "") continue;
    await outlet.write(encodeEvent(event, requestId));
  }
  await outlet.close();
}

function encodeEvent(event: ExecutionEvent, requestId: string): Uint8Array {
  if (event.type === "text") return sseEvent("delta", { text: event.text });
  if (event.type === "reasoning") return sseEvent("reasoning", { text: event.text });
  if (event.type === "tool_call") {
    const { id, name, arguments: text } = event.call;
    return sseEvent("tool_call", { index: event.index, id, name, arguments: parseArguments(text) });
  }
  // Only clients of doors are relayed anything.
  if (event.type === "relayed") return new Uint8Array();
  if (event.type === "error") {
    return sseEvent("error", { ...toProblem(event.error, requestId), execution_id: event.execution.id });
  }
  const { output: _output, ...view } = toExecutionView(event.execution);
  return sseEvent("done", view);
}
