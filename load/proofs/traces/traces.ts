/**
 * `npm run prove -- traces`: executes whole, streamed, with failover, stored, asynchronously and in
 * a batch, before a receiver of OTLP, and draws the traces that arrive. Fails where a span or its
 * parent does not come, where one reaches beyond its parent, or where the OpenTelemetry Collector's
 * own code reads something else in what was sent.
 */
import { withLocalStack, type LocalStack } from "../../harness/local-stack.ts";
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from "../../harness/otlp-receiver.ts";
import { decodeWithCollector } from "./decode-with-collector.ts";
import { drawTrace, traceFaults } from "./trace-tree.ts";
import { type CallerTrace, eventually, newCallerTrace, TracedCaller } from "./traced-caller.ts";

export const FLAGS = {} as const;

const FAILING = "gpt-4o-mini";
const MODELS = ["gpt-6-luna", FAILING, "claude-haiku-4-5"];
const PROMPT = {
  name: "support/greet",
  model: "gpt-6-luna",
  template: "Greet {{ who }} in {{ language }}.",
  variables: { who: { type: "string" }, language: { type: "string", default: "English" } },
};
const ITEMS = 3;

/** An execution that is traced: how it is made, and how many root spans come of it. */
interface Form {
  make(caller: TracedCaller, trace: CallerTrace): Promise<unknown>;
  roots: number;
}

const asked = (more: object = {}) => ({ prompt: PROMPT.name, variables: { who: "Ada" }, cache: false, ...more });

const FORMS: Record<string, Form> = {
  whole: { make: async (caller, trace) => caller.execute(asked(), trace), roots: 1 },
  streamed: { make: async (caller, trace) => caller.execute(asked({ stream: true }), trace), roots: 1 },
  "with failover": {
    make: async (caller, trace) => caller.execute(asked({ models: [FAILING, "claude-haiku-4-5"] }), trace),
    roots: 1,
  },
  "stored, the second time": {
    async make(caller, trace) {
      for (let twice = 0; twice < 2; twice++) await caller.execute(asked({ cache: true }), trace);
    },
    roots: 2,
  },
  asynchronous: { make: async (caller, trace) => caller.executeLater(asked(), trace), roots: 1 },
  "a batch": {
    async make(caller, trace) {
      const items = Array.from({ length: ITEMS }, (_, n) => ({ variables: { who: `Ada ${n}` } }));
      await caller.executeBatch({ prompt: PROMPT.name, items }, trace);
    },
    roots: ITEMS,
  },
};

/** Runs the proof and prints its report. */
export async function run(): Promise<boolean> {
  const receiver = await startOtlpReceiver();
  try {
    const vars = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, TRACE_SAMPLE: "1" };
    return await withLocalStack({ vars }, async (stack) => proveAll(stack, receiver));
  } finally {
    await receiver.close();
  }
}

async function proveAll({ mock, edge }: LocalStack, receiver: OtlpReceiver): Promise<boolean> {
  await mock.profile({ models: { [FAILING]: { status: 503 } }, default: { delay_ms: 40, ttft_ms: 20 } });
  const caller = new TracedCaller(edge.url, edge.key);
  await caller.send("PUT", `/v1/prompts/${encodeURIComponent(PROMPT.name)}`, PROMPT);
  const callers = new Set<string>();
  for (const [name, form] of Object.entries(FORMS)) {
    const trace = newCallerTrace();
    callers.add(trace.span_id);
    await form.make(caller, trace);
    const spans = await eventually(`the spans of ${name}`, () => {
      const own = ofCaller(receiver.spans(), trace);
      return own.filter(({ name: span }) => span === "prompt_execution").length >= form.roots ? own : undefined;
    });
    console.log(`\n${name}   (start and length in ms)`);
    for (const line of tracesIn(spans).flatMap(drawTrace)) console.log(`  ${line}`);
  }
  const spans = receiver.spans();
  const faults = [...traceFaults(spans, callers), ...(await collectorFaults(receiver))];
  const models = MODELS.filter((model) => spans.some((span) => span.attributes["gen_ai.request.model"] === model));
  console.log(`\n${spans.length} spans in ${receiver.requests.length} requests, of ${models.length} models`);
  for (const fault of faults) console.log(`FAILED: ${fault}`);
  return faults.length === 0 && models.length === MODELS.length;
}

/** The spans of a caller's trace, and of traces that refer to it. */
function ofCaller(spans: readonly ReceivedSpan[], { trace_id }: CallerTrace): ReceivedSpan[] {
  const linked = spans.filter(({ links }) => links.some((link) => link.startsWith(trace_id)));
  const ids = new Set([trace_id, ...linked.map((span) => span.trace_id)]);
  return spans.filter((span) => ids.has(span.trace_id));
}

function tracesIn(spans: readonly ReceivedSpan[]): ReceivedSpan[][] {
  return [...Map.groupBy(spans, ({ trace_id }) => trace_id).values()];
}

/** Whether the collector reads the same spans as our receiver. */
async function collectorFaults(receiver: OtlpReceiver): Promise<string[]> {
  const lines = await decodeWithCollector(receiver.requests.map(({ body }) => body));
  if (!lines) {
    console.log(
      "\nThere is no Go here to build the OpenTelemetry Collector's decoder; our own receiver is strict, too.",
    );
    return [];
  }
  const ours = receiver.spans().map(lineOf);
  const isSame = lines.length === ours.length && lines.every((line, index) => line === ours[index]);
  console.log(`\nthe OpenTelemetry Collector's own code reads ${lines.length} spans`);
  return isSame ? [] : ["the collector reads other spans than our receiver"];
}

const KINDS = ["Unspecified", "Internal", "Server", "Client", "Producer", "Consumer"];

/** A span as `collector/main.go` writes it. */
function lineOf({
  trace_id,
  span_id,
  parent_id = "",
  kind,
  start,
  end,
  attributes,
  links,
  name,
}: ReceivedSpan): string {
  const counts = [Object.keys(attributes).length, links.length];
  return [trace_id, span_id, parent_id, KINDS[kind], start, end, ...counts, name].join(" ");
}
