import type { Execution } from "../../domain/executions/execution.ts";
import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import { completeResponse } from "../../middleware/complete-response.ts";
import type { AppContext } from "../../middleware/context.ts";
import { traceOf } from "../../middleware/trace.ts";
import type { ExecutedPrompt, ExecutionStream } from "../../services/executions/execute-result.ts";
import { executionHeaders, replayHeaders } from "./execution-headers.ts";
import { usdText } from "./execution-views.ts";

/**
 * Headers that a reply has beside those of every execution. Asked for once its limits are noted.
 */
type OwnHeaders = () => Record<string, string>;

/** Executes a request, once for its idempotency key, and replies with the JSON of its execution. */
export async function replyWhole(
  c: AppContext,
  asked: ExecutionRequest,
  toJson: (execution: Execution) => string,
  ownHeaders: OwnHeaders = () => ({}),
): Promise<Response> {
  const [timings, services] = [c.get("timings"), c.get("services")];
  const request = { ...asked, trace: traceOf(c) };
  const key = c.req.header("idempotency-key");
  const running: Promise<ExecutedPrompt & { replayed?: boolean }> =
    key === undefined ? services.executePrompt.run(request, timings) : services.executeOnce.run(key, request, timings);
  c.executionCtx.waitUntil(running.catch(() => undefined));
  const executed = await running;
  const { execution, served } = executed;
  const { id, prompt_version: version, attempts, cost_nanousd } = execution;
  return completeResponse(c, toJson(execution), {
    "content-type": "application/json",
    ...executionHeaders(c, { id, version, attempts, served }),
    ...ownHeaders(),
    ...(cost_nanousd !== null && { "x-pbt-cost-usd": usdText(cost_nanousd) }),
    ...replayHeaders(executed),
  });
}

/**
 * Executes a request as a stream, once for its idempotency key, and replies with the events that
 * `pump` writes: it reads the stream to its end, also where the client has left. A failure before
 * the first text is thrown.
 */
export async function replyStreamed(
  c: AppContext,
  asked: ExecutionRequest,
  pump: (stream: ExecutionStream, writable: WritableStream<Uint8Array>) => Promise<void>,
  ownHeaders: OwnHeaders = () => ({}),
): Promise<Response> {
  const [timings, services] = [c.get("timings"), c.get("services")];
  const request = { ...asked, trace: traceOf(c) };
  const key = c.req.header("idempotency-key");
  const opening: Promise<ExecutionStream & { replayed?: boolean }> =
    key === undefined
      ? services.executePrompt.stream(request, timings)
      : services.executeOnce.stream(key, request, timings);
  c.executionCtx.waitUntil(opening.catch(() => undefined));
  const stream = await opening;
  // The engine's own, which passes bytes on without JavaScript.
  const { readable, writable } = new IdentityTransformStream();
  c.set("is_streaming", true);
  c.executionCtx.waitUntil(pump(stream, writable).finally(() => c.get("body_hold")?.release()));
  const { id, prompt, attempts, served } = stream;
  return completeResponse(c, readable, {
    "content-type": "text/event-stream; charset=utf-8",
    ...executionHeaders(c, { id, version: prompt.version, attempts, served }),
    ...ownHeaders(),
    ...replayHeaders(stream),
  });
}
