import { env } from "cloudflare:workers";
import { bindChains } from "../../src/deps/chains.ts";
import type { AppError } from "../../src/domain/errors.ts";
import type { Execution } from "../../src/domain/executions/execution.ts";
import type { TracedRun } from "../../src/domain/traces/run-span.ts";
import type { ExecutionRequest } from "../../src/domain/executions/execution-options.ts";
import { newId } from "../../src/domain/id.ts";
import type { ChainDeps } from "../../src/services/chains/chain-deps.ts";
import { ExecutionFailed } from "../../src/services/executions/execute-result.ts";
import { NO_PROMPT } from "../../src/services/executions/no-prompt.ts";
import { ChainRunRepository } from "../../src/storage/chains/chain-runs.ts";
import { ChainRepository } from "../../src/storage/chains/chains.ts";
import { createShards } from "../../src/storage/shards.ts";
import { executionOf } from "./batch-world.ts";
import { Crash } from "./crash.ts";
import { intentOf } from "./intent.ts";

const SERVED = { cache: "bypass", tier: null, age_ms: null, stale: false, pointer_age_ms: 0, degraded: [] } as const;
/** A chain of five steps, two of which may run side by side. */
export const FIVE_STEPS = [
  ["a", ""],
  ["b", "{{ steps.a.output }}"],
  ["c", "{{ steps.a.output }}"],
  ["d", "{{ steps.b.output }} {{ steps.c.output }}"],
  ["e", "{{ steps.d.output }}"],
].map(([id, text]) => ({ id, prompt: id, variables: { n: text } }));

/**
 * The services of chains over the real shards, with a clock, queues and an executor that the test
 * controls. The executor announces its call, makes it, records it and says `said <n>`.
 */
export function openChainWorld() {
  const { DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 } = env;
  const shards = createShards({ DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 });
  const world = {
    now: 1_795_000_000_000,
    tenant: newId("ten", 1_795_000_000_000),
    /** The prompts that were executed by a call of a provider, in order. */
    calls: [] as { prompt: string; id: string; request: ExecutionRequest }[],
    records: new Map<string, Execution>(),
    answer: async (_request: ExecutionRequest): Promise<Partial<Execution> | AppError | undefined> => undefined,
    woken: [] as string[],
    errors: [] as string[],
    ended: [] as TracedRun[],
    beats: new Set<() => void>(),
  };
  const deps = depsOf(world, { chains: new ChainRepository(shards), runs: new ChainRunRepository(shards) });
  const services = bindChains(deps);
  const publish = async (steps: object[], inputs: unknown = {}) =>
    services.publishChain(world.tenant, { name: "c", source: JSON.stringify({ steps, inputs }), format: "json" });
  const start = async (form: "whole" | "async" = "async", more: object = {}) => {
    const { tenant: tenant_id } = world;
    const asked = { tenant_id, key_id: "key_1", lane: "standard", chain: { name: "c" }, inputs: {}, form } as const;
    return services.startChainRun({ ...asked, timeout_ms: 3_600_000, ...more }, undefined);
  };
  const read = async (id: string) => services.readChainRun({ tenant_id: world.tenant, id });
  const resume = async (id: string) => services.resumeChainRun({ type: "chain", tenant_id: world.tenant, run_id: id });
  return { world, deps, services, publish, start, read, resume };
}

type World = ReturnType<typeof openChainWorld>["world"];

function depsOf(world: World, storage: Pick<ChainDeps, "chains" | "runs">): ChainDeps {
  const queue = {
    async sendBatch(messages: { body: { run_id: string } }[]) {
      for (const { body } of messages) world.woken.push(body.run_id);
    },
  };
  return {
    ...storage,
    now: () => world.now,
    executions: {
      find: async (_tenant, id) => {
        const found = world.records.get(id);
        return found && { ...found, feedback_score: null, feedback_comment: null };
      },
    },
    execute: executorOf(world, async (work) => work()),
    ids: { next: () => newId("exe", world.now) },
    keys: { begin: async () => Promise.reject(new Error("no key here")) },
    resolve: async (_tenant, { name }) => ({ ...NO_PROMPT, row: { ...NO_PROMPT.row, name, version: 3 } }),
    route: async () => Promise.reject(new Error("no limit here")),
    record: async (execution) => {
      if (!world.records.has(execution.id)) world.records.set(execution.id, execution);
    },
    timeLimit: async () => 60_000,
    queues: { high: queue, standard: queue, batch: queue, webhooks: queue },
    sleep: async (ms) => {
      world.now += ms;
    },
    random: () => 0.5,
    newToken: () => crypto.randomUUID(),
    every(_ms, work) {
      world.beats.add(work);
      return () => world.beats.delete(work);
    },
    observeRun: (run) => void world.ended.push(run),
    onError: (event, _run, error) => world.errors.push(`${event}: ${String(error)}`),
    settings: { leaseMs: 30_000, wakeAfterMs: 300_000, keptMs: 86_400_000 },
  };
}

/** Does something whose effect lasts. */
type Effect = <T>(work: () => Promise<T>) => Promise<T>;

function executorOf(world: World, effect: Effect): ChainDeps["execute"] {
  return {
    async run(request, _timings, owner = {}) {
      const id = request.id ?? "";
      const prompt = request.options.prompt.name;
      await owner.start?.(intentOf(id, world.now, { prompt_name: prompt }));
      const answered = await effect(async () => {
        world.calls.push({ prompt, id, request });
        return world.answer(request);
      });
      const error = answered instanceof Error ? answered : undefined;
      const changes = answered instanceof Error ? {} : answered;
      const execution = { ...executionOf(request, world.now, error), prompt_name: prompt, ...changes };
      await owner.record?.(execution);
      if (error) throw new ExecutionFailed(error, execution);
      return { execution, served: SERVED };
    },
    stream: async () => Promise.reject(new Error("nobody streams here")),
  };
}

/**
 * The services of an isolate that dies after its n-th effect and before that effect's reply: a
 * statement, a call of a provider or a record. `died` says whether it came to that.
 */
export function mortal({ world, deps }: Pick<ReturnType<typeof openChainWorld>, "world" | "deps">, nth: number) {
  let [effects, dead] = [0, false];
  const effect: Effect = async (work) => {
    if (dead) throw new Crash();
    effects += 1;
    const isLast = effects === nth;
    const done = await work();
    dead ||= isLast;
    if (dead) throw new Crash();
    return done;
  };
  const runs = new Proxy(deps.runs, {
    get(of, name) {
      const member: unknown = Reflect.get(of, name, of);
      if (typeof member !== "function") return member;
      return async (...given: unknown[]) => effect(async () => Reflect.apply(member, of, given) as Promise<unknown>);
    },
  });
  const record: ChainDeps["record"] = async (execution) => effect(async () => deps.record(execution));
  const services = bindChains({ ...deps, runs, record, execute: executorOf(world, effect) });
  return { services, died: () => dead };
}
