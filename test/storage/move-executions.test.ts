import { and, eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import type { Execution } from "../../src/domain/executions/execution.ts";
import { newId } from "../../src/domain/id.ts";
import { moveExecutions } from "../../src/services/usage/move-executions.ts";
import type { UnwrittenRecords } from "../../src/services/usage/write-records.ts";
import { OldExecutions } from "../../src/storage/executions/old-executions.ts";
import { executions as table } from "../../src/storage/schema.ts";
import { recorded } from "../support/recorded.ts";
import { executions, shards } from "../support/shards.ts";

const NOW = Date.now();
const oldExecutions = new OldExecutions(shards);
const onUnmoved = ({ error }: { error: unknown }) => {
  throw error;
};

/** Writes executions as older versions did. */
async function writeOld(rows: ReadonlyArray<Execution & { feedback_score?: number }>): Promise<void> {
  for (const row of rows) await shards.of(`${row.tenant_id}/${row.id}`).insert(table).values(row);
}

function executionsOf(tenant_id: string, count: number): Execution[] {
  return Array.from({ length: count }, (_, at) => {
    const created_at = NOW - 10 * 86_400_000 + at;
    return recorded({ id: newId("exe", created_at), tenant_id, created_at, cost_nanousd: at });
  });
}

async function totals(tenantId: string): Promise<Array<[number, number]>> {
  const query = { from: NOW - 20 * 86_400_000, to: NOW + 86_400_000, group_by: [], limit: 1 };
  const { rows } = await executions.usage(tenantId, query);
  return rows.map(({ executions: count, cost_nanousd }) => [count, cost_nanousd]);
}

async function moveAll(): Promise<number> {
  let moved = 0;
  for (let last = 1; last > 0; moved += last) last = await moveExecutions({ executions, oldExecutions, onUnmoved });
  return moved;
}

describe("executions from before the ledger", () => {
  it("are found by their ids until they are moved, and afterwards", async () => {
    const [first, second] = executionsOf("ten_before", 2) as [Execution, Execution];
    await writeOld([{ ...first, feedback_score: 0.5 }, second]);
    const found = await executions.findAll("ten_before", [first.id, second.id]);
    expect(found.get(first.id)).toMatchObject({ ...first, feedback_score: 0.5 });
    expect(await totals("ten_before")).toEqual([[0, 0]]);
    expect(await moveAll()).toBeGreaterThanOrEqual(2);
    expect(await oldExecutions.findAll("ten_before", [first.id, second.id])).toEqual([]);
    expect(await executions.find("ten_before", first.id)).toMatchObject({ ...first, feedback_score: 0.5 });
    expect(await executions.find("ten_before", second.id)).toMatchObject({ ...second, feedback_score: null });
    expect(await totals("ten_before")).toEqual([[2, 1]]);
  });

  it("are counted once if the move dies before it deletes them, and keep newer feedback", async () => {
    const rows = executionsOf("ten_dies", 30);
    await writeOld(rows.map((row) => ({ ...row, feedback_score: 0.25 })));
    const dying = Object.assign(Object.create(oldExecutions) as OldExecutions, {
      oldest: async (limit: number) => oldExecutions.oldest(limit),
      delete: async () => Promise.reject(new Error("the process died")),
    });
    await expect(moveExecutions({ executions, oldExecutions: dying, onUnmoved })).rejects.toThrow("died");
    await executions.setFeedback("ten_dies", rows[0]?.id ?? "", 1, "better");
    await moveAll();
    expect(await totals("ten_dies")).toEqual([[30, 435]]);
    const found = await executions.find("ten_dies", rows[0]?.id ?? "");
    expect(found).toMatchObject({ feedback_score: 1, feedback_comment: "better" });
    expect(await executions.find("ten_dies", rows[1]?.id ?? "")).toMatchObject({ feedback_score: 0.25 });
  });

  it("have ended for an intent that is resolved after the deployment, and hide no end", async () => {
    const [ended, open] = executionsOf("ten_deploy", 2) as [Execution, Execution];
    await writeOld([ended, { ...open, status: "unknown" }]);
    expect(await executions.findEnded("ten_deploy", [ended.id, open.id])).toEqual(new Set([ended.id]));
    await executions.recordAll([ended, open].map((row) => ({ ...row, status: "unknown", cost_nanousd: 99 })));
    expect(await executions.find("ten_deploy", ended.id)).toMatchObject(ended);
    expect(await executions.find("ten_deploy", open.id)).toMatchObject({ status: "unknown" });
    await moveAll();
    expect(await executions.find("ten_deploy", ended.id)).toMatchObject(ended);
  });

  it("are moved again where an older version wrote their end in the middle of the move", async () => {
    const [late] = executionsOf("ten_overtaken", 1) as [Execution];
    await writeOld([{ ...late, status: "unknown", attempts: 1 }]);
    const overtaken = Object.assign(Object.create(oldExecutions) as OldExecutions, {
      oldest: async (limit: number) => {
        const rows = await oldExecutions.oldest(limit);
        const { status, attempts, output } = { ...late, attempts: 2, output: "the end" };
        const isLate = and(eq(table.id, late.id), eq(table.tenant_id, late.tenant_id));
        await shards.of(`${late.tenant_id}/${late.id}`).update(table).set({ status, attempts, output }).where(isLate);
        return rows;
      },
      delete: async (...some: Parameters<OldExecutions["delete"]>) => oldExecutions.delete(...some),
    });
    await moveExecutions({ executions, oldExecutions: overtaken, onUnmoved });
    await moveAll();
    expect(await executions.find("ten_overtaken", late.id)).toMatchObject({ status: "succeeded", output: "the end" });
  });

  it("move on where the ledger can never take some of them, which stay and are reported", async () => {
    const rows = executionsOf("ten_unmovable", 3);
    const [shard] = [...shards.all.values()];
    if (!shard) throw new Error("no shard");
    // More than a step of them, and one in the middle of others.
    const unfit = Array.from({ length: 201 }, (_, at) =>
      recorded({ id: `exe_0${String(at).padStart(3, "0")}`, tenant_id: "ten_unmovable", created_at: NOW }),
    );
    const [, second] = rows as [Execution, Execution];
    const numberless = { ...second, id: newId("exe", NOW), prompt_tokens: "many" as unknown as number };
    for (const row of [...unfit, ...rows, numberless]) await shard.insert(table).values(row);
    const reported = new Set<string>();
    const deps = {
      executions,
      oldExecutions,
      onUnmoved: (records: UnwrittenRecords) => records.executions.forEach(({ id }) => reported.add(id)),
    };
    expect(await moveExecutions(deps)).toBe(3);
    expect(await totals("ten_unmovable")).toEqual([[3, 3]]);
    expect(await moveExecutions(deps)).toBe(0);
    const unmovable = [...unfit, numberless].map(({ id }) => id).toSorted();
    expect([...reported].toSorted()).toEqual(unmovable);
    const left = await shard.select({ id: table.id }).from(table).where(eq(table.tenant_id, "ten_unmovable"));
    expect(left.map(({ id }) => id).toSorted()).toEqual(unmovable);
    await shard.delete(table).where(eq(table.tenant_id, "ten_unmovable"));
  });
});
