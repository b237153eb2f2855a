import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AnswerEntry, createAnswerCache } from "../../src/cache/answers.ts";
import { createMemoryTier } from "../../src/cache/memory.ts";
import { TieredRecordCache } from "../../src/cache/records.ts";
import { tolerant } from "../../src/cache/tier.ts";
import { AppError } from "../../src/domain/errors.ts";
import type { PromptPointer } from "../../src/domain/prompts/label.ts";
import { pointerKey } from "../../src/services/prompts/prompt-records.ts";
import { resolvePrompt } from "../../src/services/prompts/resolve-prompt.ts";
import type { VersionRow } from "../../src/storage/prompts/prompts.ts";
import { answer } from "../support/answer.ts";
import { deferred, fakeTier } from "../support/tiers.ts";

const SEED = 20_261_124;
const STALENESS = { freshMs: 5_000, boundMs: 30_000, lastGoodMs: 600_000 };
const TENANTS = ["ten_a", "ten_b"];
const ISOLATES = 4;
const DAY = 86_400_000;

type Step =
  | { do: "publish" | "delete" | "purge"; tenant: number; at: number }
  | { do: "execute"; tenant: number; at: number }
  | { do: "wait"; ms: number }
  | { do: "break" | "lose"; what: "edge" | "kv" | "shard" | "memory"; at: number };

const where = { tenant: fc.nat({ max: 1 }), at: fc.nat({ max: ISOLATES - 1 }) };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("publish" as const, "delete" as const), ...where }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("purge" as const), ...where }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("execute" as const), ...where }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(1, 900, 4_000, 20_000, 31_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("break" as const, "lose" as const),
      what: fc.constantFrom("edge" as const, "kv" as const, "shard" as const, "memory" as const),
      at: where.at,
    }),
  },
);

/** A state of the prompt, and the time since which it was true. */
interface Truth {
  version: number | null;
  epoch: number;
  since: number;
}

/**
 * Four isolates in two data centres with one KV and one shard, and a history of what was true.
 * Prompts are published, deleted and purged anywhere. Tiers break, recover and lose entries at
 * random. Every answer must have been true within the bound.
 */
function world() {
  const clock = { now: 1_795_000_000_000 };
  const now = () => clock.now;
  const kv = fakeTier("kv", now);
  const edges = [fakeTier("edge", now), fakeTier("edge", now)];
  const { defer, settle } = deferred();
  const shard = { down: false, pointers: new Map<string, PromptPointer>(), counters: new Map<string, number>() };
  const history = new Map<string, Truth[]>(TENANTS.map((tenant) => [tenant, [{ version: null, epoch: 0, since: 0 }]]));
  const ask = <T>(value: T): T => {
    if (shard.down) throw new Error("the shard is down");
    return value;
  };
  const prompts = {
    pointer: async (tenant: string) => ask(shard.pointers.get(tenant)),
    version: async (tenant: string, name: string, version: number) =>
      ask({ tenant_id: tenant, name, version, content_hash: `${tenant}#${version}` } as VersionRow),
  };
  const forgiving = { timeoutMs: 10_000, onFault: () => undefined };
  const isolates = Array.from({ length: ISOLATES }, (_, index) => {
    const tiers = {
      edge: tolerant(edges[index % 2] ?? kv, forgiving),
      kv: tolerant(kv, forgiving),
      now,
      random: () => 0,
      defer,
    };
    const memories = [
      createMemoryTier<never>({ entries: 50, bytes: 1 << 20 }),
      createMemoryTier<AnswerEntry>({ entries: 50, bytes: 1 << 20 }),
    ] as const;
    const records = new TieredRecordCache({ memory: memories[0], ...tiers });
    const answers = createAnswerCache({ memory: memories[1], life: { edgeTtlS: 86_400, kvTtlS: 3_600 }, ...tiers });
    const resolve = async (tenant: string, name: string) =>
      resolvePrompt({ prompts, records, staleness: STALENESS }, tenant, { name }, 0);
    return { memories, records, answers, resolve };
  });
  return { clock, kv, edges, shard, history, prompts, isolates, settle };
}

type World = ReturnType<typeof world>;

/** Whether the served state was true within the last `within` ms. */
function wasTrue({ clock, history }: World, tenant: string, within: number, served: Pick<Truth, "version" | "epoch">) {
  const truths = history.get(tenant) ?? [];
  return truths.some((truth, index) => {
    const until = truths[index + 1]?.since ?? Infinity;
    return until >= clock.now - within && truth.version === served.version && truth.epoch === served.epoch;
  });
}

async function change(at: World, how: "publish" | "delete" | "purge", tenant: string, by: number): Promise<void> {
  const { shard, history, clock, isolates, prompts } = at;
  if (shard.down) return;
  const known = shard.pointers.get(tenant);
  if (how !== "publish" && !known) return;
  const version = (shard.counters.get(tenant) ?? 0) + (how === "publish" ? 1 : 0);
  const epoch = (history.get(tenant)?.at(-1)?.epoch ?? 0) + (how === "purge" ? 1 : 0);
  shard.counters.set(tenant, version);
  if (how === "delete") shard.pointers.delete(tenant);
  else shard.pointers.set(tenant, { latest_version: version, labels: {}, cache_epoch: epoch });
  history.get(tenant)?.push({ version: how === "delete" ? null : version, epoch, since: clock.now });
  await isolates[by]?.records.refresh(pointerKey(tenant, "p"), async () => prompts.pointer(tenant));
  // A writer reads its own write at once.
  const own = await execute(at, tenant, by);
  expect(own.version).toBe(how === "delete" ? null : version);
}

/**
 * The part of an execution that uses caches: it resolves a version, and finds or makes its answer.
 */
async function execute({ isolates, history }: World, tenant: string, at: number) {
  const isolate = isolates[at];
  if (!isolate) throw new RangeError("no such isolate");
  try {
    const { row, pointer, degraded } = await isolate.resolve(tenant, "p");
    const key = `${tenant}/${row.content_hash}/${pointer.cache_epoch}`;
    const made = `${tenant} v${row.version} e${pointer.cache_epoch}`;
    const found = await isolate.answers.find(key, DAY);
    if (!found) isolate.answers.store(key, answer(made), 0);
    expect(found?.answer.text ?? made).toBe(made);
    return { version: row.version, epoch: pointer.cache_epoch, degraded: degraded.length > 0, row };
  } catch (error) {
    if (!(error instanceof AppError && error.code === "not_found")) throw error;
    return { version: null, epoch: history.get(tenant)?.at(-1)?.epoch ?? 0, degraded: false, row: null };
  }
}

async function play(at: World, each: Step): Promise<void> {
  const { clock, edges, kv, shard, isolates, settle } = at;
  if (each.do === "wait") clock.now += each.ms;
  else if ("what" in each) {
    const edge = edges[each.at % 2];
    if (each.do === "break") {
      if (each.what === "shard") shard.down = !shard.down;
      else if (each.what === "kv") kv.broken = !kv.broken;
      else if (edge) edge.broken = !edge.broken;
    } else if (each.what === "kv") kv.kept.clear();
    else if (each.what === "edge") edge?.kept.clear();
    else for (const memory of isolates[each.at]?.memories ?? []) memory.clear();
  } else {
    const tenant = TENANTS[each.tenant] ?? "";
    if (each.do !== "execute") await change(at, each.do, tenant, each.at);
    else await check(at, tenant, each.at);
  }
  await settle();
}

async function check(at: World, tenant: string, by: number): Promise<void> {
  try {
    const served = await execute(at, tenant, by);
    if (served.row) expect(served.row.tenant_id).toBe(tenant);
    const within = served.degraded ? STALENESS.lastGoodMs : STALENESS.boundMs;
    const truths = at.history.get(tenant)?.slice(-3);
    expect({ served, truths, ok: served.version === null || wasTrue(at, tenant, within, served) }).toMatchObject({
      ok: true,
    });
    if (served.version === null) {
      const absent = at.history.get(tenant)?.some(({ version }) => version === null);
      expect(absent).toBe(true);
    }
    // No copy is degraded while the shard answers.
    expect(served.degraded && !at.shard.down).toBe(false);
  } catch (error) {
    // A read fails only if the shard is down and there is no copy.
    expect([at.shard.down, (error as Error).message]).toEqual([true, "the shard is down"]);
  }
}

describe("prompts and answers through the tiers", () => {
  it("never serve a wrong tenant, version, epoch or deleted prompt beyond the bound, whatever expires, fails or is purged", async () => {
    let executions = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
        const at = world();
        for (const each of steps) {
          if (each.do === "execute") executions++;
          await play(at, each);
        }
      }),
      { seed: SEED, numRuns: 400 },
    );
    expect(executions).toBeGreaterThan(5_000);
  });
});
