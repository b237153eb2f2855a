import type { z } from "zod";
import type { executionView } from "../../src/routes/executions/execution-views.ts";

/** An execution to ask for: the body of `POST /v1/executions`. */
export interface Asked {
  prompt: string;
  variables: Record<string, unknown>;
  stream?: boolean;
  timeout_ms?: number;
  cache?: boolean;
}

/** Where, and with whose key. */
export interface Caller {
  url: string;
  key: string;
}

/** An execution as its caller saw it. Times in milliseconds of `performance.now()`. */
export interface Seen {
  /** The HTTP status; 0 where the connection broke, or the caller left. */
  status: number;
  /** The answer is whole: a JSON body, or a stream with its `done`. */
  complete: boolean;
  /** All text that came. */
  text: string;
  /** What the reply says of itself, without its text. */
  view: Omit<z.infer<typeof executionView>, "output"> | null;
  /** `x-pbt-cache`. */
  cache: string | null;
  id: string | null;
  /** The error's code, or what broke. */
  error: string | null;
  /** When each piece of a stream came. */
  deltas: number[];
  endedAt: number;
}

/** How to watch an execution while it goes on, and to leave it. */
export interface Watch {
  signal?: AbortSignal;
  onDelta?(): void;
}

/** Asks for one execution and reads its answer to the end, whole or streamed. Never rejects: what went wrong is in what is given. */
export async function execute({ url, key }: Caller, asked: Asked, watch: Watch = {}): Promise<Seen> {
  const seen: Seen = {
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
  try {
    const response = await fetch(`${url}/v1/executions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify(asked),
      signal: watch.signal,
    });
    seen.status = response.status;
    seen.cache = response.headers.get("x-pbt-cache");
    seen.id = response.headers.get("x-pbt-execution-id");
    if (response.headers.get("content-type")?.startsWith("text/event-stream")) await readEvents(response, seen, watch);
    else readBody(await response.text(), seen);
  } catch (error) {
    seen.error = error instanceof Error ? error.message : String(error);
  }
  seen.endedAt = performance.now();
  return seen;
}

function readBody(body: string, seen: Seen): void {
  const { code, output, ...view } = JSON.parse(body) as { code?: string; output?: string } & NonNullable<Seen["view"]>;
  if (seen.status !== 200) seen.error = code ?? body;
  else Object.assign(seen, { view, text: output ?? "", complete: true });
}

async function readEvents(response: Response, seen: Seen, watch: Watch): Promise<void> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    const events = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
    rest = events.pop() ?? "";
    for (const event of events) readEvent(event, seen, watch);
  }
}

function readEvent(event: string, seen: Seen, watch: Watch): void {
  const [, name, data = "{}"] = /^event: (\w+)\ndata: (.*)$/s.exec(event) ?? [];
  if (name === "delta") {
    seen.text += (JSON.parse(data) as { text: string }).text;
    seen.deltas.push(performance.now());
    watch.onDelta?.();
  } else if (name === "done") {
    Object.assign(seen, { view: JSON.parse(data) as Seen["view"], complete: true });
  } else if (name === "error") seen.error = (JSON.parse(data) as { code: string }).code;
}
