import { executionSpans, type SpanOptions, type TracedExecution } from "../../domain/traces/execution-spans.ts";
import { isFailed, runSpan, type TracedRun } from "../../domain/traces/run-span.ts";
import type { Span } from "../../domain/traces/span.ts";
import { isInShare, type TraceContext, traceOfExecution } from "../../domain/trace-context.ts";
import { charactersIn } from "../../lib/characters-in.ts";
import type { EndedExecution } from "../executions/ended-execution.ts";
import { DueWork } from "../gate/due-work.ts";
import type { Collector } from "./collector.ts";
import { CollectorSends, type CollectorSendsDeps } from "./collector-sends.ts";

/** What a {@link TraceExporter} needs. */
export interface TraceExporterDeps extends CollectorSendsDeps, Omit<SpanOptions, "content"> {
  /** Continues work behind the response. */
  defer(work: Promise<unknown>): void;
  /** Whether some collector may want a tenant's traces. Answers from memory. */
  isWanted(tenantId: string): boolean;
  /** The collectors that get a tenant's traces. Never throws. */
  collectorsOf(tenantId: string): Promise<readonly Collector[]>;
  /** An execution that takes this long is exported, whatever its sampling says, ms. */
  slowMs: number;
}

/** How long spans wait for others to go along with them, ms, and how many they may be by then. */
const WAIT_MS = 1_000;
const SPANS_AT_ONCE = 200;
/** Executions that may wait. */
const MAX_WAITING = 100;
/**
 * Characters that they may hold together of what models were asked and said: a request may have 8
 * million, and an isolate 128 MB. One execution may wait, whatever it holds.
 */
const MAX_CHARACTERS = 4_000_000;
/** The spans of an execution beside those of its attempts. */
const SPANS_AN_EXECUTION = 6;

/** Spans of a trace that wait to be exported. */
interface WaitingSpans {
  tenant_id: string;
  trace: TraceContext;
  /** Whether they are exported whatever the trace's head said: something failed or was slow. */
  isInTail: boolean;
  count: number;
  /** The characters that they hold until then. */
  characters: number;
  write: (options: SpanOptions) => Span[];
}

/**
 * Exports the executions of an isolate as traces: behind the replies, many at a time. On the path
 * of a reply it puts the execution into a list. Sampling looks at the whole execution: one that
 * failed or was slow is exported, whatever its head said.
 */
export class TraceExporter {
  readonly #deps: TraceExporterDeps;
  readonly #options: Omit<SpanOptions, "content">;
  readonly #sends: CollectorSends;
  readonly #work: DueWork;
  #waiting: WaitingSpans[] = [];
  #waitingSpans = 0;
  #waitingCharacters = 0;
  #dueAt: number | null = null;
  /** Spans of executions that there was no room for. */
  #overflow = 0;

  constructor(deps: TraceExporterDeps) {
    this.#deps = deps;
    this.#options = { earlierNames: deps.earlierNames, endpoints: deps.endpoints };
    this.#sends = new CollectorSends(deps);
    const sleep = async (ms: number) => deps.sleep(ms);
    const due = { now: () => deps.now(), sleep, defer: (work: Promise<unknown>) => deps.defer(work) };
    this.#work = new DueWork(due, { dueAt: () => this.#dueAt, run: async () => this.#flush() });
  }

  /** Takes an execution that has ended. */
  observe(ended: EndedExecution): void {
    if (this.#deps.isWanted(ended.execution.tenant_id)) this.#take(this.#ofExecution(ended));
  }

  /** Takes a run that has ended. */
  observeRun(run: TracedRun): void {
    const { tenant_id, trace } = run;
    if (!this.#deps.isWanted(tenant_id)) return;
    const write = () => [runSpan(run)];
    this.#take({ tenant_id, trace, isInTail: isFailed(run), count: 1, characters: 0, write });
  }

  #take(spans: WaitingSpans): void {
    const { count } = spans;
    if (!this.#keep(spans)) this.#overflow += count;
    this.#waitingSpans += count;
    this.#dueAt ??= this.#deps.now() + WAIT_MS;
    const isFull = this.#waitingSpans >= SPANS_AT_ONCE || this.#waitingCharacters >= MAX_CHARACTERS;
    if (isFull) this.#dueAt = Math.min(this.#dueAt, this.#deps.now());
    this.#work.plan();
  }

  #ofExecution(ended: EndedExecution): WaitingSpans {
    const traced = tracedOf(ended);
    const { tenant_id, status, latency_ms } = ended.execution;
    const isSlow = latency_ms >= this.#deps.slowMs && ended.isProviderBatch !== true;
    return {
      tenant_id,
      trace: traced.trace,
      isInTail: status === "failed" || isSlow,
      count: SPANS_AN_EXECUTION + ended.attempts.length,
      characters: charactersIn([traced.input, traced.execution]),
      write: (options) => executionSpans(traced, options),
    };
  }

  /** Keeps spans until they are sent. False where there is no room for them. */
  #keep(spans: WaitingSpans): boolean {
    const { characters } = spans;
    const isRoom = this.#waiting.length < MAX_WAITING && this.#waitingCharacters + characters <= MAX_CHARACTERS;
    if (!isRoom && this.#waiting.length > 0) return false;
    this.#waiting.push(spans);
    this.#waitingCharacters += characters;
    return true;
  }

  /** Never throws. */
  async #flush(): Promise<void> {
    const taken = Map.groupBy(this.#waiting, ({ tenant_id }) => tenant_id);
    this.#waiting = [];
    this.#waitingSpans = 0;
    this.#waitingCharacters = 0;
    this.#dueAt = null;
    if (this.#overflow > 0) this.#deps.onDropped("", this.#overflow, "too many wait");
    this.#overflow = 0;
    const batches = new Map<string, { collector: Collector; spans: Span[] }>();
    await Promise.all(
      [...taken].map(async ([tenantId, waiting]) => {
        for (const collector of await this.#deps.collectorsOf(tenantId)) {
          const batch = batches.get(collector.id) ?? { collector, spans: [] };
          batches.set(collector.id, batch);
          for (const spans of waiting) batch.spans.push(...this.#spansFor(collector, spans));
        }
      }),
    );
    const filled = [...batches.values()].filter(({ spans }) => spans.length > 0);
    await Promise.all(filled.map(async ({ collector, spans }) => this.#sends.send(collector, spans)));
  }

  #spansFor(collector: Collector, { trace, isInTail, write }: WaitingSpans): Span[] {
    const isInHead = trace.decided ? trace.sampled : isInShare(trace.trace_id, collector.sample);
    if (!isInHead && !isInTail) return [];
    return write({ ...this.#options, content: collector.content });
  }
}

/** What a trace tells of an execution. It is let go of all else that its request brought. */
function tracedOf({ prepared, execution, attempts, timings }: EndedExecution): TracedExecution {
  const { request, input } = prepared;
  const trace = request.trace ?? traceOfExecution(execution.id);
  const variables = Object.keys(request.variables).length;
  return { trace, execution, attempts, input, variables, timings };
}
