import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as z from "zod";

const id = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
const time = z.string().regex(/^[1-9]\d{18}$/);
const anyValue = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ boolValue: z.boolean() }),
  z.strictObject({ intValue: z.string().regex(/^-?\d+$/) }),
  z.strictObject({ doubleValue: z.number() }),
  z.strictObject({ arrayValue: z.strictObject({ values: z.array(z.strictObject({ stringValue: z.string() })) }) }),
]);
const attributes = z.array(z.strictObject({ key: z.string().min(1), value: anyValue }));
const span = z.strictObject({
  traceId: id(32),
  spanId: id(16),
  parentSpanId: id(16).optional(),
  traceState: z.string().optional(),
  name: z.string().min(1),
  kind: z.int().min(1).max(5),
  startTimeUnixNano: time,
  endTimeUnixNano: time,
  attributes,
  links: z.array(z.strictObject({ traceId: id(32), spanId: id(16) })).optional(),
  status: z.strictObject({ code: z.int().min(0).max(2).optional() }),
});
/** The part of OTLP's requests in JSON that we write; anything else in one is a fault. */
const request = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes }),
      scopeSpans: z.array(z.strictObject({ scope: z.strictObject({ name: z.string() }), spans: z.array(span) })),
    }),
  ),
});

/** The value of an attribute as a collector has it. */
export type ReceivedValue = string | number | boolean | string[];

/** A span as a collector has it. Times in nanoseconds since 1970. */
export interface ReceivedSpan {
  trace_id: string;
  span_id: string;
  parent_id: string | undefined;
  state: string | undefined;
  name: string;
  kind: number;
  start: bigint;
  end: bigint;
  attributes: Record<string, ReceivedValue>;
  isError: boolean;
  links: string[];
}

/** A request that arrived, as it was sent. */
export interface ReceivedRequest {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** How a receiver answers: it takes the spans, refuses them, or says nothing. */
export type ReceiverMood = "take" | "hang" | { status: number; retry_after?: string };

/** A receiver of OTLP over HTTP, for traces in JSON. */
export interface OtlpReceiver {
  url: string;
  requests: ReceivedRequest[];
  /** The moods of the next requests; then it takes everything. */
  moods: ReceiverMood[];
  /** The spans that it took. Throws where a body is not what the protocol says. */
  spans(): ReceivedSpan[];
  close: () => Promise<void>;
}

/** Starts a receiver on a free port of loopback. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const requests: ReceivedRequest[] = [];
  const moods: ReceiverMood[] = [];
  const taken: string[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      requests.push({ path: incoming.url ?? "", headers: incoming.headers, body });
      const mood = moods.shift() ?? "take";
      if (mood === "take") taken.push(body);
      answer(response, mood);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    moods,
    spans: () => taken.flatMap(readSpans),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function answer(response: ServerResponse, mood: ReceiverMood): void {
  if (mood === "hang") return;
  const { status, retry_after } = mood === "take" ? { status: 200, retry_after: undefined } : mood;
  const headers = retry_after === undefined ? {} : { "retry-after": retry_after };
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end("{}");
}

/** The spans of a body. Throws where it is not what the protocol says. */
function readSpans(body: string): ReceivedSpan[] {
  const { resourceSpans } = request.parse(JSON.parse(body));
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    if (attributesOf(resource.attributes)["service.name"] !== "pbt-edge") throw new Error("spans of nobody");
    return scopeSpans.flatMap(({ spans }) => spans.map(toReceived));
  });
}

function toReceived(sent: z.infer<typeof span>): ReceivedSpan {
  return {
    trace_id: sent.traceId,
    span_id: sent.spanId,
    parent_id: sent.parentSpanId,
    state: sent.traceState,
    name: sent.name,
    kind: sent.kind,
    start: BigInt(sent.startTimeUnixNano),
    end: BigInt(sent.endTimeUnixNano),
    attributes: attributesOf(sent.attributes),
    isError: sent.status.code === 2,
    links: (sent.links ?? []).map((link) => `${link.traceId}-${link.spanId}`),
  };
}

function attributesOf(list: z.infer<typeof attributes>): Record<string, ReceivedValue> {
  return Object.fromEntries(list.map(({ key, value }) => [key, plain(value)]));
}

function plain(value: z.infer<typeof anyValue>): ReceivedValue {
  if ("intValue" in value) return Number(value.intValue);
  if ("doubleValue" in value) return value.doubleValue;
  if ("boolValue" in value) return value.boolValue;
  return "stringValue" in value ? value.stringValue : value.arrayValue.values.map((each) => each.stringValue);
}
