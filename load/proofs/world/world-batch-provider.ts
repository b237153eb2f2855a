import type { BuiltInProvider, CompletionRequest, Usage } from "../../../src/domain/completions/completion.ts";
import { textOfMessage } from "../../../src/domain/completions/message.ts";
import { estimateTokens } from "../../../src/domain/completions/token-estimate.ts";
import { AppError } from "../../../src/domain/errors.ts";
import type {
  BatchLineResult,
  BatchProgress,
  BatchProvider,
  EncodedLine,
  SubmissionFound,
  SubmissionIntent,
} from "../../../src/providers/batch-provider.ts";
import type { ProviderCall } from "../../../src/providers/provider.ts";
import { type Ground, never } from "./network.ts";
import { type LineFate, planLine, planProviderBatch, type ProviderBatchPlan } from "./provider-batch-plan.ts";
import type { PaidCall } from "./paid-call.ts";

/** A line of a batch, as the provider knows it. */
export interface ProviderLine {
  custom_id: string;
  request: CompletionRequest;
  fate: LineFate | "waiting";
  /** What it used, once it was executed. */
  usage: Usage | null;
}

/** A batch at a provider. */
export interface BatchAtProvider {
  id: string;
  nonce: string;
  key: string;
  provider: BuiltInProvider;
  created_at: number;
  lines: ProviderLine[];
  plan: ProviderBatchPlan;
  state: "running" | "cancelling" | "ended" | "failed";
}

/** What the batch APIs of both providers tell the world. */
export interface BatchProviderDeps extends Ground {
  /** A line was read of a submission. */
  onLine(nonce: string, customId: string): void;
  /** A line was executed, and is billed. */
  onPaid(call: Omit<PaidCall, "number" | "request" | "lent_at">, line: { nonce: string; custom_id: string }): void;
}

/**
 * The share of calls that are lost before or after their effect, hang, or are turned away for a
 * moment or for good, each below the next.
 */
const TROUBLE = [
  ["before", 0.05],
  ["after", 0.1],
  ["hangs", 0.14],
  ["busy", 0.18],
  ["refuses", 0.2],
] as const;
/**
 * How long a submission takes at most that hangs, and after which time a lost call fails, in ms.
 */
const SLOW_SUBMIT_MS = 480_000;
const LOST_MS = 5_000;
/** What is on its way takes effect this long after its caller has left, in ms. */
const ON_ITS_WAY_MS = 20_000;
/** Completion tokens of a line. */
const TOKENS = { least: 5, most: 400 };
const WORD = "abc ";
/** Lines of results that come together. */
const PAGE = 10;

/**
 * The batch APIs of both providers, behind a network. Executed lines are paid, whoever collects.
 */
export class WorldBatchProvider {
  readonly batches: BatchAtProvider[] = [];
  readonly #deps: BatchProviderDeps;

  constructor(deps: BatchProviderDeps) {
    this.#deps = deps;
  }

  as(provider: BuiltInProvider): BatchProvider {
    return {
      encode: ({ custom_id, request }) => ({ json: JSON.stringify({ custom_id, request }), headers: {} }),
      submit: async (nonce, lines, call) => this.#submit(provider, nonce, lines, call),
      find: async (intent, call) => this.#reach(call, "find", () => this.#find(intent, call)),
      poll: async (id, call) => this.#reach(call, `poll ${id}`, () => progressOf(this.#batch(id))),
      cancel: async (id, call) => this.#reach(call, `cancel ${id}`, () => this.#cancel(this.#batch(id))),
      results: (sources, call) => this.#results(sources[0] ?? "", call),
    };
  }

  async #submit(
    provider: BuiltInProvider,
    nonce: string,
    encoded: AsyncIterable<EncodedLine>,
    call: ProviderCall,
  ): Promise<string> {
    const lines: ProviderLine[] = [];
    for await (const { json } of encoded) {
      const { custom_id, request } = JSON.parse(json) as Pick<ProviderLine, "custom_id" | "request">;
      this.#deps.onLine(nonce, custom_id);
      lines.push({ custom_id, request, fate: "waiting", usage: null });
    }
    return this.#reach(call, "submit", () => this.#create(provider, nonce, call.apiKey, lines), SLOW_SUBMIT_MS);
  }

  #create(provider: BuiltInProvider, nonce: string, key: string, lines: ProviderLine[]): string {
    const { clock, history } = this.#deps;
    const id = `batch${this.batches.length + 1}`;
    const plan = planProviderBatch(this.#deps, provider);
    const batch: BatchAtProvider = {
      id,
      nonce,
      key,
      provider,
      created_at: clock.now(),
      lines,
      plan,
      state: "running",
    };
    this.batches.push(batch);
    history.add(`${provider} takes ${id} of ${lines.length} lines, ${plan.fails ? "fails" : plan.ends_ms}`);
    if (plan.fails) clock.in(undefined, 30_000, () => (batch.state = "failed"));
    else if (plan.ends_ms < Infinity) {
      clock.in(undefined, plan.ends_ms, () => this.#end(batch, plan.ends_ms < 86_400_000 ? "done" : "expired"));
    }
    return id;
  }

  /** OpenAI's batches show who sent them. Those of Anthropic do so by their results. */
  #find({ nonce, at_most, others }: SubmissionIntent, { apiKey }: ProviderCall): SubmissionFound {
    const own = this.batches.filter(({ key }) => key === apiKey);
    const found = own.find((batch) => batch.nonce === nonce);
    const [{ provider } = { provider: "openai" }] = own;
    if (provider === "openai") return found ? { id: found.id } : "none";
    if (found?.state === "ended") return { id: found.id };
    const mayBe = own.some(({ id, state, lines }) => {
      return state !== "ended" && lines.length <= at_most && !others.has(id);
    });
    return mayBe ? "unsure" : "none";
  }

  #cancel(batch: BatchAtProvider): void {
    if (batch.state !== "running") return;
    batch.state = "cancelling";
    this.#deps.history.add(`${batch.id} is being cancelled`);
    this.#deps.clock.in(undefined, batch.plan.cancel_ms, () => this.#end(batch, "cancelled"));
  }

  #end(batch: BatchAtProvider, how: "done" | "expired" | "cancelled"): void {
    if (batch.state === "ended" || batch.state === "failed") return;
    batch.state = "ended";
    for (const line of batch.lines) {
      line.fate = planLine(this.#deps, how);
      if (["answered", "missing", "unreadable"].includes(line.fate)) this.#execute(batch, line);
    }
    this.#deps.history.add(`${batch.id} is ${how}: ${batch.lines.map(({ fate }) => fate).join(" ")}`);
  }

  #execute({ nonce, provider, key }: BatchAtProvider, line: ProviderLine): void {
    const { clock, random } = this.#deps;
    const { custom_id, request } = line;
    const prompt_tokens = estimateTokens(request.messages);
    const made = Math.floor(random.between(TOKENS.least, TOKENS.most));
    line.usage = { prompt_tokens, completion_tokens: made, total_tokens: prompt_tokens + made };
    const question = textOfMessage(request.messages.at(-1) ?? { content: "" });
    const began = clock.elapsed();
    const ended = { seen: made, fate: "answered", isDelivered: true, service_tier: "batch" } as const;
    const { model } = request;
    this.#deps.onPaid(
      { admission: "", key, provider, model, question, began, prompt_tokens, made, ...ended },
      { nonce, custom_id },
    );
  }

  async *#results(id: string, call: ProviderCall): AsyncGenerator<BatchLineResult> {
    const { clock, random, faults } = this.#deps;
    const batch = await this.#reach(call, `results ${id}`, () => this.#batch(id));
    const breaksAt = faults.has("provider") && random.chance(0.15) ? random.between(0, batch.lines.length) : Infinity;
    const told = batch.lines.filter(({ fate }) => fate !== "missing").toReversed();
    for (const [index, line] of told.entries()) {
      if (index % PAGE === 0) await clock.sleep(random.between(1, 50));
      if (index >= breaksAt) throw new AppError("provider_error", "the results broke off", { retryable: true });
      yield resultOf(line);
    }
  }

  #batch(id: string): BatchAtProvider {
    const batch = this.batches.find((each) => each.id === id);
    if (!batch) throw new AppError("provider_error", `there is no ${id}`);
    return batch;
  }

  /** Calls the provider over the network, for as long as the caller's signal allows. */
  async #reach<T>({ signal }: ProviderCall, what: string, run: () => T, slowMs = 0): Promise<T> {
    const { clock, random, faults, history } = this.#deps;
    const caller = clock.life();
    if (caller?.isOver) return never<T>();
    const trouble = faults.has("provider") ? troubleOf(random.unit()) : undefined;
    if (trouble) history.add(`${caller?.name} ${what} ${trouble}`);
    await clock.sleep(random.between(5, 200));
    if (trouble === "busy") throw new AppError("provider_overloaded", "busy", { retryable: true });
    if (trouble === "refuses") throw new AppError("provider_error", "the key is refused");
    const isSlow = trouble === "hangs" && slowMs > 0;
    let leftAt = Infinity;
    const leave = () => (leftAt = Math.min(leftAt, clock.elapsed()));
    const stop = caller?.onEnd(leave);
    return new Promise<T>((resolve, reject) => {
      const reply = (ms: number, settle: () => void) => void clock.in(caller, ms, settle);
      const abort = () => {
        leave();
        reply(0, () => reject(signal.reason as Error));
      };
      signal.addEventListener("abort", abort);
      if (signal.aborted) abort();
      const arrive = () => {
        stop?.();
        if (clock.elapsed() > leftAt + ON_ITS_WAY_MS) return;
        try {
          const result = run();
          if (trouble === "after") reply(LOST_MS, () => reject(lost()));
          else if (trouble !== "hangs" || isSlow) reply(10, () => resolve(result));
        } catch (error) {
          reply(10, () => reject(error));
        }
      };
      if (trouble === "before") reply(LOST_MS, () => reject(lost()));
      else clock.in(undefined, isSlow ? random.between(1_000, slowMs) : random.between(5, 100), arrive);
    });
  }
}

/** What goes wrong with a call, by a random number in [0, 1). */
function troubleOf(dice: number) {
  return TROUBLE.find(([, below]) => dice < below)?.[0];
}

function lost(): AppError {
  return new AppError("provider_error", "the connection was lost", { retryable: true });
}

function progressOf({ id, state, lines }: BatchAtProvider): BatchProgress {
  const counts = { total: lines.length, done: state === "ended" ? lines.length : 0 };
  if (state === "failed") return { status: "failed", counts, error: new AppError("provider_error", "not taken") };
  return state === "ended" ? { status: "ended", counts, sources: [id] } : { status: "running", counts };
}

function resultOf({ custom_id, fate, usage, request }: ProviderLine): BatchLineResult {
  if (fate === "answered") {
    const text = WORD.repeat(usage?.completion_tokens ?? 0);
    return { custom_id, type: "completion", completion: { text, finish_reason: "stop", usage, model: request.model } };
  }
  if (fate === "expired" || fate === "cancelled") return { custom_id, type: fate };
  if (fate === "busy") {
    return { custom_id, type: "error", error: new AppError("provider_overloaded", "busy", { retryable: true }) };
  }
  if (fate === "refused") return { custom_id, type: "error", error: new AppError("provider_error", "a 400") };
  return { type: "unreadable", error: new AppError("provider_error", "a line that is not JSON") };
}
