import { describe, expect, it } from "vitest";
import {
  acceptBatchOnce,
  type AcceptOnceDeps,
  acceptExecutionOnce,
} from "../../../src/services/batches/accept-once.ts";
import type { BatchHeader } from "../../../src/services/batches/accept-batch.ts";
import type { ExecutionRequest } from "../../../src/domain/executions/execution-options.ts";
import type { IdempotencyGrant, IdempotencyKeys } from "../../../src/services/executions/idempotency-keys.ts";
import type { BatchRecord } from "../../../src/domain/batches/batch-record.ts";

const caller = { tenant_id: "ten", key_id: "key" };
const options = { prompt: { name: "p" } } as ExecutionRequest["options"];
const header: BatchHeader = { options, mode: "queue" };
const request = { ...caller, lane: "standard", variables: {}, options } satisfies ExecutionRequest;

async function* items(...texts: string[]): AsyncGenerator<string> {
  yield* texts;
}

/** A key with this grant, the batches that are committed, and what is done under the key. */
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
        lease_until: 0,
        start: async () => undefined,
        async settle(_status, text) {
          stored.push(text);
          return "stored";
        },
        release: async () => void done.push("release"),
        handBack: async () => void done.push("hand back"),
        ...grant,
      };
    },
  };
  const accept: Pick<AcceptOnceDeps, "acceptBatch" | "acceptExecution"> = {
    async acceptBatch({ items: source }, id) {
      const read: string[] = [];
      for await (const item of source) read.push(item);
      if (read.includes("bad")) throw new Error("bad item");
      done.push(`batch ${id === "" ? "without id" : read.join()}`);
      return { record: { id } as BatchRecord, webhook_secret: "whsec_1" };
    },
    async acceptExecution(_request, id) {
      done.push("execution");
      return id;
    },
  };
  const batches = {
    find: async (_tenant: string, id: string) => (committed.includes(id) ? ({ id } as BatchRecord) : undefined),
    abandon: async () => void done.push("abandon"),
  };
  const deps: AcceptOnceDeps = { keys, batches, ...accept, now: () => 1_795_000_000_000, sleep: async () => undefined };
  return {
    done,
    stored,
    acceptBatch: async (source: AsyncIterable<string>, of: BatchHeader | (() => BatchHeader) = header) =>
      acceptBatchOnce(deps, "k", { ...caller, items: source, header: of }),
    acceptExecution: async () => acceptExecutionOnce(deps, "k", request),
  };
}

describe("accepting once", () => {
  it("shows the webhook's secret once, and does not store it", async () => {
    const { acceptBatch, stored, done } = world();
    const first = await acceptBatch(items("a", "b"));
    const again = await acceptBatch(items("a", "b"), () => header);
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
    const { acceptBatch } = world();
    await acceptBatch(items("a", "b"));
    await expect(acceptBatch(items(...texts), other)).rejects.toMatchObject({
      errors: [{ path: "idempotency-key" }],
    });
  });

  it("releases the key if nothing was accepted", async () => {
    const { acceptBatch, done, stored } = world();
    await expect(acceptBatch(items("bad"))).rejects.toThrow("bad item");
    expect([done, stored]).toEqual([["release"], []]);
  });

  it("returns what a vanished worker had committed, and deletes what it had not", async () => {
    const settled = world({ id: "bat_1", resumed: true }, ["bat_1"]);
    expect(await settled.acceptBatch(items("a"))).toMatchObject({
      replayed: true,
      record: { id: "bat_1" },
    });
    // The deletion leaves a batch that is open as it is.
    expect(settled.done).toEqual(["abandon"]);
    const half = world({ id: "exe_1", resumed: true });
    expect(await half.acceptExecution()).toEqual({ id: "exe_1", replayed: false });
    expect(half.done).toEqual(["abandon", "execution"]);
  });
});
