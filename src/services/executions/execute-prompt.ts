import { uncountedCalls } from "../../domain/completions/attempt.ts";
import { type CacheKeyParts, cacheKeyText } from "../../domain/completions/cache-key.ts";
import type { Candidate } from "../../domain/completions/candidate.ts";
import type { CompletionInput } from "../../domain/completions/completion.ts";
import { AppError, invalid } from "../../domain/errors.ts";
import { cachePolicy } from "../../domain/executions/cache-control.ts";
import { translationFaults } from "../../domain/executions/door-call.ts";
import { type ExecutionRequest, NO_PROMPT_NAME } from "../../domain/executions/execution-options.ts";
import type { Intent } from "../../domain/executions/intent.ts";
import type { Timings } from "../../domain/executions/timings.ts";
import { stickyRoll } from "../../domain/prompts/label.ts";
import { startDeadline } from "../../lib/deadline.ts";
import { sha256Hex } from "../../lib/hash.ts";
import type { AnswerRequest } from "../completions/answer-request.ts";
import type { RouteModel } from "../completions/route-model.ts";
import type { ResolvedPrompt, ResolvePrompt } from "../prompts/resolve-prompt.ts";
import type { RecordUsage } from "../usage/record-usage.ts";
import type { ExecutionIds } from "./execution-ids.ts";
import { type ExecutedPrompt, ExecutionFailed, type ExecutionStream } from "./execute-result.ts";
import { modelInput } from "./model-input.ts";
import { NO_PROMPT } from "./no-prompt.ts";
import { resolvedFor } from "./resolved-for.ts";
import { timeLimitOf } from "./time-limit.ts";
import { PromptRun, type PromptRunDeps, type ReadyExecution } from "./prompt-run.ts";

/** What a caller that stands behind an execution does about it. */
export interface ExecutionOwner {
  /** Records the execution, whose id was assigned before, in place of the ordinary recording. */
  record?: RecordUsage["now"];
  /**
   * Awaited before the first call to a provider, which is not made if this throws. An execution
   * that ends without it cost nothing.
   */
  start?: (intent: Intent) => Promise<void>;
  /** True where a durable row names the execution already, so that it needs no intent. */
  hasDurableRow?: boolean;
}

/**
 * Executes stored prompts. Bad input throws AppError and records nothing; every later failure
 * throws {@link ExecutionFailed} and is recorded.
 */
export interface ExecutePrompt {
  run(request: ExecutionRequest, timings: Timings, owner?: ExecutionOwner): Promise<ExecutedPrompt>;
  stream(request: ExecutionRequest, timings: Timings, owner?: ExecutionOwner): Promise<ExecutionStream>;
}

/**
 * What {@link createExecutePrompt} needs. `random` in [0, 1); `fresh_ms` is how long a stored
 * answer counts as fresh.
 */
export interface ExecutePromptDeps extends PromptRunDeps {
  random(): number;
  ids: Pick<ExecutionIds, "next">;
  resolve: ResolvePrompt;
  route: RouteModel;
  record: Pick<RecordUsage, "now" | "later">;
  executionTimeoutMs: number;
  fresh_ms: number;
}

/**
 * The two forms of an execution over the same steps: resolve, render, route, obtain (cache, flight
 * or call), record.
 */
export function createExecutePrompt(deps: ExecutePromptDeps): ExecutePrompt {
  return {
    run: async (...asked) => runPrompt(deps, ...asked),
    stream: async (...asked) => streamPrompt(deps, ...asked),
  };
}

async function runPrompt(
  deps: ExecutePromptDeps,
  request: ExecutionRequest,
  timings: Timings,
  owner: ExecutionOwner = {},
): Promise<ExecutedPrompt> {
  const ready = await prepare(deps, request, "whole", timings, owner);
  const run = new PromptRun(deps, ready, timings);
  const answer = await run.obtain("whole");
  const uncounted = uncountedCalls(answer.attempts);
  for await (const event of run.follow(answer)) {
    if (event.type === "error") throw new ExecutionFailed(event.error, event.execution, { uncounted });
    if (event.type === "done") return { execution: event.execution, served: run.served(answer), uncounted };
  }
  throw new AppError("internal_error", "An execution without an end.");
}

async function streamPrompt(
  deps: ExecutePromptDeps,
  request: ExecutionRequest,
  timings: Timings,
  owner: ExecutionOwner = {},
): Promise<ExecutionStream> {
  const ready = await prepare(deps, request, "stream", timings, owner);
  const run = new PromptRun(deps, ready, timings);
  const answer = await run.obtain("stream");
  const { row, label } = ready.resolved;
  return {
    id: ready.id,
    prompt: { name: row.name, version: row.version, label },
    model: answer.candidate.model,
    attempts: answer.attempts.length,
    served: run.served(answer),
    events: run.follow(answer),
    leave: () => run.leave(),
  };
}

/** Everything before the answer. Throws AppError for bad input. */
async function prepare(
  deps: ExecutePromptDeps,
  request: ExecutionRequest,
  form: AnswerRequest["form"],
  timings: Timings,
  owner: ExecutionOwner,
): Promise<ReadyExecution> {
  const startedAt = deps.now();
  const { tenant_id, options, variables, door } = request;
  const { prompt, user, model, models } = options;
  const roll = user === undefined ? deps.random() : stickyRoll(prompt.name, user);
  const revalidate = options.cache_control.no_cache;
  const resolved =
    prompt.name === NO_PROMPT_NAME
      ? NO_PROMPT
      : await timings.measure("load", async () => resolvedFor(deps.resolve, request, roll, revalidate));
  const { definition } = resolved.row;
  const input = await timings.measure("render", async () => modelInput(definition, variables, options, door));
  const { messages, tools, parameters } = input;
  const route = await timings.measure("admit", async () =>
    deps.route({
      tenant_id,
      prompt_name: prompt.name,
      definition,
      messages,
      parameters,
      tools,
      model,
      models,
      relay: door?.relay,
    }),
  );
  const faults = door ? translationFaults(door, route.candidates) : [];
  if (faults.length > 0) throw invalid(faults);
  const policy = cachePolicy({
    settings: definition.settings,
    temperature: parameters.temperature,
    cache: options.cache,
    directives: options.cache_control,
    fresh_ms: deps.fresh_ms,
  });
  const timeoutMs = timeLimitOf(request, definition, deps.executionTimeoutMs);
  const overdue = () =>
    new AppError("timeout", `The execution did not end within ${timeoutMs} ms.`, { retryable: true });
  return {
    id: request.id ?? deps.ids.next(tenant_id),
    startedAt,
    request,
    resolved,
    route,
    input,
    policy,
    key: policy.write ? await cacheKeyOf(tenant_id, resolved, { ...input, form }, route.candidates[0]) : null,
    recordNow: owner.record ?? (async (execution) => deps.record.now(execution)),
    isOwned: owner.hasDurableRow === true,
    start: owner.start,
    timeoutMs,
    deadline: startDeadline(Math.max(0, startedAt + timeoutMs - deps.now()), overdue),
  };
}

/** `<tenant>/<digest>`: the key tells whose answers these are, but not what was asked. */
async function cacheKeyOf(
  tenant_id: string,
  { row, pointer }: ResolvedPrompt,
  { user: _user, ...asked }: CompletionInput & Pick<CacheKeyParts, "form">,
  preferred: Candidate | undefined,
): Promise<string | null> {
  if (!preferred) return null;
  const { content_hash } = row;
  const epoch = pointer.cache_epoch;
  const { provider, model, upstream } = preferred;
  const parts = { ...asked, provider, model, upstream, tenant_id, content_hash, epoch };
  return `${tenant_id}/${await sha256Hex(cacheKeyText(parts))}`;
}
