import type { MaskContext, VolatileMask } from "./mask-volatile.ts";
import type { RecordedRequest } from "./requests/recorded-request.ts";

/** An answer as the fixture holds it: without anything that differs from run to run. */
export interface RecordedAnswer {
  status: number;
  headers: Record<string, string>;
  /**
   * Parsed JSON; a list of `event data` lines for SSE, of objects for NDJSON; else the text. Absent
   * where it was empty.
   */
  body?: unknown;
}

/** An answer as it came. */
export interface RawAnswer {
  status: number;
  headers: Headers;
  text: string;
}

/** Parses an answer by its content type and masks it. */
export function readAnswer(raw: RawAnswer, request: RecordedRequest, mask: VolatileMask): RecordedAnswer {
  const context: MaskContext = {
    given: request.headers ?? {},
    requestId: raw.headers.get("x-request-id") ?? undefined,
    volatile: request.volatile ?? [],
  };
  const headers = mask.headers(raw.headers, context);
  if (request.headOnly) return { status: raw.status, headers: { "content-type": headers["content-type"] ?? "" } };
  if (raw.text === "") return { status: raw.status, headers };
  return { status: raw.status, headers, body: readBody(raw, mask, context) };
}

/** The body's JSON, or an empty object where it is none. */
export function jsonOf({ headers, text }: RawAnswer): Record<string, unknown> {
  return isJson(headers) ? (JSON.parse(text) as Record<string, unknown>) : {};
}

function readBody({ headers, text }: RawAnswer, mask: VolatileMask, context: MaskContext): unknown {
  const type = headers.get("content-type") ?? "";
  if (isJson(headers)) return mask.value(JSON.parse(text), context);
  if (type.startsWith("application/x-ndjson")) {
    return text.split("\n").map((line) => (line === "" ? "" : mask.value(JSON.parse(line), context)));
  }
  if (type.startsWith("text/event-stream")) {
    return joinDeltas(text.split("\n\n")).map((event) => readEvent(event, mask, context));
  }
  return mask.value(text, context);
}

/** Text that the network brings in one piece is one delta, so how many there are differs. */
function joinDeltas(events: readonly string[]): string[] {
  const joined: string[] = [];
  for (const event of events) {
    const [last, next] = [deltaIn(joined.at(-1)), deltaIn(event)];
    if (last === undefined || next === undefined || last.name !== next.name) joined.push(event);
    else joined[joined.length - 1] = `event: ${next.name}\ndata: ${JSON.stringify({ text: last.text + next.text })}`;
  }
  return joined;
}

function deltaIn(event = ""): { name: string; text: string } | undefined {
  const [, name, data] = /^event: (delta|reasoning)\ndata: (.*)$/.exec(event) ?? [];
  if (name === undefined || data === undefined) return undefined;
  return { name, text: (JSON.parse(data) as { text: string }).text };
}

function isJson(headers: Headers): boolean {
  return /^application\/(?:problem\+)?json\b/.test(headers.get("content-type") ?? "");
}

/** `event: done\ndata: {…}` as `done {…}`, in one line; anything of another form as it came. */
function readEvent(event: string, mask: VolatileMask, context: MaskContext): unknown {
  const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
  if (name === undefined || data === undefined) return mask.value(event, context);
  return `${name} ${JSON.stringify(mask.value(JSON.parse(data), context))}`;
}
