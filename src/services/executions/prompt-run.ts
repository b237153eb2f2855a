import { isUnspent, uncountedCalls } from "../../domain/completions/attempt.ts";
import type { CompletionInput } from "../../domain/completions/completion.ts";
import type { AppError } from "../../domain/errors.ts";
import type { CachePolicy } from "../../domain/executions/cache-control.ts";
import type { Execution } from "../../domain/executions/execution.ts";
import type { Intent } from "../../domain/executions/intent.ts";
import type { PromptSettings } from "../../domain/prompts/prompt.ts";
import type { RateLimitFacts } from "../../domain/rate-limit-facts.ts";
import { recordedInput } from "../../domain/executions/recorded-input.ts";
import { toTimeline } from "../../domain/executions/timeline.ts";
import type { Timings } from "../../domain/executions/timings.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Deadline } from "../../lib/deadline.ts";
import type { OpenBudget } from "../budgets/open-budget.ts";
import type { AnswerRequest, ObtainedAnswer } from "../completions/answer-request.ts";
import type { CompletionCall } from "../completions/completion-call.ts";
import { toCompletionFailed } from "../completions/completion-failed.ts";
import type { IntentLog } from "../usage/intent-log.ts";
import type { RecordUsage } from "../usage/record-usage.ts";
import type { ObserveExecution } from "./ended-execution.ts";
import { ExecutionFailed, type ExecutionEvent, type Served } from "./execute-result.ts";
import { type ExecutionEnd, type PreparedExecution, toExecution, toIntent } from "./to-execution.ts";

/** An execution that is ready to obtain its answer. */
export interface ReadyExecution extends PreparedExecution {
  input: CompletionInput;
  policy: CachePolicy;
  /** The cache key; null where no stored answer may be used or made. */
  key: string | null;
  /** Records the execution before its reply, where its id was assigned earlier. */
  recordNow: RecordUsage["now"];
  /** Whether a durable row names the execution already, as that of a batch item does. */
  isOwned: boolean;
  /** Tells the owner of the execution's id that money is about to be spent. */
  start?: (intent: Intent) => Promise<void>;
  timeoutMs: number;
  deadline: Deadline;
}

/** What a {@link PromptRun} needs. */
export interface PromptRunDeps extends Clock {
  obtain(request: AnswerRequest): Promise<ObtainedAnswer>;
  record: Pick<RecordUsage, "later">;
  intents: Pick<IntentLog, "append">;
  openBudget: OpenBudget;
  observe: ObserveExecution;
  /** Whether a tenant has content recorded. Answers from memory. */
  keepsContent(tenantId: string): boolean;
}

/** One execution under way: obtains its answer, passes it on, and records its end exactly once. */
export class PromptRun {
  readonly #deps: PromptRunDeps;
  readonly #ready: ReadyExecution;
  readonly #timings: Timings;
  #hasReader = true;

  constructor(deps: PromptRunDeps, ready: ReadyExecution, timings: Timings) {
    this.#deps = deps;
    this.#ready = ready;
    this.#timings = timings;
  }

  /** Obtains the answer. Throws {@link ExecutionFailed}, recorded, where there is none. */
  async obtain(form: AnswerRequest["form"]): Promise<ObtainedAnswer> {
    const { id, request, resolved, route, input, key, policy, deadline, timeoutMs: timeout_ms } = this.#ready;
    const { tenant_id, lane, options, trace, purpose } = request;
    const { candidates } = route;
    const own = this.#ready.isOwned ? undefined : async (attempts: number) => this.#own(attempts);
    const { key_id } = request;
    const payer = { tenant_id, key_id, prompt_name: resolved.row.name, trace };
    const openBudget = async () => this.#deps.openBudget(payer, candidates, input.parameters);
    const { signal } = deadline;
    const of = { tenant_id, key_id, lane, candidates, input, ...(trace && { trace }) };
    const times = callTimesOf(resolved.row.definition.settings);
    const mayRestart = form === "stream" && request.restarts === true;
    const how = { queue: options.queue, own, openBudget, ...(mayRestart && { restarts: () => this.#hasReader }) };
    const call = { ...of, signal, timeout_ms, times, ...how, ...(purpose && { purpose }) };
    try {
      return await this.#deps.obtain({ execution_id: id, call, form, key, policy, timings: this.#timings });
    } catch (thrown) {
      const { error, attempts, text } = toCompletionFailed(thrown);
      // `only-if-cached` missed: this is not an execution.
      if (policy.only_if_cached) {
        deadline.clear();
        throw error;
      }
      const candidate = attempts.at(-1)?.candidate ?? candidates[0];
      const execution = await this.#finish({ candidate, attempts, text, error });
      const facts = { unspent: isUnspent(attempts), uncounted: uncountedCalls(attempts) };
      throw new ExecutionFailed(error, execution, facts);
    }
  }

  /** Passes the text on, and records the execution at the end, whatever happened. */
  async *follow({ candidate, cached, attempts, parts }: ObtainedAnswer): AsyncGenerator<ExecutionEvent> {
    const end: ExecutionEnd = { candidate, cached, attempts, text: "" };
    let error: AppError | undefined;
    try {
      for await (const part of parts) {
        if (part.type !== "answer") {
          if (part.type === "text") end.text += part.text;
          if (part.type === "tool_call") (end.tool_calls ??= []).push(part.call);
          yield part;
        } else {
          end.answer = part.answer;
          end.attempts = part.attempts;
        }
      }
    } catch (thrown) {
      const failed = toCompletionFailed(thrown);
      error = failed.error;
      if (failed.attempts.length > 0) end.attempts = failed.attempts;
    }
    // A restarted answer is recorded as that of the model that ended it.
    if (cached === null) end.candidate = end.attempts.at(-1)?.candidate ?? candidate;
    const execution = await this.#finish({ ...end, error });
    yield error ? { type: "error", error, execution } : { type: "done", execution };
  }

  /** Says that nobody reads the stream any more, so that no further call is made for it. */
  leave(): void {
    this.#hasReader = false;
  }

  /** How the execution was served, for the reply's headers. */
  served({ cached, age_ms, stale, attempts }: ObtainedAnswer): Served {
    const { key, resolved } = this.#ready;
    const { pointer_age_ms, degraded } = resolved;
    const cache = cached === null ? (key === null ? "bypass" : "miss") : "hit";
    return { cache, tier: cached, age_ms, stale, pointer_age_ms, degraded, limits: lastLimits(attempts) };
  }

  /** Puts on record that the execution is about to spend money on a number of attempts. */
  async #own(attempts: number): Promise<void> {
    const { request, startedAt, timeoutMs, input, start } = this.#ready;
    const intent = toIntent(this.#ready, input, attempts);
    const appended = this.#deps.intents.append(request.tenant_id, intent, startedAt + timeoutMs);
    await Promise.all([appended, start?.(intent)]);
  }

  /**
   * Stops the clock and records the execution: before the reply where its id was assigned earlier.
   */
  async #finish(end: ExecutionEnd): Promise<Execution> {
    this.#ready.deadline.clear();
    const execution = toExecution(this.#ready, end, this.#deps.now());
    const { request } = this.#ready;
    const [{ attempts }, timings] = [end, this.#timings];
    this.#deps.observe({ prepared: this.#ready, execution, attempts, timings });
    const { relayed: _relayed, reasoning_blocks: _blocks, ...rest } = execution;
    const record = this.#deps.keepsContent(request.tenant_id) ? { ...rest, ...recordedInput(request) } : rest;
    // A record that waits must hold nothing else of its request, which may be megabytes.
    const times = { execution: record, attempts, timings, trace_id: request.trace?.trace_id };
    if (request.id === undefined) this.#deps.record.later(record, () => toTimeline(times));
    else await this.#ready.recordNow({ ...record, timeline: toTimeline(times) });
    return execution;
  }
}

/** How long a provider may be silent in a call of the prompt, where its settings say so. */
function callTimesOf({ timeouts: { first_token_ms, silence_ms } = {} }: PromptSettings): CompletionCall["times"] {
  return {
    ...(first_token_ms !== undefined && { firstByteMs: first_token_ms }),
    ...(silence_ms !== undefined && { readMs: silence_ms }),
  };
}

/** What a provider last said of a key's limits, over all attempts. */
function lastLimits(attempts: ObtainedAnswer["attempts"]): RateLimitFacts | undefined {
  return attempts.findLast(({ limits }) => limits.requests !== undefined || limits.tokens !== undefined)?.limits;
}
