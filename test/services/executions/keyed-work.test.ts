import { describe, expect, it } from "vitest";
import type { Execution } from "../../../src/domain/executions/execution.ts";
import { recordedResult } from "../../../src/services/executions/keyed-work.ts";

const own = { id: "exe_1", created_at: 2, status: "succeeded", output: "hello", error: null } as Execution;

/**
 * The result of a key whose execution could not be recorded at its end, given what is on record.
 */
async function resultBeside(first: Partial<Execution>) {
  const deps = {
    now: () => 3,
    sleep: async () => undefined,
    record: async () => undefined,
    find: async () => ({ ...own, ...first }),
  };
  return recordedResult(deps, "ten", { execution: own, unrecorded: true });
}

describe("two executions under one id", () => {
  it("have the result of the one that was recorded first", async () => {
    const { execution } = await resultBeside({ created_at: 1, output: "first" });
    expect(execution.output).toBe("first");
  });

  it("have the later result where the first is only known to have begun", async () => {
    const error = { code: "internal_error" as const, detail: "not known" };
    const { execution, error: failure } = await resultBeside({ created_at: 1, status: "unknown", output: null, error });
    expect([execution.output, failure]).toEqual(["hello", undefined]);
  });
});
