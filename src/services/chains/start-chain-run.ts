import type { ChainPlan, ChainRun } from "../../domain/chains/chain-run.ts";
import { AppError, invalid, notFound } from "../../domain/errors.ts";
import { newId } from "../../domain/id.ts";
import { checkReference, type PromptReference } from "../../domain/prompts/prompt-reference.ts";
import { stickyRoll } from "../../domain/prompts/label.ts";
import { bindVariables } from "../../domain/prompts/variables.ts";
import { byteLength } from "../../lib/encoding.ts";
import { retryBriefly } from "../../lib/retry-briefly.ts";
import { workUnder } from "../batches/accept-once.ts";
import { AcceptanceUnknown } from "../batches/open-batch.ts";
import { unresolved } from "../executions/idempotency-keys.ts";
import type { ChainDeps } from "./chain-deps.ts";
import { findChain } from "./find-chain.ts";
import { wakeChainRuns } from "./wake-chain-runs.ts";

/** What is asked of a run. */
export interface ChainRunRequest
  extends Pick<ChainRun, "tenant_id" | "key_id" | "lane">, Omit<ChainPlan, "definition" | "deadline_at"> {
  chain: PromptReference;
  timeout_ms: number;
  form: "whole" | "stream" | "async";
}

/** A run that was accepted. `token`: its caller is its first worker. */
export interface AcceptedChainRun {
  run: ChainRun;
  token: string | null;
  replayed: boolean;
}

/** Runs of a tenant that have not ended, at the most. */
const MOST_OPEN_RUNS = 1_000;
const FULL_RETRY_MS = 60_000;
/** A value of D1 holds 2 MB. */
const MAX_PLAN_BYTES = 1_900_000;
/** After this time, ms, a worker that accepts a run counts as gone. */
const ACCEPT_LEASE_MS = 30_000;

/**
 * Accepts a run: it is committed by the time this resolves, and goes on whoever vanishes. With a
 * key of idempotency it is accepted once; whoever repeats the request is given the same run. Throws
 * `not_found` for a chain, version or label that does not exist, `validation_error` for inputs, and
 * for prompts of steps that do not exist, and 429 where too many runs are open.
 */
export async function startChainRun(
  deps: ChainDeps,
  request: ChainRunRequest,
  idempotencyKey: string | undefined,
): Promise<AcceptedChainRun> {
  const id = newId("run", deps.now());
  if (idempotencyKey === undefined) {
    return accept(deps, request, id).catch((error: unknown) => {
      throw error instanceof AcceptanceUnknown ? unresolved("The run may have been accepted.", error) : error;
    });
  }
  const { tenant_id, key_id: _key, trace: _trace, ...identity } = request;
  const asked = { tenant_id, key: idempotencyKey, request: identity, id, lease_ms: ACCEPT_LEASE_MS };
  const begun = await deps.keys.begin(asked);
  if ("result" in begun) {
    const run = await deps.runs.find({ tenant_id, id: begun.result });
    if (!run) throw notFound("run of a chain");
    return { run, token: null, replayed: true };
  }
  const accepted = await workUnder(begun, async () => {
    const left = begun.resumed ? await findLeft(deps, tenant_id, begun.id) : undefined;
    return left ? { run: left, token: null, replayed: true } : accept(deps, request, begun.id);
  });
  await begun.settle("done", begun.id);
  return accepted;
}

/** What an earlier worker committed under the key's id. */
async function findLeft(deps: ChainDeps, tenant_id: string, id: string): Promise<ChainRun | undefined> {
  return retryBriefly(deps, async () => deps.runs.find({ tenant_id, id })).catch((error: unknown) => {
    throw unresolved("What was accepted under this idempotency key cannot be read at the moment.", error);
  });
}

async function accept(deps: ChainDeps, request: ChainRunRequest, id: string): Promise<AcceptedChainRun> {
  const run = await planRun(deps, request, id);
  const token = request.form === "async" ? null : deps.newToken();
  const lease = token === null ? null : { token, until: deps.now() + deps.settings.leaseMs };
  if (!(await commit(deps, run, lease))) {
    const detail = `The tenant has ${MOST_OPEN_RUNS} runs of chains that have not ended.`;
    throw new AppError("rate_limit_error", detail, { retryable: true, retryAfterMs: FULL_RETRY_MS });
  }
  if (token === null) await wakeChainRuns(deps, run);
  return { run, token, replayed: false };
}

/** Throws AcceptanceUnknown where the shard does not say whether it committed the run. */
async function commit(deps: ChainDeps, run: ChainRun, lease: { token: string; until: number } | null) {
  try {
    return await deps.runs.create(run, MOST_OPEN_RUNS, lease);
  } catch (error) {
    throw new AcceptanceUnknown(run.id, error);
  }
}

async function planRun(deps: ChainDeps, request: ChainRunRequest, id: string): Promise<ChainRun> {
  const { tenant_id, key_id, lane, chain, inputs, timeout_ms, form: _form, ...rest } = request;
  checkReference(chain);
  const { user } = rest;
  const roll = user === undefined ? deps.random() : stickyRoll(chain.name, user);
  const { row, label } = await findChain(deps, tenant_id, chain, roll);
  const { definition, name, version } = row;
  const bound = bindVariables(definition.inputs, inputs, "inputs");
  await requirePrompts(deps, tenant_id, definition);
  const created_at = deps.now();
  const plan: ChainPlan = { ...rest, definition, inputs: bound, deadline_at: created_at + timeout_ms };
  const bytes = byteLength(JSON.stringify(plan));
  if (bytes > MAX_PLAN_BYTES) {
    throw new AppError("payload_too_large", `The run is too large to be kept: ${bytes} of ${MAX_PLAN_BYTES} bytes.`);
  }
  const known = { id, tenant_id, key_id, chain_name: name, chain_version: version, chain_label: label, lane };
  return { ...known, plan, status: "running", created_at, ended_at: null };
}

/**
 * Throws where a step names a prompt, version or label that does not exist: nothing is spent then.
 */
export async function requirePrompts(
  { resolve }: Pick<ChainDeps, "resolve">,
  tenantId: string,
  { steps }: ChainPlan["definition"],
) {
  const faults = await Promise.all(
    steps.map(async ({ prompt: name, version, label }, at) => {
      try {
        await resolve(tenantId, { name, version, label }, 0);
        return [];
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== "not_found") throw error;
        const field = version === undefined ? "label" : "version";
        const isPrompt = error.detail === notFound("prompt").detail;
        return [{ path: `steps.${at}.${isPrompt ? "prompt" : field}`, message: `does not exist: ${name}` }];
      }
    }),
  );
  if (faults.some((each) => each.length > 0)) throw invalid(faults.flat());
}
