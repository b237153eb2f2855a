import { describe, expect, it } from "vitest";
import type { LedgerObject } from "../../src/domain/ledger/ledger-messages.ts";
import type { FailedExecution } from "../../src/domain/ledger/recent-failures.ts";
import { ExecutionRepository } from "../../src/storage/executions/executions.ts";
import type { Shards } from "../../src/storage/shards.ts";

const SHARES = 192;
const LIMIT = 25;
const LABEL = { prompt: "greet", label: "production" };

/** Failure `turn` of a ledger object; those of all objects end in turns. */
function failureOf(share: number, turn: number): FailedExecution {
  const ended_at = turn * SHARES + share;
  const of = { ...LABEL, version: 1, user: null, called: true };
  return { ...of, id: `exe_${ended_at}`, created_at: ended_at, ended_at };
}

describe("the failures of a label of a large tenant", () => {
  it("are the newest of all objects, as many as eight objects would tell of", async () => {
    const failures = async (share: number) => ({
      failures: Array.from({ length: LIMIT }, (_, turn) => failureOf(share, turn)),
      shares: SHARES,
    });
    const ledgerOf = (_tenant: string, share: number) =>
      ({ failures: async () => failures(share) }) as unknown as LedgerObject;
    const executions = new ExecutionRepository({ ledgerOf, shards: {} as Shards });
    const found = await executions.failures("ten", { ...LABEL, from: 0, to: 1e9, limit: LIMIT });
    const newest = SHARES * LIMIT - 1;
    expect(found.map(({ ended_at }) => ended_at)).toEqual(Array.from({ length: 8 * LIMIT }, (_, at) => newest - at));
  });
});
