import type { Completion, CompletionParameters, ProviderName } from "../domain/completion.ts";
import { AppError } from "../domain/errors.ts";
import type { Execution, ExecutionMetadata } from "../domain/execution.ts";
import { newId } from "../domain/id.ts";
import type { Lane } from "../domain/lane.ts";
import { validateOutput } from "../domain/output-schema.ts";
import type { PromptSettings } from "../domain/prompt.ts";
import { type Deadline, startDeadline } from "../lib/deadline.ts";
import { md5Prefix } from "../lib/hash.ts";
import type { Clock } from "./clock.ts";
import type { Ask, Complete, CompletionCall } from "./complete.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import type { RecordUsage } from "./record-usage.ts";
import { renderPrompt } from "./render-prompt.ts";
import type { PromptReference, ResolvedPrompt, ResolvePrompt } from "./resolve-prompt.ts";
import { type Candidate, routeModel } from "./route-model.ts";
import type { Timings } from "./timings.ts";

/** One execution as a caller asks for it. `timeout_ms` bounds the whole of it. */
export interface ExecuteRequest {
  tenant_id: string;
  key_id: string;
  prompt: PromptReference;
  variables: Record<string, unknown>;
  model?: string;
  parameters: CompletionParameters;
  user?: string;
  metadata?: ExecutionMetadata;
  timeout_ms?: number;
  lane: Lane;
}

/** A streamed execution: what is known at its start, then its events. Read the events to the end, whether anyone listens or not: the last step records. */
export interface ExecutionStream {
  id: string;
  prompt: Pick<ResolvedPrompt, "label"> & { name: string; version: number };
  model: string;
  attempts: number;
  events: AsyncIterable<ExecutionEvent>;
}

/** Text as it comes, then exactly one end. */
export type ExecutionEvent =
  | { type: "delta"; text: string }
  | { type: "done"; execution: Execution }
  | { type: "error"; error: AppError; execution: Execution };

/** An execution that failed after it was accepted: the error, and the id under which it is recorded. */
export class ExecutionFailed extends Error {
  readonly error: AppError;
  readonly execution: Execution;
  constructor(error: AppError, execution: Execution) {
    super(error.detail, { cause: error });
    this.error = error;
    this.execution = execution;
  }
}

/** Executes stored prompts. Input faults throw AppError and record nothing; later failures throw {@link ExecutionFailed} and are recorded. */
export interface ExecutePrompt {
  run(request: ExecuteRequest, timings: Timings): Promise<Execution>;
  stream(request: ExecuteRequest, timings: Timings): Promise<ExecutionStream>;
}

/** What {@link createExecutePrompt} needs. `random` in [0, 1). */
export interface ExecutePromptDeps extends Clock {
  random(): number;
  resolve: ResolvePrompt;
  keysFor(tenantId: string, provider: ProviderName): Promise<readonly unknown[]>;
  complete: Complete;
  record: RecordUsage;
  executionTimeoutMs: number;
}

/** An execution under way: all that its steps share. */
interface Run {
  id: string;
  startedAt: number;
  request: ExecuteRequest;
  resolved: ResolvedPrompt;
  ask: Ask;
  candidates: Candidate[];
  ledger: Ledger;
  deadline: Deadline;
}

/** The service: resolve → render → route → complete → record. */
export function createExecutePrompt(deps: ExecutePromptDeps): ExecutePrompt {
  async function prepare(request: ExecuteRequest, timings: Timings): Promise<Run> {
    const startedAt = deps.now();
    const { prompt, tenant_id: tenantId } = request;
    const roll = request.user === undefined ? deps.random() : stickyRoll(prompt.name, request.user);
    const resolved = await timings.measure("load", async () => deps.resolve(tenantId, prompt, roll));
    const { definition } = resolved.row;
    const messages = await timings.measure("render", async () => renderPrompt(definition, request.variables));
    const ask: Ask = {
      messages,
      parameters: { ...parametersOf(definition.settings), ...request.parameters },
      output_schema: definition.output_schema,
      user: request.user,
    };
    const wanted = { model: request.model, models: definition.models };
    const candidates = await timings.measure("admit", async () =>
      routeModel(wanted, (provider) => deps.keysFor(tenantId, provider)),
    );
    const timeoutMs = request.timeout_ms ?? deps.executionTimeoutMs;
    const overdue = () =>
      new AppError("timeout", `The execution did not end within ${timeoutMs} ms.`, { retryable: true });
    const deadline = startDeadline(timeoutMs, overdue);
    return {
      id: newId("exe", startedAt),
      startedAt,
      request,
      resolved,
      ask,
      candidates,
      ledger: openLedger(ask),
      deadline,
    };
  }

  /** Ends an execution: stops its clock, records it, and gives it back. */
  async function finish(run: Run, outcome: Outcome): Promise<Execution> {
    run.deadline.clear();
    const execution = toExecution(run, outcome, deps.now());
    await deps.record(execution);
    return execution;
  }

  return {
    async run(request, timings) {
      const run = await prepare(request, timings);
      let outcome: Outcome = { candidate: run.candidates[0] };
      const count = (candidate: Candidate) => {
        run.ledger.attempt();
        outcome = { candidate };
      };
      const accept = (completion: Completion, candidate: Candidate) => {
        run.ledger.book(candidate.provider, completion, candidate.model);
        outcome = { candidate, completion };
        outcome.output_json = checkOutput(run.ask, completion);
      };
      try {
        await timings.measure("llm", async () => deps.complete.whole(callOf(run, count), accept));
      } catch (error) {
        const failure = toAppError(error);
        throw new ExecutionFailed(failure, await finish(run, { ...outcome, error: failure }));
      }
      return finish(run, outcome);
    },

    async stream(request, timings) {
      const run = await prepare(request, timings);
      let tried = run.candidates[0];
      const count = (candidate: Candidate) => {
        run.ledger.attempt();
        tried = candidate;
      };
      try {
        const { candidate, parts } = await timings.measure("llm", async () => deps.complete.stream(callOf(run, count)));
        const { name, version } = run.resolved.row;
        const prompt = { name, version, label: run.resolved.label };
        const { attempts } = run.ledger.totals();
        return { id: run.id, prompt, model: candidate.model, attempts, events: follow(run, candidate, parts) };
      } catch (error) {
        const failure = toAppError(error);
        throw new ExecutionFailed(failure, await finish(run, { candidate: tried, error: failure }));
      }
    },
  };

  /** The one tap on a provider's stream: passes text on, gathers what the record needs, and records at the end whatever happened. */
  async function* follow(
    run: Run,
    candidate: Candidate,
    parts: Awaited<ReturnType<Complete["stream"]>>["parts"],
  ): AsyncGenerator<ExecutionEvent> {
    const completion: Completion = { text: "", finish_reason: "other", usage: null, model: candidate.model };
    const outcome: Outcome = { candidate, completion };
    try {
      for await (const part of parts) {
        if (part.type === "text") {
          completion.text += part.text;
          yield { type: "delta", text: part.text };
        } else {
          Object.assign(completion, { finish_reason: part.finish_reason, usage: part.usage, model: part.model });
        }
      }
      outcome.output_json = checkOutput(run.ask, completion);
    } catch (error) {
      outcome.error = toAppError(error);
    }
    run.ledger.book(candidate.provider, completion, candidate.model);
    const execution = await finish(run, outcome);
    yield outcome.error ? { type: "error", error: outcome.error, execution } : { type: "done", execution };
  }
}

function callOf(
  { request, candidates, ask, deadline }: Run,
  onAttempt: (candidate: Candidate) => void,
): CompletionCall {
  return { tenant_id: request.tenant_id, lane: request.lane, candidates, ask, signal: deadline.signal, onAttempt };
}

/** How an execution went: who answered what, or why nobody did. */
interface Outcome {
  candidate: Candidate | undefined;
  completion?: Completion;
  output_json?: unknown;
  error?: AppError;
}

function toExecution(run: Run, { candidate, completion, output_json, error }: Outcome, now: number): Execution {
  const { request, resolved } = run;
  return {
    id: run.id,
    tenant_id: request.tenant_id,
    key_id: request.key_id,
    status: error ? "failed" : "succeeded",
    prompt_name: resolved.row.name,
    prompt_version: resolved.row.version,
    prompt_label: resolved.label,
    provider: candidate?.provider ?? null,
    model: candidate?.model ?? null,
    output: completion?.text ?? null,
    output_truncated: false,
    ...(output_json === undefined ? {} : { output_json }),
    finish_reason: error ? null : (completion?.finish_reason ?? null),
    ...run.ledger.totals(),
    latency_ms: Math.max(0, now - run.startedAt),
    error: error ? { code: error.code, detail: error.detail } : null,
    end_user: request.user ?? null,
    metadata: request.metadata ?? null,
    created_at: run.startedAt,
  };
}

/** The parsed answer where the prompt asks for JSON; throws `provider_error`, worth another model's try, where it does not fit the schema. */
function checkOutput(ask: Ask, completion: Completion): unknown {
  if (!ask.output_schema) return undefined;
  const checked = validateOutput(ask.output_schema, completion.text);
  if (checked.ok) return checked.value;
  throw new AppError("provider_error", "The model's answer does not fit the prompt's output_schema.", {
    errors: checked.errors,
    retryable: true,
  });
}

function parametersOf({ temperature, max_tokens, top_p, stop }: PromptSettings): CompletionParameters {
  return { temperature, max_tokens, top_p, stop };
}

function stickyRoll(promptName: string, user: string): number {
  return md5Prefix(`${promptName}/${user}`) / 2 ** 32;
}

function toAppError(error: unknown): AppError {
  return error instanceof AppError ? error : new AppError("internal_error", "The execution failed.", { cause: error });
}
