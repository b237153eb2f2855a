import type { Answer } from "../../domain/completions/answer.ts";
import { type Attempt, spentOn } from "../../domain/completions/attempt.ts";
import { billedCalls } from "../../domain/completions/billed-calls.ts";
import { billingOf } from "../../domain/completions/billing.ts";
import type { Candidate } from "../../domain/completions/candidate.ts";
import type { CompletionInput } from "../../domain/completions/completion.ts";
import { asksForLongerWrites } from "../../domain/completions/longer-writes.ts";
import { warningsFor } from "../../domain/completions/request-warnings.ts";
import { maxCompletionTokens } from "../../domain/completions/output-bound.ts";
import { maxPromptTokens } from "../../domain/completions/prompt-bound.ts";
import { hasProviderTools } from "../../domain/completions/provider-tools.ts";
import type { ToolCall } from "../../domain/completions/tools.ts";
import type { AppError } from "../../domain/errors.ts";
import type { CachedFrom, Execution } from "../../domain/executions/execution.ts";
import { type Intent, intentMetadata, UNBOUNDED_OUTPUT } from "../../domain/executions/intent.ts";
import { givenVariables } from "../../domain/executions/given-variables.ts";
import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import type { ModelRoute } from "../completions/route-model.ts";
import type { ResolvedPrompt } from "../prompts/resolve-prompt.ts";

/** What is known of an execution before its answer: its request, its version and its candidates. */
export interface PreparedExecution {
  /** Absent where nothing was sent. */
  input?: CompletionInput;
  id: string;
  /** Unix ms. */
  startedAt: number;
  request: ExecutionRequest;
  resolved: ResolvedPrompt;
  route: ModelRoute;
}

/** How an execution ended: who answered what and where that came from, or why nobody did. */
export interface ExecutionEnd {
  candidate: Candidate | undefined;
  attempts: readonly Attempt[];
  /** What was said; only a part of the answer where the execution failed. */
  text: string | null;
  /** The calls of tools that were asked for. */
  tool_calls?: ToolCall[];
  /** Where the answer came from, if not from a call of this execution. */
  cached?: CachedFrom | null;
  answer?: Answer;
  error?: AppError;
}

/**
 * The execution as it is recorded and answered. A stored or shared answer counts its own tokens;
 * its execution costs what failed attempts before it cost, and saves what the answer once cost.
 */
export function toExecution(prepared: PreparedExecution, end: ExecutionEnd, now: number): Execution {
  const { request, resolved, route } = prepared;
  const { candidate, answer, error, attempts, cached = null } = end;
  const tool_calls = answer?.tool_calls ?? end.tool_calls;
  const variables = givenVariables(resolved.row.definition.variables, request.variables);
  const warnings = candidate && prepared.input ? warningsFor(asRouted(candidate, route), prepared.input) : [];
  return {
    id: prepared.id,
    tenant_id: request.tenant_id,
    key_id: request.key_id,
    status: error ? "failed" : "succeeded",
    prompt_name: resolved.row.name,
    prompt_version: resolved.row.version,
    prompt_label: resolved.label,
    prompt_tags: resolved.row.definition.tags,
    lane: request.lane,
    provider: candidate?.provider ?? null,
    model: candidate?.model ?? null,
    output: tool_calls && end.text === "" ? null : end.text,
    output_truncated: false,
    ...(answer?.output_json === undefined ? {} : { output_json: answer.output_json }),
    ...(tool_calls && { tool_calls }),
    ...(answer?.reasoning === undefined ? {} : { reasoning: answer.reasoning }),
    ...(answer?.response_id === undefined ? {} : { response_id: answer.response_id }),
    ...(answer?.reasoning_blocks && { reasoning_blocks: answer.reasoning_blocks }),
    ...(answer?.relayed === undefined ? {} : { relayed: answer.relayed }),
    ...(warnings.length > 0 && { warnings }),
    finish_reason: error ? null : (answer?.finish_reason ?? null),
    ...spentOn(attempts),
    attempts: attempts.length,
    ...(cached !== null && answer ? tokensOf(answer, attempts) : {}),
    latency_ms: Math.max(0, now - prepared.startedAt),
    provider_ms: timeInCalls(attempts, now),
    error: error ? { code: error.code, detail: error.detail } : null,
    end_user: request.options.user ?? null,
    metadata: request.options.metadata ?? null,
    ...(variables && { variables }),
    ...(route.routing ? { routing: route.routing } : {}),
    created_at: prepared.startedAt,
    cached,
    saved_nanousd: cached === null ? null : (answer?.cost_nanousd ?? null),
    calls: billedCalls(attempts),
  };
}

/** How long the calls of an execution took together, ms. */
function timeInCalls(attempts: readonly Attempt[], now: number): number {
  let sum = 0;
  for (const { started_at, ended_at } of attempts) sum += Math.max(0, (ended_at ?? now) - started_at);
  return sum;
}

/** A stored or shared answer names its model but not where that is; the route does. */
function asRouted(answering: Candidate, { candidates }: ModelRoute): Candidate {
  const { provider, model } = answering;
  return candidates.find((each) => each.provider === provider && each.model === model) ?? answering;
}

/** What must be durable of an execution before it spends money on a number of attempts. */
export function toIntent(
  { id, startedAt, request, resolved, route }: PreparedExecution,
  input: CompletionInput,
  attempts: number,
): Intent {
  const [preferred, ...others] = route.candidates;
  const fallbacks = others.map(({ standby: _standby, upstream: _upstream, ...candidate }) => candidate);
  return {
    id,
    key_id: request.key_id,
    prompt_name: resolved.row.name,
    prompt_version: resolved.row.version,
    prompt_label: resolved.label,
    prompt_tags: resolved.row.definition.tags,
    lane: request.lane,
    provider: preferred?.provider ?? null,
    model: preferred?.model ?? null,
    ...(preferred?.price ? { price: preferred.price } : {}),
    ...(fallbacks.length > 0 ? { fallbacks } : {}),
    prompt_tokens: maxPromptTokens(input),
    max_tokens: maxCompletionTokens(input.parameters, input.parameters.max_tokens ?? UNBOUNDED_OUTPUT),
    ...(route.candidates.some((each) => hasProviderTools(each, input.parameters)) && { provider_tools: true }),
    ...(route.candidates.some((each) => asksForLongerWrites(each, input)) && { longer_writes: true }),
    attempts,
    started_at: startedAt,
    end_user: request.options.user ?? null,
    metadata: intentMetadata(request.options.metadata),
  };
}

/** The tokens of a stored or shared answer; the lines are those of the execution's own attempts. */
function tokensOf(answer: Answer, attempts: readonly Attempt[]) {
  const { prompt_tokens, completion_tokens, cached_tokens, usage_estimated, price_table, billing } = answer;
  const { lines = [], service_tier = null } = billingOf(attempts) ?? {};
  const tokens = billing?.tokens ?? {};
  return {
    prompt_tokens,
    completion_tokens,
    cached_tokens,
    usage_estimated,
    price_table,
    billing: { tokens, lines, service_tier },
  };
}
