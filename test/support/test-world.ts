import { env } from "cloudflare:workers";
import { bindTests } from "../../src/deps/tests.ts";
import type { TracedRun } from "../../src/domain/traces/run-span.ts";
import { type AppError, notFound } from "../../src/domain/errors.ts";
import type { Execution } from "../../src/domain/executions/execution.ts";
import type { ExecutionRequest } from "../../src/domain/executions/execution-options.ts";
import type { Intent } from "../../src/domain/executions/intent.ts";
import { newId } from "../../src/domain/id.ts";
import { importPrompt } from "../../src/domain/prompts/import/import-prompt.ts";
import type { PromptDefinition } from "../../src/domain/prompts/prompt.ts";
import type { PromptReference } from "../../src/domain/prompts/prompt-reference.ts";
import type { TestCase } from "../../src/domain/tests/test-case.ts";
import type { WebhookEvent } from "../../src/domain/webhooks/webhook-event.ts";
import { ExecutionFailed } from "../../src/services/executions/execute-result.ts";
import { NO_PROMPT } from "../../src/services/executions/no-prompt.ts";
import type { TestRunRequest } from "../../src/services/tests/plan-test-run.ts";
import type { TestDeps } from "../../src/services/tests/test-deps.ts";
import { createShards } from "../../src/storage/shards.ts";
import type { RunKey } from "../../src/storage/runs/run-repository.ts";
import { TestRunRepository } from "../../src/storage/tests/test-runs.ts";
import { executionOf } from "./batch-world.ts";
import { intentOf } from "./intent.ts";
import { openKeys } from "./key-objects.ts";

/** The model of prompts that name none. It has a price. */
const MODEL = "gpt-4o-mini";
const SERVED = { cache: "bypass", tier: null, age_ms: null, stale: false, pointer_age_ms: 0, degraded: [] } as const;

const { definition } = importPrompt(
  'name: p\ntemplate: "{{ n }}"\nvariables: {n: {type: integer, required: false}}\n',
  "yaml",
  "p",
);

/** A case whose answer is to be `said <n>`. */
export function saying(n: unknown, change: Partial<TestCase> = {}): TestCase {
  const assertions = [{ type: "equals", value: `said ${String(n)}` } as const];
  return { name: `case ${String(n)}`, variables: { n }, assertions, weight: 1, ...change };
}

type Recorded = Pick<ReturnType<typeof openTestWorld>["world"], "records">;

/** The executions on record whose end is known. */
export function answersOf({ records }: Recorded): number {
  return [...records.values()].filter(({ status }) => status !== "unknown").length;
}

/** What is on record cost, nano-dollars. */
export function costOnRecord({ records }: Recorded): number {
  return [...records.values()].reduce((sum, { cost_nanousd }) => sum + (cost_nanousd ?? 0), 0);
}

/**
 * The services of test runs over the real shards, with a clock, a queue and an executor that the
 * test controls. The executor says `said <n>`.
 */
export function openTestWorld() {
  const { DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 } = env;
  const shards = createShards({ DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 });
  const world = {
    now: 1_795_000_000_000,
    tenant: newId("ten", 1_795_000_000_000),
    calls: [] as ExecutionRequest[],
    /** What is on record. */
    records: new Map<string, Execution>(),
    /** Of each execution that was about to call. */
    intents: new Map<string, Intent>(),
    /** Answers an execution in place of `said <n>`. */
    answer: async (_request: ExecutionRequest): Promise<Partial<Execution> | AppError | undefined> => undefined,
    woken: [] as RunKey[],
    events: [] as WebhookEvent[],
    errors: [] as string[],
    ended: [] as TracedRun[],
    beats: new Set<() => void>(),
    hasJudge: false,
    /** Whether the prompt is found. */
    isPublished: true,
    /** What of the prompt's versions is not empty. */
    definition: definition as Partial<PromptDefinition>,
    /** What happens while a stream of progress waits. */
    asleep: async () => undefined as void,
  };
  const runs = new TestRunRepository(shards);
  const parts = {
    now: () => world.now,
    leaseMs: 60_000,
    executions: {
      findAll: async (_tenant: string, ids: readonly string[]) => {
        const found = ids.flatMap((id) => world.records.get(id) ?? []);
        return new Map(found.map((row) => [row.id, { ...row, feedback_score: null, feedback_comment: null }]));
      },
      findIntents: async (_tenant: string, ids: readonly string[]) =>
        new Map(ids.flatMap((id) => (world.records.has(id) ? [] : [...world.intents].filter(([of]) => of === id)))),
    },
    record: async (execution: Execution) => void world.records.set(execution.id, execution),
    execute: {
      async run(request: ExecutionRequest) {
        world.calls.push(request);
        if (request.id !== undefined) world.intents.set(request.id, intentOf(request.id, world.now, { attempts: 1 }));
        const answered = await world.answer(request);
        const error = answered instanceof Error ? answered : undefined;
        const changes = answered instanceof Error ? {} : answered;
        const execution = { ...executionOf(request, world.now, error), ...changes };
        world.records.set(execution.id, execution);
        if (error) throw new ExecutionFailed(error, execution);
        return { execution, served: SERVED };
      },
    },
    resolve: async (_tenant: string, { name, version = 3, label }: PromptReference) => {
      if (!world.isPublished) throw notFound("prompt");
      const definition = { ...NO_PROMPT.row.definition, ...world.definition };
      return { ...NO_PROMPT, label: label ?? null, row: { ...NO_PROMPT.row, name, version, definition } };
    },
    route: async ({ model = MODEL }: { model?: string }) => ({ candidates: [{ provider: "openai", model }] }),
    keys: openKeys(world, () => undefined).keys,
    sleep: async (ms: number) => {
      world.now += ms;
      await world.asleep();
    },
    hasPrompt: async (tenant: string, name: string) => (name === "p" ? tenant === world.tenant : world.hasJudge),
    publishEvent: async (_tenant: string, event: WebhookEvent) => {
      world.events.push(event);
    },
    wake: async (key: RunKey) => {
      world.woken.push(key);
    },
    defer: (work: Promise<unknown>) => void work,
    random: () => 0.5,
    newToken: () => crypto.randomUUID(),
    every(_ms: number, work: () => void) {
      world.beats.add(work);
      return () => world.beats.delete(work);
    },
    observeRun: (run: TracedRun) => void world.ended.push(run),
    onError: (event: string, _run: string, error: unknown) => world.errors.push(`${event}: ${String(error)}`),
    settings: { judgeModel: "gpt-4o", concurrency: 50 },
  };
  const deps: TestDeps = { ...parts, runs };
  const services = bindTests(deps);
  const start = async (tests: TestCase[], more: Partial<TestRunRequest> = {}, key?: string) =>
    services.startTestRun(
      { tenant_id: world.tenant, key_id: "key_1", prompt: { name: "p" }, tests, repeat: 1, ...more },
      key,
    );
  const read = async (id: string) => services.readTestRun({ tenant_id: world.tenant, id });
  const resume = async (id: string) => services.resumeTestRun({ type: "tests", tenant_id: world.tenant, run_id: id });
  return { world, shards, parts, runs, deps, services, start, read, resume };
}
