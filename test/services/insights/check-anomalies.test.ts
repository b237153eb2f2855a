import { describe, expect, it } from "vitest";
import { packHours, type InsightQuery, type SubjectTotal } from "../../../src/domain/ledger/insight-messages.ts";
import { HOUR_MS } from "../../../src/domain/ledger/periods.ts";
import { BUCKETS, bucketOf } from "../../../src/domain/shard.ts";
import type { WebhookEvent } from "../../../src/domain/webhooks/webhook-event.ts";
import {
  checkAnomalies,
  type CheckAnomaliesDeps,
  nextCheck,
  sweepAnomalies,
} from "../../../src/services/insights/check-anomalies.ts";
import { MOST_EXAMINED } from "../../../src/services/insights/examined-subjects.ts";
import { COMPLETE_AFTER_MS, readAnomalies } from "../../../src/services/insights/read-anomalies.ts";
import type { ClaimedWatch } from "../../../src/storage/insights/anomaly-watches.ts";
import { plant } from "../../../load/proofs/insights/planted.ts";
import { FIRST_HOUR, makeTenant } from "../../../load/proofs/insights/synthetic-tenant.ts";
import { seriesOf } from "../../support/series-of.ts";

const WEEK = 168;
/** An outage of the prompt's traffic, whose first hours are the last ones that are known at first. */
const OUTAGE = plant("drop to zero", "prompt-3", 4 * WEEK + 30);
const ALL = makeTenant(5, 5 * WEEK, OUTAGE).series.filter(({ name }) => ["prompt-3", "prompt-4"].includes(name));
const DURING = (FIRST_HOUR + OUTAGE.from + 6) * HOUR_MS + COMPLETE_AFTER_MS;
const AFTER = DURING + 14 * HOUR_MS;

/** A tenant with a watch, whose ledger is that of a seed. */
function openWorld() {
  const row = { due_at: 0, told: [] as ClaimedWatch["told"] };
  const events: WebhookEvent[] = [];
  const queries: InsightQuery[] = [];
  const raised: string[] = [];
  const larger: SubjectTotal[] = [];
  const world = { now: DURING, isWanted: true, diesAt: Infinity, larger };
  const deps: CheckAnomaliesDeps = {
    now: () => world.now,
    flush: async () => undefined,
    executions: {
      insights: async (_tenant, query) => {
        queries.push(query);
        const inSpan = ALL.map((each) => ({
          ...each,
          cells: new Map([...each.cells].filter(([hour]) => hour >= query.from && hour < query.to)),
        }));
        const { subjects } = query;
        const wanted = inSpan.filter(({ kind, name }) =>
          subjects?.some((one) => one.kind === kind && one.name === name),
        );
        const own = inSpan.map(({ kind, name, cells }) => ({ kind, name, executions: cells.size }));
        const totals = [...world.larger, ...own];
        return { totals, series: seriesOf(wanted.map(packHours)), largest_bytes: 0, rows_read: 0 };
      },
    },
    watches: {
      due: async (now, limit) => (row.due_at <= now ? ["ten_a"].slice(0, limit) : []),
      claim: async (tenant_id, now, until) => {
        if (row.due_at > now) return undefined;
        row.due_at = until;
        return { tenant_id, told: structuredClone(row.told), until };
      },
      tell: async ({ until }, told, dueAt) => {
        if (row.due_at !== until) return false;
        Object.assign(row, { due_at: dueAt, told: structuredClone(told) });
        return true;
      },
      dropIfUnwanted: async () => !world.isWanted,
    },
    publishEvent: async (_tenant, event) => {
      raised.push(event.key);
      if (!events.some(({ key }) => key === event.key)) events.push(event);
      if (raised.length === world.diesAt) throw new Error("the shard does not answer");
    },
    wake: async (tenantIds) => {
      for (const tenantId of tenantIds) await checkAnomalies(deps, tenantId);
    },
  };
  const statesOf = () =>
    events.filter(({ prompt }) => prompt === "prompt-3").map(({ data }) => [data["metric"], data["state"]]);
  return { world, deps, row, events, raised, queries, statesOf };
}

describe("a tenant whose webhooks ask for anomalies", () => {
  it("is told once that one began and once that it is over, however often the cron runs", async () => {
    const { world, deps, statesOf } = openWorld();
    for (let twice = 0; twice < 2; twice++) await sweepAnomalies(deps);
    expect(statesOf()).toEqual([["rate", "firing"]]);
    for (world.now = DURING; world.now <= AFTER; world.now += HOUR_MS) await sweepAnomalies(deps);
    expect(statesOf()).toEqual([
      ["rate", "firing"],
      ["rate", "resolved"],
    ]);
  });

  it("is not told that one is over because other prompts have more executions now", async () => {
    const { world, deps, statesOf } = openWorld();
    await sweepAnomalies(deps);
    world.larger = Array.from({ length: MOST_EXAMINED.prompt }, (_, n) => ({
      kind: "prompt",
      name: `larger-${n}`,
      executions: 1e6,
    }));
    world.now += HOUR_MS;
    await sweepAnomalies(deps);
    expect(statesOf()).toEqual([["rate", "firing"]]);
    for (; world.now <= AFTER; world.now += HOUR_MS) await sweepAnomalies(deps);
    // With fewer series other metrics are told of, too.
    expect(statesOf().filter(([metric]) => metric === "rate")).toEqual([
      ["rate", "firing"],
      ["rate", "resolved"],
    ]);
  });

  it("is looked at once in an hour, after its end", async () => {
    const { world, deps, queries } = openWorld();
    for (let minute = 0; minute < 60; minute++) {
      await sweepAnomalies(deps);
      world.now += 60_000;
    }
    // Of each look the totals, and then the hours.
    expect(queries).toHaveLength(2 * 2);
  });

  it("is told the same again after a crash in the middle, which its receivers get once", async () => {
    const { world, deps, raised, statesOf } = openWorld();
    world.diesAt = 1;
    await expect(checkAnomalies(deps, "ten_a")).rejects.toThrow("does not answer");
    world.now += HOUR_MS;
    await sweepAnomalies(deps);
    expect(raised).toHaveLength(2);
    expect(new Set(raised).size).toBe(1);
    expect(statesOf()).toEqual([["rate", "firing"]]);
  });

  it("is not looked at by two consumers at once", async () => {
    const { deps, queries } = openWorld();
    await Promise.all([checkAnomalies(deps, "ten_a"), checkAnomalies(deps, "ten_a")]);
    expect(queries).toHaveLength(2);
  });

  it("is forgotten when no webhook asks any more", async () => {
    const { world, deps, events, queries } = openWorld();
    world.isWanted = false;
    await checkAnomalies(deps, "ten_a");
    expect([events, queries]).toEqual([[], []]);
  });
});

describe("the next look at a tenant", () => {
  it.each(["ten_a", "ten_b", "ten_c"])("of %s is after the end of the hour under way, at a moment of its own", (id) => {
    const own = Math.floor((600_000 * bucketOf(id)) / BUCKETS);
    const hour = 500_000 * HOUR_MS;
    expect(nextCheck(id, hour + COMPLETE_AFTER_MS + own + 1)).toBe(hour + HOUR_MS + COMPLETE_AFTER_MS + own);
    expect(nextCheck(id, hour + 1)).toBeGreaterThan(hour + 1);
  });
});

describe("the anomalies of a tenant", () => {
  it("are those of what has the most executions, and of what is asked for", async () => {
    const { deps } = openWorld();
    const many = Array.from({ length: 60 }, (_, at) => ({
      kind: "prompt" as const,
      name: `q${at}`,
      executions: 60 - at,
    }));
    const asked: InsightQuery[] = [];
    const ofMany: CheckAnomaliesDeps = {
      ...deps,
      executions: {
        insights: async (_tenant, query) => {
          asked.push(query);
          return { totals: many, series: [], largest_bytes: 0, rows_read: 0 };
        },
      },
    };
    const report = await readAnomalies(ofMany, "ten_a", { prompt: "q59" });
    expect(asked[1]?.subjects).toHaveLength(MOST_EXAMINED.prompt + 1);
    expect(report.left_out).toMatchObject({ prompts: 40, models: 0 });
    expect(report.left_out.executions_share).toBeCloseTo(820 / 1_830);
  });
});
