import * as z from "zod";
import { CHAIN_RUN_STATUSES, type ChainItem, costOfItems } from "../../domain/chains/chain-run.ts";
import { outputOf, type StepState } from "../../domain/chains/plan-run.ts";
import { parseArguments } from "../../domain/completions/tools.ts";
import { LATEST_LABEL } from "../../domain/prompts/label.ts";
import type { ListedChainRun, ReadChainRun } from "../../services/chains/read-chain-run.ts";
import type { ChainPointer, ChainVersion } from "../../services/chains/find-chain.ts";
import { usd } from "../executions/execution-views.ts";
import { versionView } from "../prompts/prompt-views.ts";
import { rfc3339 } from "../router.ts";

/** A published version of a chain. `labels` point at it. */
export const publishedChainView = versionView.extend({
  name: z.string(),
  labels: z.array(z.string()),
  steps: z.array(z.object({ id: z.string(), needs: z.array(z.string()).describe("The steps that it reads") })),
});

/** A version of a chain with its definition. */
export const chainView = publishedChainView.extend({
  definition: z.looseObject({ inputs: z.record(z.string(), z.unknown()), steps: z.array(z.looseObject({})) }),
});

/** Converts a version to its view. */
export function toChainView(row: ChainVersion, pointer: ChainPointer): z.infer<typeof chainView> {
  const { name, version, content_hash, created_at, warnings, definition } = row;
  const labels = Object.entries(pointer.labels)
    .filter(([, split]) => split.some((arm) => arm.version === version))
    .map(([label]) => label);
  if (pointer.latest_version === version) labels.unshift(LATEST_LABEL);
  const steps = definition.steps.map(({ id, needs }) => ({ id, needs }));
  const known = { name, version, content_hash, labels, created_at: rfc3339(created_at), warnings, steps };
  return { ...known, definition: { ...definition, steps: definition.steps.map(({ needs: _needs, ...step }) => step) } };
}

const STEP_STATUSES = ["pending", "running", "succeeded", "failed", "skipped", "cancelled"] as const;
const errorView = z.object({ code: z.string(), detail: z.string() });
const outputView = z.union([z.string().nullable(), z.array(z.string().nullable())]);

const itemView = z.object({
  item: z.int().describe("Its place in the list of `for_each`"),
  status: z.enum(STEP_STATUSES),
  output: z.string().nullable(),
  output_json: z.unknown().optional(),
  tool_calls: z.array(z.looseObject({})).optional(),
  error: errorView.nullable(),
  model: z.string().nullable(),
  prompt_version: z.int().nullable(),
  cost_usd: z.number().nullable(),
  executions: z.array(z.string()).describe("The ids of its executions; all but the last were tried again"),
});

const stepView = z.object({
  id: z.string(),
  prompt: z.string(),
  status: z.enum(STEP_STATUSES),
  output: outputView.describe("A list for a step with `for_each`; null where it has none"),
  reason: z.string().optional().describe("Why it was skipped"),
  error: errorView.nullable(),
  attempts: z.int().describe("Its executions so far"),
  cost_usd: z.number().nullable().describe("Null where a price is unknown"),
  items: z.array(itemView).describe("One, or one for each item of `for_each`, once it has begun"),
});

/** A run in a list. */
export const listedRunView = z.object({
  id: z.string(),
  status: z.enum(CHAIN_RUN_STATUSES),
  chain: z.object({ name: z.string(), version: z.int(), label: z.string().nullable() }),
  created_at: z.string(),
  ended_at: z.string().nullable(),
});

/** A run of a chain. */
export const chainRunView = listedRunView.extend({
  output: outputView.describe("That of the chain's last step"),
  output_json: z.unknown().optional(),
  error: errorView.extend({ step: z.string() }).nullable().describe("Of the first step that failed"),
  cost_usd: z.number().nullable().describe("All executions so far; null where a price is unknown"),
  steps: z.array(stepView),
});

/** Converts a run to its form in a list. */
export function toListedRun(run: ListedChainRun): z.infer<typeof listedRunView> {
  const { id, status, chain_name: name, chain_version: version, chain_label: label, created_at, ended_at } = run;
  const ended = ended_at === null ? null : rfc3339(ended_at);
  return { id, status, chain: { name, version, label }, created_at: rfc3339(created_at), ended_at: ended };
}

/** Converts a run to its view. */
export function toChainRunView({ run, states, items }: ReadChainRun): z.infer<typeof chainRunView> {
  const byStep = Map.groupBy(items, ({ step }) => step);
  const steps = states.map((state) => toStepView(state, byStep.get(state.step.id) ?? [], run.ended_at !== null));
  const failed = steps.find(({ error }) => error !== null);
  const last = states.at(-1);
  const json = steps.at(-1)?.items[0]?.output_json;
  return {
    ...toListedRun(run),
    output: last ? outputOf(last) : null,
    ...(json !== undefined && last?.step.for_each === undefined && { output_json: json }),
    error: failed?.error ? { step: failed.id, ...failed.error } : null,
    cost_usd: usd(costOfItems(items)),
    steps,
  };
}

/** Converts a step. `isOver`: its run has ended, so what has no end will get none. */
export function toStepView(state: StepState, items: readonly ChainItem[], isOver: boolean): z.infer<typeof stepView> {
  const { step, end, calls } = state;
  const open = isOver ? "cancelled" : calls.length > 0 ? "running" : "pending";
  return {
    id: step.id,
    prompt: step.prompt,
    status: end?.status ?? open,
    output: outputOf(state),
    ...(end?.status === "skipped" && { reason: end.reason }),
    error: end?.status === "failed" ? end.error : null,
    attempts: items.reduce((sum, { executions }) => sum + executions.length, 0),
    cost_usd: usd(costOfItems(items)),
    items: items.map((item) => toItemView(item, isOver)),
  };
}

function toItemView({ item, end, executions }: ChainItem, isOver: boolean): z.infer<typeof itemView> {
  const answer = end?.status === "succeeded" ? end : undefined;
  const tool_calls = answer?.tool_calls?.map((call) => ({ ...call, arguments: parseArguments(call.arguments) }));
  return {
    item,
    status: end?.status ?? (isOver ? "cancelled" : "running"),
    output: answer?.output ?? null,
    ...(answer?.output_json !== undefined && { output_json: answer.output_json }),
    ...(tool_calls && { tool_calls }),
    error: end?.status === "failed" ? end.error : null,
    model: answer?.model ?? null,
    prompt_version: answer?.prompt_version ?? null,
    cost_usd: usd(costOfItems([{ executions }])),
    executions: executions.map(({ id }) => id),
  };
}
