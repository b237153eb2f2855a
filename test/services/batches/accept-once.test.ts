import { describe, expect, it } from "vitest";
import { createAcceptOnce } from "../../../src/services/batches/accept-once.ts";
import type { AcceptBatch, BatchHeader } from "../../../src/services/batches/accept-batch.ts";
import type { ExecutionRequest } from "../../../src/domain/executions/execution-options.ts";
import type { IdempotencyGrant, IdempotencyKeys } from "../../../src/services/executions/idempotency-keys.ts";
import type { BatchRecord } from "../../../src/storage/batches/batches.ts";

const caller = { tenant_id: "ten", key_id: "key" };
const options = { prompt: { name: "p" } } as ExecutionRequest["options"];
const header: BatchHeader = { options, mode: "queue" };
const request = { ...caller, lane: "standard", variables: {}, options } satisfies ExecutionRequest;

async function* items(...texts: string[]): AsyncGenerator<string> {
  yield* texts;
}

/** A key that is granted as told, and what was done under it. */
function world(grant: Partial<IdempotencyGrant> = {}, committed: string[] = []) {
  const done: string[] = [];
  const stored: string[] = [];
  const keys: IdempotencyKeys = {
    async begin({ id }) {
      const [result] = stored;
      if (result !== undefined) return { result };
      return {
        id,
        resumed: false,
        settle: async (_status, text) => void stored.push(text),
        release: async () => void done.push("release"),
        ...grant,
      };
    },
  };
  const accept: AcceptBatch = {
    async batch(_caller, source, _header, id = "") {
      const read: string[] = [];
      for await (const item of source) read.push(item);
      if (read.includes("bad")) throw new Error("bad item");
      done.push(`batch ${id === "" ? "without id" : read.join()}`);
      return { record: { id } as BatchRecord, webhook_secret: "whsec_1" };
    },
    async execution(_request, id = "") {
      done.push("execution");
      return id;
    },
  };
  const batches = {
    find: async (_tenant: string, id: string) => (committed.includes(id) ? ({ id } as BatchRecord) : undefined),
    abandon: async () => void done.push("abandon"),
  };
  return { done, stored, once: createAcceptOnce({ keys, accept, batches, now: () => 1_795_000_000_000 }) };
}

describe("accepting once", () => {
  it("shows the webhook's secret once, and keeps it nowhere", async () => {
    const { once, stored, done } = world();
    const first = await once.batch("k", caller, items("a", "b"), header);
    const again = await once.batch("k", caller, items("a", "b"), () => header);
    expect([first.webhook_secret, again.webhook_secret, again.replayed]).toEqual(["whsec_1", null, true]);
    expect(again.record).toEqual(first.record);
    expect(stored.join()).not.toContain("whsec_1");
    expect(done).toEqual(["batch a,b"]);
  });

  it.each([
    ["other items", ["a", "c"], header],
    ["fewer items", ["a"], header],
    ["items cut elsewhere", ["ab"], header],
    ["another header", ["a", "b"], { ...header, mode: "provider" as const }],
  ])("refuses %s under the same key", async (_what, texts, other) => {
    const { once } = world();
    await once.batch("k", caller, items("a", "b"), header);
    await expect(once.batch("k", caller, items(...texts), other)).rejects.toMatchObject({
      errors: [{ path: "idempotency-key" }],
    });
  });

  it("gives the key free where nothing was accepted", async () => {
    const { once, done, stored } = world();
    await expect(once.batch("k", caller, items("bad"), header)).rejects.toThrow("bad item");
    expect([done, stored]).toEqual([["release"], []]);
  });

  it("takes what a vanished worker had committed for the result, and clears away what it had not", async () => {
    const settled = world({ id: "bat_1", resumed: true }, ["bat_1"]);
    expect(await settled.once.batch("k", caller, items("a"), header)).toMatchObject({
      replayed: true,
      record: { id: "bat_1" },
    });
    expect(settled.done).toEqual([]);
    const half = world({ id: "exe_1", resumed: true });
    expect(await half.once.execution("k", request)).toEqual({ id: "exe_1", replayed: false });
    expect(half.done).toEqual(["abandon", "execution"]);
  });
});
