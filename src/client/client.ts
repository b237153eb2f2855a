import { Api, type ListItem, type ListOperation, type ListRequest } from "./api.ts";
import { AuditApi } from "./audit.ts";
import { BatchesApi } from "./batches.ts";
import { PbtEdgeError } from "./errors.ts";
import { ExecutionsApi } from "./executions.ts";
import type { List } from "./list.ts";
import type { OperationArguments, OperationName, OperationResult } from "./operations.ts";
import { isPlainHttp } from "./plain-http.ts";
import { type AnyPrompts, type ExecuteOptions, type PromptCall, type PromptTypes, splitCall } from "./prompt-calls.ts";
import { LabelsApi, PromotionsApi } from "./promotions.ts";
import { PromptsApi } from "./prompts.ts";
import { PricesApi, ProvidersApi } from "./provider-settings.ts";
import { type ExecutionReply, StreamedExecution } from "./streamed-execution.ts";
import { AliasesApi, BudgetsApi, KeysApi, TelemetryApi, WebhooksApi } from "./tenant-settings.ts";
import { ComparisonsApi, OptimizationsApi } from "./experiments.ts";
import { TestRunsApi } from "./test-runs.ts";
import { Transport, type TransportSettings, waitByTimer } from "./transport.ts";
import { InsightsApi, UsageApi } from "./usage.ts";

/** Longer than the longest execution, which is 300 s. */
const TIMEOUT_MS = 330_000;
const MAX_RETRIES = 2;
const LONGEST_WAIT_MS = 60_000;

/** Where the API is, and how it is called. */
export interface ClientOptions {
  /** The address of the deployment: `https://pbt-edge.example.workers.dev`. */
  baseUrl: string;
  /** A key of the tenant. */
  apiKey: string;
  /** Lets the key go over http:// to another machine, where others may read it (false). */
  allowHttp?: boolean;
  /** Sent with each request. */
  headers?: Record<string, string>;
  /** The longest wait for a whole answer, or for the next piece of a stream, in ms (330,000). */
  timeoutMs?: number;
  /** How often a call that failed without a result is repeated (2). */
  maxRetries?: number;
  /** The longest wait before a repeat that a server may ask for, in ms (60,000). */
  longestWaitMs?: number;
  /** Replaces the platform's `fetch`. */
  fetch?: TransportSettings["fetch"];
  /** Replaces the platform's timer and clock, for tests. */
  clock?: Pick<TransportSettings, "wait" | "now">;
}

/**
 * A client of PBT Edge. It needs nothing but `fetch`, so it runs in Node, browsers, Workers and
 * Deno. `new PbtEdge<Prompts>(…)` checks the names and variables of executions.
 */
export class PbtEdge<P extends PromptTypes<P> = AnyPrompts> {
  readonly prompts: PromptsApi;
  readonly labels: LabelsApi;
  readonly promotions: PromotionsApi;
  readonly aliases: AliasesApi;
  readonly executions: ExecutionsApi;
  readonly batches: BatchesApi;
  readonly testRuns: TestRunsApi;
  readonly comparisons: ComparisonsApi;
  readonly optimizations: OptimizationsApi;
  readonly usage: UsageApi;
  readonly insights: InsightsApi;
  readonly budgets: BudgetsApi;
  readonly keys: KeysApi;
  readonly providers: ProvidersApi;
  readonly prices: PricesApi;
  readonly webhooks: WebhooksApi;
  readonly telemetry: TelemetryApi;
  readonly audit: AuditApi;
  readonly #api: Api;

  constructor(options: ClientOptions) {
    const api = new Api(new Transport(settingsOf(options)));
    this.#api = api;
    this.prompts = new PromptsApi(api);
    this.labels = new LabelsApi(api);
    this.promotions = new PromotionsApi(api);
    this.aliases = new AliasesApi(api);
    this.executions = new ExecutionsApi(api);
    this.batches = new BatchesApi(api);
    this.testRuns = new TestRunsApi(api);
    this.comparisons = new ComparisonsApi(api);
    this.optimizations = new OptimizationsApi(api);
    this.usage = new UsageApi(api);
    this.insights = new InsightsApi(api);
    this.budgets = new BudgetsApi(api);
    this.keys = new KeysApi(api);
    this.providers = new ProvidersApi(api);
    this.prices = new PricesApi(api);
    this.webhooks = new WebhooksApi(api);
    this.telemetry = new TelemetryApi(api);
    this.audit = new AuditApi(api);
  }

  /** Executes a prompt and waits for the whole answer. */
  async execute<Q extends PromptTypes<Q> = P>(...call: PromptCall<NoInfer<Q>>): Promise<ExecutionReply> {
    const [prompt, options] = call as [string, ExecuteOptions<Record<string, unknown>>?];
    const reply = await this.#api.request("POST /v1/executions", splitCall(prompt, options));
    return reply as ExecutionReply;
  }

  /**
   * Executes a prompt and gives the answer as it comes. It begins when the stream is first read.
   */
  stream<Q extends PromptTypes<Q> = P>(...call: PromptCall<NoInfer<Q>>): StreamedExecution {
    const [prompt, options] = call as [string, ExecuteOptions<Record<string, unknown>>?];
    const { body, ...rest } = splitCall(prompt, options);
    return new StreamedExecution(this.#api.transport, "POST /v1/executions", {
      ...rest,
      body: { ...body, stream: true },
    });
  }

  /**
   * Calls any operation of the API by its name: `request("GET /v1/models")`. JSON comes back as its
   * value, anything else as text.
   */
  async request<O extends OperationName>(operation: O, ...given: OperationArguments<O>): Promise<OperationResult<O>> {
    return this.#api.request(operation, ...given);
  }

  /** The list that any operation answers, page by page: `list("GET /v1/prompts")`. */
  list<O extends ListOperation>(operation: O, request: ListRequest<O> = {}): List<ListItem<O>> {
    return this.#api.list(operation, request);
  }

  /** Calls any operation and returns its response, whose body nobody has read. */
  async response<O extends OperationName>(operation: O, ...given: OperationArguments<O>): Promise<Response> {
    return this.#api.response(operation, ...given);
  }
}

function settingsOf(options: ClientOptions): TransportSettings {
  if (isPlainHttp(options.baseUrl) && options.allowHttp !== true) {
    throw new PbtEdgeError(
      `${options.baseUrl} is not encrypted, so others could read the key. Use https://, or \`allowHttp: true\`.`,
    );
  }
  return {
    baseUrl: options.baseUrl,
    apiKey: options.apiKey,
    headers: options.headers ?? {},
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    maxRetries: options.maxRetries ?? MAX_RETRIES,
    longestWaitMs: options.longestWaitMs ?? LONGEST_WAIT_MS,
    fetch: options.fetch ?? (async (url, init) => globalThis.fetch(url, init)),
    wait: options.clock?.wait ?? waitByTimer,
    now: options.clock?.now ?? Date.now,
    random: Math.random,
  };
}
