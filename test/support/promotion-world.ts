import { bindPromotions, promotionStorage } from "../../src/deps/promotions.ts";
import { AppError, notFound } from "../../src/domain/errors.ts";
import { parseCacheControl } from "../../src/domain/executions/cache-control.ts";
import type { RecordedExecution } from "../../src/domain/executions/execution.ts";
import type { GivenVariables } from "../../src/domain/executions/given-variables.ts";
import { newId } from "../../src/domain/id.ts";
import type { FailedExecution } from "../../src/domain/ledger/recent-failures.ts";
import type { HourRatings } from "../../src/domain/ledger/rating-cell.ts";
import type { LabelProtection } from "../../src/domain/promotions/protection.ts";
import type { LabelKey } from "../../src/domain/prompts/label-move.ts";
import type { SplitArm } from "../../src/domain/prompts/label.ts";
import { summarizeRun, type TestRun, trialCount, trialsOf } from "../../src/domain/tests/test-run.ts";
import { noUsage, type UsageRow } from "../../src/domain/usage/usage.ts";
import type { WebhookEvent } from "../../src/domain/webhooks/webhook-event.ts";
import { followMove, sweepMoves } from "../../src/services/prompts/label-records.ts";
import { rollbackLabel } from "../../src/services/prompts/rollback-label.ts";
import { publishPrompt } from "../../src/services/prompts/publish-prompt.ts";
import type { PromotionDeps } from "../../src/services/promotions/promotion-deps.ts";
import type { TestRunRequest } from "../../src/services/tests/plan-test-run.ts";
import { executionOf } from "./batch-world.ts";
import { shards } from "./shards.ts";
import { uncached } from "./uncached.ts";

const OPEN: LabelProtection = { tests: false, compatible_variables: false, approvals: 0, auto_rollback: null };
const LABEL = "production";

/** One version alone. */
export const only = (version: number): SplitArm[] => [{ version, weight: 1 }];

/**
 * The services of promotions over the real shards, with a clock, test runs and a ledger that the
 * test controls. `dieAt` names the step at which a process ends once; what is deferred is awaited
 * by `settle`.
 */
export function openPromotionWorld() {
  const world = {
    now: 1_795_000_000_000,
    tenant: newId("ten", 1_795_000_000_000),
    /** The share of trials that pass, by version. */
    passes: new Map<number, number>(),
    /** Whether test runs end when they are asked for. */
    testsEnd: true,
    runs: new Map<string, { run: TestRun; request: TestRunRequest }>(),
    started: [] as string[],
    cancelled: [] as string[],
    events: [] as WebhookEvent[],
    raised: [] as string[],
    errors: [] as string[],
    usage: [] as UsageRow[],
    ratings: [] as HourRatings[],
    /** What the ledger tells at the next look. */
    failures: [] as FailedExecution[],
    calls: [] as GivenVariables[],
    /** The process dies where it raises this event, or does this, once. */
    dieAt: undefined as string | undefined,
    deferred: [] as Promise<unknown>[],
  };
  const key: LabelKey = { tenant_id: world.tenant, name: "greet", label: LABEL };
  const die = (step: string) => {
    if (world.dieAt !== step) return;
    world.dieAt = undefined;
    throw new Error(`died at ${step}`);
  };
  const storage = promotionStorage(shards);
  const deps: PromotionDeps = {
    ...storage,
    now: () => world.now,
    records: uncached,
    publishEvent: async (_tenant, event) => {
      die(event.type);
      world.raised.push(event.key);
      if (!world.events.some((known) => known.key === event.key)) world.events.push(event);
    },
    flush: async () => undefined,
    executions: {
      list: async (_tenant, { to = 0 }) => {
        const data = world.calls.map((variables) => ({ ...callOf(world.tenant, world.now), variables }));
        return { data: to > world.now ? data : [], next_cursor: null };
      },
      failures: async (_tenant, { from, to }) =>
        world.failures.filter(({ ended_at }) => ended_at > from && ended_at <= to),
      usage: async () => ({ rows: world.usage, from: 0, to: 0, rows_read: 0 }),
      insights: async () => ({
        totals: [],
        series: [{ kind: "prompt", name: "greet", cells: new Map(), ratings: world.ratings }],
        largest_bytes: 0,
        rows_read: 0,
      }),
    },
    startTestRun: async (request) => {
      const { id = "", prompt, tests = [], repeat, max_cost_usd } = request;
      world.started.push(id);
      const shape = { cases: tests, models: [null], repeat };
      const execution_ids = Array.from({ length: trialCount(shape) }, () => newId("exe", world.now));
      const plan = {
        ...shape,
        prompt: { name: prompt.name, version: prompt.version ?? 0 },
        concurrency: 1,
        execution_ids,
        ...(max_cost_usd !== undefined && { max_cost_nanousd: max_cost_usd * 1e9 }),
      };
      const times = { created_at: world.now, ended_at: null };
      const run: TestRun = {
        id,
        tenant_id: request.tenant_id,
        key_id: request.key_id,
        plan,
        status: "running",
        ...times,
      };
      world.runs.set(id, { run, request });
      die("tests started");
      return readRun(id);
    },
    readTestRun: async ({ id }) => readRun(id),
    cancelTestRun: async ({ id }) => {
      world.cancelled.push(id);
      return readRun(id);
    },
    listTestRuns: async () => {
      const data = [...world.runs.keys()].map((id) => {
        const { status, plan, created_at, ended_at } = readRun(id).run;
        return { id, status, prompt: plan.prompt, created_at, ended_at, counts: null };
      });
      return { data: data.toReversed(), next_cursor: null };
    },
    follow: async (move) => followMove(deps, move),
    defer: (work) => void world.deferred.push(work),
    onError: (event, _id, error) => void world.errors.push(`${event}: ${String(error)}`),
  };

  function readRun(id: string) {
    const known = world.runs.get(id);
    if (!known) throw notFound("test run");
    const run: TestRun = { ...known.run, status: world.testsEnd ? "completed" : "running" };
    const rate = world.passes.get(run.plan.prompt.version) ?? 1;
    const all = trialsOf(run.plan);
    const results = all.map(({ position }) => ({
      position,
      passed: Math.floor((position + 1) * rate) > Math.floor(position * rate),
      score: 1,
      checks: [],
      output: "",
      execution_id: null,
      error: null,
      cost_nanousd: 0,
      latency_ms: 1,
    }));
    return { run, summary: summarizeRun(run.plan, world.testsEnd ? results : []) };
  }

  const services = { ...bindPromotions(deps), sweepMoves: async () => sweepMoves(deps) };
  const settle = async () => {
    await Promise.all(world.deferred.splice(0));
  };
  return {
    world,
    key,
    deps,
    services,
    settle,
    publish: async (source: string) =>
      publishPrompt(
        {
          ...deps,
          announce: async () => undefined,
          resolve: async () => {
            throw new AppError("not_found", "nothing is included");
          },
        },
        world.tenant,
        { name: "greet", source, format: "yaml" },
      ),
    protect: async (protection: Partial<LabelProtection>) =>
      services.protectLabel(key, { ...OPEN, ...protection }, "key_owner"),
    /** Asks for a move and lets what follows it run. */
    move: async (split: SplitArm[], key_id = "key_author") => {
      const asked = await services.moveLabel({ ...key, key_id, split, reason: "because" });
      await settle();
      return asked?.promotion;
    },
    rollback: async () => rollbackLabel(deps, { ...key, key_id: "key_author", reason: "incident" }),
    read: async (id: string) => services.readPromotion({ tenant_id: world.tenant, id }),
    meaning: async () => (await deps.labels.find(key))?.split,
    history: async () => (await deps.labels.moves(key, 50)).map(({ cause, key_id }) => [cause, key_id]),
  };
}

/** A call by the label. */
function callOf(tenant_id: string, now: number): RecordedExecution {
  const options = { prompt: { name: "greet" }, parameters: {}, cache_control: parseCacheControl("") };
  const request = { tenant_id, key_id: "key_1", lane: "standard", variables: {}, options } as const;
  const execution = { ...executionOf(request, now, undefined), prompt_label: LABEL };
  return { ...execution, feedback_score: null, feedback_comment: null };
}

/** Calls that failed at a time, of nobody in particular. */
export function failuresOf(version: number, at: number, count: number): FailedExecution[] {
  const of = { prompt: "greet", label: LABEL, version, user: null, called: true, created_at: at, ended_at: at };
  return Array.from({ length: count }, (_, n) => ({ ...of, id: `${version}/${at}/${n}` }));
}

/** What the ledger counts of a version in an hour. */
export function usageOf(version: number, hour: string, executions: number, errors: number): UsageRow {
  return { ...noUsage(), executions, errors, groups: { prompt: "greet", version, label: LABEL, hour } };
}
