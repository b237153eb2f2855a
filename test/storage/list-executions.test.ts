import { describe, expect, it } from "vitest";
import { LEDGER_SHARES } from "../../src/domain/ledger/ledger-messages.ts";
import { newId } from "../../src/domain/id.ts";
import { recorded } from "../support/recorded.ts";
import { executions as repository } from "../support/shards.ts";

const ANSWER_BYTES = 20_000;

describe("a page of executions", () => {
  it("reads the rows that it returns, and of all others the ids only", async () => {
    const tenant_id = newId("ten", 1);
    const rows = Array.from({ length: 160 }, (_, at) =>
      recorded({ id: newId("exe", 1_000 + at), tenant_id, output: "x".repeat(ANSWER_BYTES) }),
    );
    await repository.recordAll(rows);
    const newest = rows.map(({ id }) => id).toReversed();
    const first = await repository.list(tenant_id, { limit: 10 });
    expect(first.data.map(({ id }) => id)).toEqual(newest.slice(0, 10));
    expect(first.data.every(({ output }) => output?.length === ANSWER_BYTES)).toBe(true);
    const { rows_read } = await repository.listIds(tenant_id, { limit: 10 });
    console.log(`a page of 10 of 160 executions: ${rows_read} rows read for its ids`);
    expect(rows_read).toBeLessThanOrEqual(LEDGER_SHARES * 11);
  });

  it("goes on where the page before it ended, under every filter", async () => {
    const tenant_id = newId("ten", 2);
    const rows = Array.from({ length: 12 }, (_, at) =>
      recorded({
        id: newId("exe", 1_000 + at),
        tenant_id,
        prompt_name: at % 2 === 0 ? "even" : "odd",
        created_at: 1_000 + at,
      }),
    );
    await repository.recordAll(rows);
    const query = { limit: 2, prompt: "even", from: 1_002, to: 1_010 };
    const first = await repository.list(tenant_id, query);
    const last = await repository.list(tenant_id, { ...query, before: first.data[1]?.id });
    expect([...first.data, ...last.data].map((row) => row.created_at)).toEqual([1_008, 1_006, 1_004, 1_002]);
    expect([first.next_cursor, last.next_cursor]).toEqual([expect.any(String), null]);
  });
});
