import type { Answer } from "../../domain/completions/answer.ts";
import type { AppError } from "../../domain/errors.ts";
import type { CachedFrom, Execution } from "../../domain/executions/execution.ts";
import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import type { Ledger } from "./ledger.ts";
import type { ResolvedPrompt } from "../prompts/resolve-prompt.ts";
import type { Candidate, Route } from "../completions/route-model.ts";

/** How an execution went: who answered what and where that came from, or why nobody did. `text` is what was said, in part where it failed. */
export interface Outcome {
  candidate: Candidate | undefined;
  text: string | null;
  cached?: CachedFrom | null;
  answer?: Answer;
  error?: AppError;
}

/** What the record needs of an execution under way. */
interface Ended {
  id: string;
  startedAt: number;
  request: ExecutionRequest;
  resolved: ResolvedPrompt;
  route: Route;
  ledger: Ledger;
}

/** The execution to be recorded. An answer that no call was made for counts its tokens, costs what failed calls before it cost, and saves what it once did cost. */
export function toExecution(run: Ended, outcome: Outcome, now: number): Execution {
  const { request, resolved } = run;
  const { candidate, answer, error, cached = null } = outcome;
  const spent = run.ledger.totals();
  const tokens = cached !== null && answer ? tokensOf(answer) : {};
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
    output: outcome.text,
    output_truncated: false,
    ...(answer?.output_json === undefined ? {} : { output_json: answer.output_json }),
    finish_reason: error ? null : (answer?.finish_reason ?? null),
    ...spent,
    ...tokens,
    latency_ms: Math.max(0, now - run.startedAt),
    error: error ? { code: error.code, detail: error.detail } : null,
    end_user: request.options.user ?? null,
    metadata: request.options.metadata ?? null,
    ...(run.route.routing ? { routing: run.route.routing } : {}),
    created_at: run.startedAt,
    cached,
    saved_nanousd: cached === null ? null : (answer?.cost_nanousd ?? null),
  };
}

function tokensOf({ prompt_tokens, completion_tokens, cached_tokens, usage_estimated, price_table }: Answer) {
  return { prompt_tokens, completion_tokens, cached_tokens, usage_estimated, price_table };
}
