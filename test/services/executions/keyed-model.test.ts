import { describe, expect, it } from "vitest";
import { AppError, toAppError } from "../../../src/domain/errors.ts";
import type { Execution } from "../../../src/domain/executions/execution.ts";
import { startTimings } from "../../../src/domain/executions/timings.ts";
import { ExecutionIds } from "../../../src/services/executions/execution-ids.ts";
import { createExecuteOnce } from "../../../src/services/executions/execute-once.ts";
import type { ExecutePrompt, ExecutionOwner } from "../../../src/services/executions/execute-prompt.ts";
import { ExecutionFailed, type ExecutionEvent } from "../../../src/services/executions/execute-result.ts";
import { intentOf } from "../../support/intent.ts";
import { type Loss, lossy, openKeys, randomOf } from "../../support/key-objects.ts";
import { KEYED_REQUEST } from "../../support/keyed-request.ts";

const SEEDS = 300;
const CALLERS = 12;
const LEASE_MS = 45_000;
const timings = startTimings(() => 0);
const served = { cache: "bypass", tier: null, age_ms: null, stale: false, pointer_age_ms: 0, degraded: [] } as const;

/** A worker whose execution has started: when, and until when its lease holds at the latest. */
interface Started {
  until: number;
  isGone: boolean;
}

/**
 * The workers of one key: once one of them has started and is not known to have been refused,
 * nobody starts again. Every call may be lost on either way; a worker may crash, or stall past
 * its lease, before and after it pays and after it records.
 */
function world(seed: number, form: "run" | "stream") {
  const random = randomOf(seed);
  const clock = { now: 1_795_000_000_000 };
  const faults = { rate: 0.35 };
  const lose = (): Loss => (random() < faults.rate ? (random() < 0.5 ? "call" : "reply") : undefined);
  const ledger = new Map<string, Execution>();
  const paid: string[] = [];
  const broken: string[] = [];
  const told: string[] = [];
  const unknown: string[] = [];
  const stalled: Array<() => void> = [];
  const workers: Started[] = [];
  let asked = 0;
  const { keys, sleep } = openKeys(clock, lose);

  async function mayVanish(worker?: Started): Promise<void> {
    const roll = random();
    // Other workers run in between.
    for (let turns = Math.floor(random() * 4); turns > 0; turns--) await Promise.resolve();
    if (roll < faults.rate / 4) {
      if (worker) worker.isGone = true;
      await new Promise<never>(() => undefined);
    }
    if (form === "run" && roll < faults.rate / 2) await new Promise<void>((resolve) => void stalled.push(resolve));
  }

  function started(): Started {
    if (workers.some(({ isGone, until }) => !isGone && clock.now < until)) broken.push("two workers had the lease");
    // The lease began up to a second before: with the first try of the claim.
    const worker = { until: clock.now + LEASE_MS - 2_000, isGone: false };
    workers.push(worker);
    return worker;
  }

  async function execute(id: string, { record, start }: ExecutionOwner): Promise<Execution> {
    const number = ++asked;
    clock.now++;
    const created_at = clock.now;
    if (random() < faults.rate / 3) throw new AppError("provider_overloaded", "the shard is down");
    await mayVanish();
    const base = { id, created_at, prompt_name: "p", prompt_version: 1 };
    try {
      await start?.(intentOf(id, created_at));
    } catch (error) {
      const refused = toAppError(error);
      const fields = { attempts: 0, status: "failed", error: { code: refused.code, detail: "" } };
      const execution = { ...base, ...fields, output: `not begun ${number}` } as Execution;
      await record?.(execution);
      throw new ExecutionFailed(refused, execution, { unspent: true });
    }
    const worker = started();
    await mayVanish(worker);
    const kind =
      faults.rate === 0 ? "answered" : pick(random(), ["answered", "answered", "refused", "broken"] as const);
    if (kind !== "refused") paid.push(id);
    const code = kind === "refused" ? "rate_limit_error" : "provider_overloaded";
    const isFailed = kind !== "answered";
    const execution = {
      ...base,
      output: `${kind} ${number}`,
      attempts: 1,
      status: isFailed ? "failed" : "succeeded",
      error: isFailed ? { code, detail: kind } : null,
    } as Execution;
    await mayVanish(worker);
    try {
      await record?.(execution);
      await mayVanish(worker);
    } finally {
      worker.isGone = true;
    }
    if (!isFailed) return execution;
    throw new ExecutionFailed(new AppError(code, kind, { retryable: true }), execution, {
      unspent: kind === "refused",
    });
  }

  const executor: ExecutePrompt = {
    run: async ({ id = "" }, _timings, owner = {}) => ({ execution: await execute(id, owner), served }),
    async stream({ id = "" }, _timings, owner = {}) {
      const execution = await execute(id, owner);
      async function* events(): AsyncGenerator<ExecutionEvent> {
        yield { type: "text", text: execution.output ?? "" };
        yield { type: "done", execution };
      }
      const prompt = { name: "p", version: 1, label: null };
      return { id, prompt, model: "m", attempts: 1, served, events: events(), leave: () => undefined };
    },
  };
  const once = createExecuteOnce({
    execute: executor,
    now: () => clock.now,
    keys,
    ids: new ExecutionIds({ now: () => clock.now, random: () => 0, isLarge: () => false }),
    find: async (_tenant, id) => lossy("find", lose(), () => ledger.get(id)),
    record: async (row) =>
      lossy("record", lose(), () => {
        const first = ledger.get(row.id);
        if (!first || first.status === "unknown") ledger.set(row.id, row);
      }),
    sleep,
    onFault: () => undefined,
    timeLimit: async () => 30_000,
  });

  async function call(): Promise<string> {
    const reply = await once[form]("k", KEYED_REQUEST, timings);
    if (!("events" in reply)) return `${reply.execution.id} ${reply.execution.output}`;
    let end = "";
    for await (const event of reply.events) if ("execution" in event) end = event.execution.output ?? "";
    return `${reply.id} ${end}`;
  }

  /** One caller, to its end. Only a result that holds for the key is told. */
  async function ask(): Promise<void> {
    try {
      told.push(await call());
    } catch (error) {
      if (!(error instanceof ExecutionFailed)) return;
      const isFinal = error.replayed || !error.unspent;
      const isKnown = error.execution.status !== "unknown";
      if (isFinal) (isKnown ? told : unknown).push(`${error.execution.id} ${error.execution.output}`);
    }
  }

  return { random, clock, faults, ledger, paid, broken, told, unknown, stalled, ask };
}

function pick<T>(roll: number, of: readonly [T, ...T[]]): T {
  return of[Math.floor(roll * of.length)] ?? of[0];
}

/** Lets everything run that waits for nothing but other promises. */
const settled = async () => new Promise((resolve) => setImmediate(resolve));

async function play(seed: number, form: "run" | "stream") {
  const { random, clock, faults, ledger, paid, broken, told, unknown, stalled, ask } = world(seed, form);
  for (let caller = 0; caller < CALLERS; caller++) {
    void ask();
    if (random() < 0.3) void ask();
    await settled();
    if (random() < 0.6) clock.now += Math.floor(random() * 2 * LEASE_MS);
    if (random() < 0.5) stalled.shift()?.();
    await settled();
  }
  faults.rate = 0;
  for (const go of stalled) go();
  await settled();
  clock.now += 2 * LEASE_MS;
  await ask();
  if (told.length + unknown.length === 0) broken.push("a call without faults got no result");
  if (paid.length > 1) broken.push(`paid ${paid.length} times`);
  if (new Set(told).size > 1) broken.push(`told ${[...new Set(told)].join(", ")}`);
  if (![...told, ...unknown].every((result) => ledger.has(result.split(" ")[0] ?? "")))
    broken.push("told what is not on record");
  return broken.map((what) => `seed ${seed}, ${form}: ${what}`);
}

describe("many workers of one idempotency key, whose calls are lost and who crash", () => {
  it.each(["run", "stream"] as const)("pay once, and tell one result (%s)", async (form) => {
    const broken: string[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) broken.push(...(await play(seed, form)));
    expect(broken).toEqual([]);
  });
});
