import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom, type Random } from "../../load/proofs/gate-sim/random.ts";
import { addCalls, type BilledCalls } from "../../src/domain/completions/billed-calls.ts";
import type { Execution } from "../../src/domain/executions/execution.ts";
import { newId } from "../../src/domain/id.ts";
import { fromRecord, toEntry } from "../../src/domain/ledger/entry.ts";
import type { ExecutionFilter } from "../../src/domain/ledger/execution-filter.ts";
import { DAY_MS, HOUR_MS, hourOf } from "../../src/domain/ledger/periods.ts";
import { mergeUsage, toSumColumns } from "../../src/domain/usage/sum-table.ts";
import { USAGE_GROUPS, type UsageGroup } from "../../src/domain/usage/usage.ts";
import type { ArchiveBucket } from "../../src/storage/ledger/ledger-archive.ts";
import { LedgerBook } from "../../src/storage/ledger/ledger-book.ts";
import { LedgerUpkeep } from "../../src/storage/ledger/ledger-upkeep.ts";
import { LedgerModel } from "../support/ledger-model.ts";
import { recorded } from "../support/recorded.ts";

const BASE = Date.parse("2026-03-01T00:00:00Z");
/** Two blocks of days and their edges. */
const DAYS = 20;
const STEPS = 60;
const SETTINGS = { recentDays: 2, archiveDays: 0, maxBytes: 1e9 };
/** Several blocks for each step, and several steps until the open hours are summed. */
const STEPWISE = { packAt: { rows: 2, characters: 1e6 }, openStep: 7 };
const LIMITS = { block: { records: 4, characters: 1e6 }, written: 2, deleted: 2, rows: 3 };

/** Chance from a seed. */
class Chance {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = createRandom(seed);
  }

  unit(): number {
    return this.#random.unit();
  }

  below(count: number): number {
    return Math.floor(this.unit() * count);
  }

  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }
}

/** R2 in memory. A write may fail before or after it took effect. */
class FaultyBucket implements ArchiveBucket {
  readonly blocks = new Map<string, Uint8Array>();
  /** A block was written again with other records. */
  isChanged = false;
  readonly #chance: Chance;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  async put(key: string, value: Uint8Array): Promise<void> {
    const fault = this.#chance.below(6);
    if (fault === 0) throw new Error("lost");
    const known = this.blocks.get(key);
    // What a repeated step writes is what it wrote before.
    if (known && (await inflate(value)) !== (await inflate(known))) this.isChanged = true;
    this.blocks.set(key, value);
    if (fault === 1) throw new Error("written, and the answer lost");
  }

  async get(key: string) {
    const body = this.blocks.get(key);
    return body ? { body: streamOf(body) } : null;
  }

  async delete(keys: string[]): Promise<void> {
    for (const key of keys) this.blocks.delete(key);
  }
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new Response(bytes as Uint8Array<ArrayBuffer>).body as ReadableStream<Uint8Array>;
}

async function inflate(bytes: Uint8Array): Promise<string> {
  return new Response(streamOf(bytes).pipeThrough(new DecompressionStream("gzip"))).text();
}

/** All that is delivered of one execution: its end, and what was guessed before. */
function versionsOf(chance: Chance): Execution[] {
  const madeAt = BASE + chance.below(DAYS * DAY_MS);
  const delay = chance.of([0, 0, 0, 1_000, 2 * HOUR_MS, 30 * HOUR_MS]);
  const end = recorded({
    id: newId("exe", madeAt),
    tenant_id: "ten_property",
    created_at: madeAt + (delay === 0 ? 0 : chance.below(delay)),
    status: chance.of(["succeeded", "succeeded", "failed"]),
    prompt_name: chance.of(["a", "b", "c"]),
    prompt_version: 1 + chance.below(2),
    prompt_label: chance.of([null, "production"]),
    prompt_tags: chance.of([[], ["x"], ["x", "y"]]),
    lane: chance.of(["high", "standard", "batch"]),
    model: chance.of(["m1", "m2", null]),
    key_id: chance.of(["k1", "k2"]),
    end_user: chance.of([null, "u1", "u2"]),
    cached: chance.of([null, null, "memory", "flight"]),
    prompt_tokens: chance.below(1000),
    completion_tokens: chance.below(1000),
    cost_nanousd: chance.of([null, chance.below(1e6)]),
    saved_nanousd: chance.below(100),
  });
  // Records of older versions have no calls.
  if (chance.below(5) > 0) end.calls = callsOf(chance, hourOf(end.created_at));
  const { calls: _notKnown, ...begun } = end;
  const unknown: Execution = { ...begun, status: "unknown", attempts: 1, cached: null, cost_nanousd: 999 };
  return chance.of([[end], [end, end], [unknown, end], [unknown, { ...unknown, attempts: 2, cost_nanousd: 1998 }]]);
}

function callsOf(chance: Chance, hour: number): BilledCalls[] {
  const calls = Array.from({ length: chance.below(3) }, () => ({
    provider: "openai" as const,
    model: chance.of(["m1", "m2"]),
    hour: hour + chance.of([0, 0, 1]),
    calls: 1,
    uncounted: chance.below(2),
    unpriced: 0,
    lines: [{ kind: chance.of(["input", "output"] as const), tokens: chance.below(100), nanousd: chance.below(1e4) }],
  }));
  return addCalls(calls);
}

interface Trial {
  chance: Chance;
  model: LedgerModel;
  book: LedgerBook;
  now: number;
}

const GROUPINGS: UsageGroup[][] = [
  [],
  ...USAGE_GROUPS.map((group) => [group]),
  ["prompt", "user", "day"],
  ["tag", "lane"],
  ["model", "key", "hour"],
];

async function checkUsage({ chance, model, book, now }: Trial): Promise<void> {
  const from = BASE + chance.below(DAYS * DAY_MS);
  const to = from + 1 + chance.below(chance.of([HOUR_MS, 2 * DAY_MS, DAYS * DAY_MS]));
  const group_by = chance.of(GROUPINGS);
  const usage = book.usage({ from, to, group_by, limit: 1_000 }, now);
  expect(usage.from).toBeLessThanOrEqual(from);
  expect(usage.to).toBeGreaterThanOrEqual(to);
  expect(mergeUsage([toSumColumns(usage.rows, group_by)], group_by)).toEqual(
    model.usage(usage.from, usage.to, group_by),
  );
}

async function checkCalls({ chance, model, book, now }: Trial): Promise<void> {
  const from = hourOf(BASE) + chance.below(DAYS * 24);
  const hours = { from, to: from + 1 + chance.below(48) };
  const { calls, unknown } = book.calls(hours, now);
  const isIn = ({ hour }: { hour: number }) => hour >= hours.from && hour < hours.to;
  const entries = [...model.executions.values()].map(toEntry);
  expect(sorted(calls)).toEqual(sorted(addCalls(entries.flatMap((entry) => entry.calls ?? [])).filter(isIn)));
  const older = entries.filter((entry) => entry.calls === undefined).map(({ created_at }) => hourOf(created_at));
  const counts = new Map(older.map((hour) => [hour, older.filter((each) => each === hour).length]));
  const expected = [...counts].map(([hour, executions]) => ({ hour, executions })).filter(isIn);
  expect(unknown.toSorted((a, b) => a.hour - b.hour)).toEqual(expected.toSorted((a, b) => a.hour - b.hour));
}

/** Calls in one order. Those that count nothing more were taken out again. */
function sorted(calls: BilledCalls[]): BilledCalls[] {
  const keyOf = ({ model, hour }: BilledCalls) => `${hour}/${model}`;
  const lines = (call: BilledCalls) => call.lines.filter(({ tokens, nanousd }) => tokens !== 0 || nanousd !== 0);
  return calls
    .map((call) => ({ ...call, lines: lines(call) }))
    .filter((call) => call.calls + call.uncounted > 0)
    .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

async function checkList({ chance, model, book, now }: Trial): Promise<void> {
  const from = BASE + chance.below(DAYS * DAY_MS);
  const filter: ExecutionFilter = chance.of([
    {},
    { prompt: "a" },
    { status: "failed" as const },
    { status: "unknown" as const, key: "k1" },
    { model: "m2", from },
    { from, to: from + chance.below(DAY_MS) + 1 },
  ]);
  const seen: string[] = [];
  for (let before: string | undefined, isMore = true; isMore;) {
    const { ids, reached } = await book.list({ ...filter, limit: 7, ...(before === undefined ? {} : { before }) }, now);
    seen.push(...ids.slice(0, 7));
    isMore = ids.length > 7 || reached !== null;
    before = ids.length > 7 ? ids[6] : (reached ?? undefined);
  }
  expect(seen).toEqual(model.list(filter));
}

async function checkFind({ model, book }: Trial): Promise<void> {
  const ids = [...model.executions.keys(), newId("exe", BASE)];
  const { records } = await book.find(ids);
  const found = new Map(records.map(fromRecord).map((row) => [row.id, row]));
  expect(found.size).toBe(model.executions.size);
  for (const [id, execution] of model.executions) expect(found.get(id)).toEqual(execution);
}

async function runTrial(seed: number, storage: DurableObjectStorage): Promise<number> {
  const chance = new Chance(seed);
  const bucket = new FaultyBucket(chance);
  const places = { storage, bucket, name: "ten_property/0", ...STEPWISE };
  const trial: Trial = { chance, model: new LedgerModel(), book: new LedgerBook(places), now: BASE };
  const deliveries = Array.from({ length: 120 }, () => versionsOf(chance)).flatMap((versions) => versions);
  deliveries.sort(() => chance.unit() - 0.5);
  const sent: Execution[] = [];
  for (let step = 0; step < STEPS; step++) {
    trial.now += chance.below(8 * HOUR_MS);
    // Each block has new executions, and some that were delivered before.
    const block = [...deliveries.splice(0, 1 + chance.below(8)), ...sent.filter(() => chance.below(20) === 0)];
    await trial.book.append(block.map(toEntry), trial.now);
    for (const execution of block) trial.model.deliver(execution);
    sent.push(...block);
    if (chance.below(3) === 0) trial.book = new LedgerBook(places);
    const upkeep = new LedgerUpkeep(trial.book, SETTINGS, LIMITS);
    if (chance.below(2) === 0) await upkeep.work(trial.now).catch(() => undefined);
    // Most checks sum the open hours to their end, so some steps go without.
    if (chance.below(3) > 0) await chance.of([checkUsage, checkCalls, checkList, checkFind])(trial);
  }
  trial.now += 30 * DAY_MS;
  const upkeep = new LedgerUpkeep(trial.book, SETTINGS, LIMITS);
  const isArchived = () => trial.book.days.all().every(({ state }) => state === "archived");
  for (let rings = 0; rings < 300 && !isArchived(); rings++) await upkeep.work(trial.now).catch(() => undefined);
  expect([isArchived(), bucket.isChanged]).toEqual([true, false]);
  // What is in R2 only must not be needed to sum hours anew.
  trial.book = new LedgerBook(places);
  for (const check of [checkUsage, checkUsage, checkCalls, checkCalls, checkList, checkList, checkFind])
    await check(trial);
  return bucket.blocks.size;
}

describe("a ledger", () => {
  it("answers as if each execution were counted once, whatever comes when, twice, late or crashes", async () => {
    let blocks = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const stub = env.LEDGER.getByName(`ten_property_${crypto.randomUUID()}/0`);
        blocks += await runInDurableObject(stub, async (_ledger, { storage }) => runTrial(seed, storage));
      }),
      { numRuns: 10, seed: 14 },
    );
    expect(blocks).toBeGreaterThan(100);
  }, 120_000);
});
