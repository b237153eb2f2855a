import type { z } from "zod";
import type { executionView } from "../../src/routes/executions/execution-views.ts";
import { errorText } from "./error-text.ts";

/** The body of `POST /v1/executions`, as far as the benches and proofs use it. */
export interface ExecutionRequest {
  prompt: string;
  /** The prompt's own where absent. */
  model?: string;
  variables: Record<string, unknown>;
  stream?: boolean;
  timeout_ms?: number;
  cache?: boolean;
  user?: string;
  metadata?: Record<string, string>;
}

/** The address of an isolate and the API key to call it with. */
export interface Endpoint {
  url: string;
  key: string;
}

/** An execution as its client observed it. Times in milliseconds of `performance.now()`. */
export interface ObservedExecution {
  /** The HTTP status; 0 where the connection broke or the client left. */
  status: number;
  /** Whether the answer is complete: a JSON body, or a stream with its `done` event. */
  complete: boolean;
  /** All text that arrived. */
  text: string;
  /** The reply without its text; null where the answer is not complete. */
  view: Omit<z.infer<typeof executionView>, "output"> | null;
  /** The header `x-pbt-cache`. */
  cache: string | null;
  id: string | null;
  /** The error's code, or the message of a broken connection. */
  error: string | null;
  /** The arrival of each delta of a stream. */
  deltas: number[];
  endedAt: number;
}

/** How to follow an execution and how to abort it. */
export interface ExecutionWatch {
  /** Sent as `Idempotency-Key`. */
  idempotencyKey?: string;
  signal?: AbortSignal;
  onDelta?(): void;
}

/** Executes a prompt and reads the answer to its end. Never rejects: failures are in the result. */
export async function executePrompt(
  { url, key }: Endpoint,
  request: ExecutionRequest,
  watch: ExecutionWatch = {},
): Promise<ObservedExecution> {
  const observed = newObservation();
  try {
    const response = await fetch(`${url}/v1/executions`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
        ...(watch.idempotencyKey === undefined ? {} : { "idempotency-key": watch.idempotencyKey }),
      },
      body: JSON.stringify(request),
      signal: watch.signal,
    });
    observed.status = response.status;
    observed.cache = response.headers.get("x-pbt-cache");
    observed.id = response.headers.get("x-pbt-execution-id");
    const streamed = response.headers.get("content-type")?.startsWith("text/event-stream");
    if (streamed) await readEvents(response, observed, watch);
    else readBody(await response.text(), observed);
  } catch (error) {
    observed.error = errorText(error);
  }
  observed.endedAt = performance.now();
  return observed;
}

function newObservation(): ObservedExecution {
  return {
    status: 0,
    complete: false,
    text: "",
    view: null,
    cache: null,
    id: null,
    error: null,
    deltas: [],
    endedAt: 0,
  };
}

function readBody(body: string, observed: ObservedExecution): void {
  const { code, output, ...view } = JSON.parse(body) as { code?: string; output?: string } & NonNullable<
    ObservedExecution["view"]
  >;
  if (observed.status !== 200) observed.error = code ?? body;
  else Object.assign(observed, { view, text: output ?? "", complete: true });
}

async function readEvents(response: Response, observed: ObservedExecution, watch: ExecutionWatch): Promise<void> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    const events = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
    rest = events.pop() ?? "";
    for (const event of events) readEvent(event, observed, watch);
  }
}

function readEvent(event: string, observed: ObservedExecution, watch: ExecutionWatch): void {
  const [, name, data = "{}"] = /^event: (\w+)\ndata: (.*)$/s.exec(event) ?? [];
  if (name === "delta") {
    observed.text += (JSON.parse(data) as { text: string }).text;
    observed.deltas.push(performance.now());
    watch.onDelta?.();
  } else if (name === "done") {
    Object.assign(observed, { view: JSON.parse(data) as ObservedExecution["view"], complete: true });
  } else if (name === "error") observed.error = (JSON.parse(data) as { code: string }).code;
}
