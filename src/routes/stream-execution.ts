import type { AppContext } from "../middleware/context.ts";
import { toProblem } from "../middleware/problem.ts";
import { startDeadline } from "../lib/deadline.ts";
import { sseEvent } from "../lib/sse.ts";
import type { ExecuteRequest, ExecutionEvent, ExecutionStream } from "../services/execute-prompt.ts";
import { toExecutionView } from "./execution-views.ts";
import { setExecutionHeaders } from "./execution-headers.ts";

/** A client that takes nothing for so long has left, whatever its connection says. Milliseconds. */
const STALL_MS = 10_000;

/** Answers an execution as server-sent events. A failure before the first text is an ordinary problem response. */
export async function streamExecution(c: AppContext, request: ExecuteRequest): Promise<Response> {
  const { timings, services, request_id: requestId } = c.var;
  const opening = services.executePrompt.stream(request, timings);
  c.executionCtx.waitUntil(opening.catch(() => undefined));
  const execution = await opening;
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  c.executionCtx.waitUntil(pump(execution, requestId, writable));
  setExecutionHeaders(c, execution.id, execution.prompt.version, execution.attempts);
  c.header("content-type", "text/event-stream; charset=utf-8");
  return c.body(readable, 200);
}

/** Reads the execution to its end. A client that leaves stops the writing, never the reading: the usage still has to be recorded. */
async function pump(
  { id, model, prompt, events }: ExecutionStream,
  requestId: string,
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  const writer = writable.getWriter();
  let listening = true;
  const write = async (chunk: Uint8Array) => {
    if (!listening) return;
    const stalled = startDeadline(STALL_MS, () => new Error("the client reads nothing"));
    try {
      await Promise.race([writer.write(chunk), rejection(stalled.signal)]);
    } catch (error) {
      listening = false;
      writer.abort(error).catch(() => undefined);
    } finally {
      stalled.clear();
    }
  };
  await write(sseEvent("start", { id, model, prompt }));
  for await (const event of events) await write(encodeEvent(event, requestId));
  if (listening) await writer.close().catch(() => undefined);
}

async function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}

function encodeEvent(event: ExecutionEvent, requestId: string): Uint8Array {
  if (event.type === "delta") return sseEvent("delta", { text: event.text });
  if (event.type === "error") {
    return sseEvent("error", { ...toProblem(event.error, requestId), execution_id: event.execution.id });
  }
  const { output: _output, ...view } = toExecutionView(event.execution);
  return sseEvent("done", view);
}
