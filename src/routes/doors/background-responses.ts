import { type InputItemsQuery, listInputItems } from "../../domain/doors/responses/input-items.ts";
import { writeBackground } from "../../domain/doors/responses/write-background.ts";
import { toAskedTool } from "../../domain/doors/responses/write-response.ts";
import type { WireBody } from "../../domain/doors/door.ts";
import { AppError, type FieldError, invalid } from "../../domain/errors.ts";
import type { DoorCall } from "../../domain/executions/door-call.ts";
import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import { completeResponse } from "../../middleware/complete-response.ts";
import type { AppContext } from "../../middleware/context.ts";
import { doorHeadersOf } from "../../middleware/door-headers.ts";
import { traceOf } from "../../middleware/trace.ts";
import { replayHeaders } from "../executions/execution-headers.ts";
import { type DoorHeaders, readDoorRequest } from "./door-request.ts";
import { answerOf } from "./execute-for-door.ts";

/** Whether a body of POST /v1/responses asks for an answer in the background. */
export function isForBackground({ background }: WireBody): boolean {
  return (background ?? false) !== false;
}

/**
 * Accepts a response that is made in the background, as an asynchronous execution: once for each
 * idempotency key. No provider is told of the background, so that each one can answer.
 */
export async function acceptInBackground(c: AppContext, sent: WireBody, headers: DoorHeaders): Promise<Response> {
  const faults = faultsOf(sent);
  if (faults.length > 0) throw invalid(faults);
  const { background: _later, ...now } = sent;
  const { execution } = await readDoorRequest(c, "responses", now, headers);
  const asked = toldOf(sent, execution);
  const door = execution.door && { ...keptByUs(execution.door), asked };
  const request = { ...execution, trace: traceOf(c), ...(door && { door }) };
  const { acceptExecution, acceptExecutionOnce } = c.var.services;
  const key = c.req.header("idempotency-key");
  const accepted =
    key === undefined
      ? { id: await acceptExecution(request), replayed: false }
      : await acceptExecutionOnce(key, request);
  const { id } = accepted;
  const response = writeBackground({ id, state: "queued", error: null, asked });
  return answer(c, response, { "x-pbt-execution-id": id, ...replayHeaders(accepted) });
}

function faultsOf({ background, stream, store }: WireBody): FieldError[] {
  return [
    ...(background === true ? [] : [{ path: "background", message: "must be true or false" }]),
    ...((stream ?? false) === false
      ? []
      : [{ path: "stream", message: "is not possible with `background`: poll the response" }]),
    ...(store === false ? [{ path: "store", message: "must not be false with `background`" }] : []),
  ];
}

/** Whoever answers it, the response is stored: `store: true` asks nothing of a provider. */
function keptByUs(door: DoorCall): DoorCall {
  return { ...door, own: door.own.filter((field) => field !== "store") };
}

/** What is told of a request later: all of it but fields that are ours, and secrets. */
function toldOf(sent: WireBody, { options, door }: ExecutionRequest): WireBody {
  const { input, models: _models, prompt_variables: _variables, ...said } = sent;
  const rest = Array.isArray(said["tools"]) ? { ...said, tools: said["tools"].map(toAskedTool) } : said;
  // A stored prompt chooses its model when it runs.
  const model = sent["model"] ?? `prompt:${options.prompt.name}`;
  return { ...rest, ...(door?.relay.body ? {} : { input }), model };
}

/** What a client can do with a response in the background, by its execution's id. */
export const BACKGROUND_ACTIONS = {
  async read(c: AppContext, id: string): Promise<Response> {
    return answer(c, toBody(await c.var.services.readBackgroundResponse(c.get("principal").tenant_id, id)));
  },
  async cancel(c: AppContext, id: string): Promise<Response> {
    return answer(c, toBody(await c.var.services.cancelBackgroundResponse(c.get("principal").tenant_id, id)));
  },
  async listInput(c: AppContext, id: string, query: InputItemsQuery): Promise<Response> {
    const input = await c.var.services.readBackgroundInput(c.get("principal").tenant_id, id);
    return answer(c, listInputItems(id, input, query));
  },
  async remove(c: AppContext, id: string): Promise<Response> {
    await c.var.services.readBackgroundResponse(c.get("principal").tenant_id, id);
    throw new AppError(
      "conflict",
      "A response that was made in the background is an execution on record, and cannot be deleted.",
    );
  },
};

type ReadResponse = Awaited<ReturnType<AppContext["var"]["services"]["readBackgroundResponse"]>>;

function toBody({ execution, ...response }: ReadResponse): object {
  if (!execution) return writeBackground(response);
  const whole = answerOf(execution);
  // A very long answer is not whole on record, which is no reason that the original API has.
  return writeBackground(response, execution.output_truncated ? { ...whole, finish_reason: "other" } : whole);
}

function answer(c: AppContext, response: object, headers: Record<string, string> = {}): Response {
  const type = { "content-type": "application/json" };
  return completeResponse(c, JSON.stringify(response), { ...type, ...doorHeadersOf(c, "responses"), ...headers });
}
