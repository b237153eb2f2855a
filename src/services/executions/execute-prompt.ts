import { cacheKeyText } from "../../domain/completions/cache-key.ts";
import { type CachePolicy, cachePolicy } from "../../domain/executions/cache-control.ts";
import type { Ask, CompletionParameters } from "../../domain/completions/completion.ts";
import { AppError } from "../../domain/errors.ts";
import type { Execution } from "../../domain/executions/execution.ts";
import { newId } from "../../domain/id.ts";
import { stickyRoll } from "../../domain/prompts/label.ts";
import type { PromptSettings } from "../../domain/prompts/prompt.ts";
import type { RateLimits } from "../../domain/gate/rate-limit-headers.ts";
import { type Deadline, startDeadline } from "../../lib/deadline.ts";
import { sha256Hex } from "../../lib/hash.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import {
  type Executed,
  ExecutionFailed,
  type ExecutionEvent,
  type ExecutionStream,
  type Served,
} from "./execute-result.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import type { Asking, Obtained, ObtainAnswer } from "../completions/obtain-answer.ts";
import { type Outcome, toExecution } from "./outcome.ts";
import type { RecordUsage } from "../usage/record-usage.ts";
import { renderPrompt } from "../prompts/render-prompt.ts";
import type { ResolvedPrompt, ResolvePrompt } from "../prompts/resolve-prompt.ts";
import type { Candidate, Route, RouteModel } from "../completions/route-model.ts";
import type { Timings } from "../../domain/executions/timings.ts";

/** Executes stored prompts. Input faults throw AppError and record nothing; later failures throw {@link ExecutionFailed} and are recorded. */
export interface ExecutePrompt {
  /** `record` writes the execution down, for a caller that ends many at once; under an id that was given out only. */
  run(request: ExecutionRequest, timings: Timings, record?: RecordUsage["now"]): Promise<Executed>;
  stream(request: ExecutionRequest, timings: Timings): Promise<ExecutionStream>;
}

/** What {@link createExecutePrompt} needs. `random` in [0, 1); `fresh_ms` is how long a stored answer counts as fresh. */
export interface ExecutePromptDeps extends Clock {
  random(): number;
  resolve: ResolvePrompt;
  route: RouteModel;
  obtain: ObtainAnswer;
  record: RecordUsage;
  executionTimeoutMs: number;
  fresh_ms: number;
}

/** An execution under way: all that its steps share. */
interface Run {
  id: string;
  startedAt: number;
  request: ExecutionRequest;
  record: RecordUsage["now"];
  resolved: ResolvedPrompt;
  ask: Ask;
  route: Route;
  policy: CachePolicy;
  key: string | null;
  ledger: Ledger;
  deadline: Deadline;
  outcome: Outcome;
  limits?: RateLimits;
}

/** The service: resolve → render → route → obtain (cache → flight → call) → record. */
export function createExecutePrompt(deps: ExecutePromptDeps): ExecutePrompt {
  async function prepare(request: ExecutionRequest, timings: Timings, record = deps.record.now): Promise<Run> {
    const startedAt = deps.now();
    const { options, tenant_id: tenantId } = request;
    const { prompt, user, model, models } = options;
    const roll = user === undefined ? deps.random() : stickyRoll(prompt.name, user);
    const revalidate = options.cache_control.no_cache;
    const resolved = await timings.measure("load", async () => deps.resolve(tenantId, prompt, roll, revalidate));
    const { definition } = resolved.row;
    const messages = await timings.measure("render", async () => renderPrompt(definition, request.variables));
    const ask: Ask = {
      messages,
      parameters: { ...parametersOf(definition.settings), ...options.parameters },
      output_schema: definition.output_schema,
      user,
    };
    const route = await timings.measure("admit", async () =>
      deps.route({ tenant_id: tenantId, prompt_name: prompt.name, definition, messages, model, models }),
    );
    const [preferred] = route.candidates;
    const policy = cachePolicy({
      settings: definition.settings,
      temperature: ask.parameters.temperature,
      cache: options.cache,
      directives: options.cache_control,
      fresh_ms: deps.fresh_ms,
    });
    const timeoutMs = options.timeout_ms ?? deps.executionTimeoutMs;
    const overdue = () =>
      new AppError("timeout", `The execution did not end within ${timeoutMs} ms.`, { retryable: true });
    return {
      id: request.id ?? newId("exe", startedAt),
      startedAt,
      request,
      record,
      resolved,
      ask,
      route,
      policy,
      key: policy.write ? await keyOf(tenantId, resolved, ask, preferred) : null,
      ledger: openLedger(ask),
      deadline: startDeadline(timeoutMs, overdue),
      outcome: { candidate: preferred, text: null },
    };
  }

  async function obtain(run: Run, form: Asking["form"], timings: Timings): Promise<Obtained> {
    const { id, request, route, ask, key, policy, ledger, deadline } = run;
    try {
      const obtained = await deps.obtain({
        execution_id: id,
        tenant_id: request.tenant_id,
        lane: request.lane,
        queue: request.options.queue,
        timeout_ms: request.options.timeout_ms ?? deps.executionTimeoutMs,
        candidates: route.candidates,
        ask,
        signal: deadline.signal,
        form,
        key,
        stale_s: policy.stale_if_error_ms / 1000,
        policy,
        ledger,
        timings,
        onAttempt(candidate) {
          ledger.attempt();
          run.outcome = { candidate, text: null };
        },
        onFacts: (facts) => (run.limits = facts),
        onCompletion: ({ text }) => (run.outcome.text = text),
      });
      run.outcome = { candidate: obtained.candidate, text: null, cached: obtained.cached };
      return obtained;
    } catch (error) {
      // Who wanted a stored answer or nothing got nothing: that is no execution.
      if (policy.only_if_cached) {
        deadline.clear();
        throw error;
      }
      const failure = toAppError(error);
      throw new ExecutionFailed(failure, await finish(run, { error: failure }));
    }
  }

  /** Ends an execution: stops its clock, records it, and gives it back. Who was promised an id is answered after the record, all others before. */
  async function finish(run: Run, end: Partial<Outcome>): Promise<Execution> {
    run.deadline.clear();
    const execution = toExecution(run, { ...run.outcome, ...end }, deps.now());
    if (run.request.id !== undefined) await run.record(execution);
    else deps.record.later(execution);
    return execution;
  }

  /** Passes text on, gathers what the record needs, and records at the end whatever happened. */
  async function* follow(run: Run, { parts }: Obtained): AsyncGenerator<ExecutionEvent> {
    let text = "";
    const end: Partial<Outcome> = {};
    try {
      for await (const part of parts) {
        if (part.type === "answer") end.answer = part.answer;
        else {
          text += part.text;
          yield { type: "delta", text: part.text };
        }
      }
    } catch (error) {
      end.error = toAppError(error);
    }
    const execution = await finish(run, { text, ...end });
    yield end.error ? { type: "error", error: end.error, execution } : { type: "done", execution };
  }

  return {
    async run(request, timings, record) {
      const run = await prepare(request, timings, record);
      const obtained = await obtain(run, "whole", timings);
      for await (const event of follow(run, obtained)) {
        if (event.type === "error") throw new ExecutionFailed(event.error, event.execution);
        if (event.type === "done") return { execution: event.execution, served: servedBy(run, obtained) };
      }
      throw new AppError("internal_error", "An execution without an end.");
    },

    async stream(request, timings) {
      const run = await prepare(request, timings);
      const obtained = await obtain(run, "stream", timings);
      const { row, label } = run.resolved;
      return {
        id: run.id,
        prompt: { name: row.name, version: row.version, label },
        model: obtained.candidate.model,
        attempts: run.ledger.totals().attempts,
        served: servedBy(run, obtained),
        events: follow(run, obtained),
      };
    },
  };
}

function servedBy({ key, resolved, limits }: Run, { cached, age_ms, stale }: Obtained): Served {
  const { pointer_age_ms, degraded } = resolved;
  const cache = cached === null ? (key === null ? "bypass" : "miss") : "hit";
  return { cache, tier: cached, age_ms, stale, pointer_age_ms, degraded, limits };
}

/** `<tenant>/<digest>`: whose answers these are can be told from the key, what was asked cannot. */
async function keyOf(
  tenantId: string,
  { row, pointer }: ResolvedPrompt,
  { messages, parameters, output_schema }: Ask,
  preferred: Candidate | undefined,
): Promise<string | null> {
  if (!preferred) return null;
  const { content_hash } = row;
  const epoch = pointer.cache_epoch;
  const text = cacheKeyText({
    ...preferred,
    tenant_id: tenantId,
    content_hash,
    epoch,
    messages,
    parameters,
    output_schema,
  });
  return `${tenantId}/${await sha256Hex(text)}`;
}

/** The sampling parameters among a prompt's settings. */
export function parametersOf({ temperature, max_tokens, top_p, stop }: PromptSettings): CompletionParameters {
  return { temperature, max_tokens, top_p, stop };
}

function toAppError(error: unknown): AppError {
  return error instanceof AppError ? error : new AppError("internal_error", "The execution failed.", { cause: error });
}
