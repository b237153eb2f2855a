import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Intent } from "../../src/domain/executions/intent.ts";
import type { KeyedIntentBlock } from "../../src/domain/executions/intent-blocks.ts";
import type { ExecutionIntents } from "../../src/durable-objects/execution-intents.ts";

const PAST = Date.now() - 60_000;

function block(id: string, due_at: number, count = 1): KeyedIntentBlock {
  const intents = Array.from({ length: count }, (_, n) => ({ id: `exe_${id}_${n}`, end_user: "u".repeat(200) }));
  return { id, due_at, intents: intents as Intent[] };
}

function stubOf(name: string) {
  return env.EXECUTION_INTENTS.getByName(`ten_${name}/0`);
}

/** The blocks in storage, and when the alarm rings. */
async function stateOf(stub: DurableObjectStub<ExecutionIntents>) {
  return runInDurableObject(stub, async (_object, { storage }) => {
    const blocks = storage.sql.exec<{ id: string }>("select id from blocks").toArray();
    return { blocks: blocks.map(({ id }) => id), alarmAt: await storage.getAlarm() };
  });
}

describe("the object of a tenant's intents in older versions", () => {
  it("keeps blocks over an eviction, and wakes when the first one is due", async () => {
    const stub = stubOf("kept");
    const due = Date.now() + 100_000;
    await stub.append(block("late", due + 50_000));
    await stub.append(block("soon", due));
    await evictDurableObject(stub);
    const { blocks, alarmAt } = await stateOf(stub);
    expect(blocks).toEqual(["soon", "late"]);
    expect((alarmAt ?? 0) - due).toBeGreaterThanOrEqual(0);
    expect((alarmAt ?? 0) - due).toBeLessThan(5_000);
  });

  it("writes one row for a block, and sets no second alarm", async () => {
    const stub = stubOf("rows");
    const due = Date.now() + 100_000;
    await stub.append(block("first", due));
    const { alarmAt } = await stateOf(stub);
    const written = await runInDurableObject(
      stub,
      async (_object, { storage }) =>
        storage.sql.exec("insert or replace into blocks values (?, ?, ?)", due, "second", "[]").rowsWritten,
    );
    await stub.append(block("third", due + 1));
    expect([written, (await stateOf(stub)).alarmAt]).toEqual([1, alarmAt]);
  });

  it("keeps a block that was sent until it is told to forget it", async () => {
    const stub = stubOf("sent");
    await stub.append(block("due", PAST, 300));
    await stub.append(block("also", PAST, 300));
    await runDurableObjectAlarm(stub);
    const { blocks, alarmAt } = await stateOf(stub);
    expect(blocks.toSorted()).toEqual(["also", "due"]);
    expect((alarmAt ?? 0) - Date.now()).toBeGreaterThan(800_000);
    await stub.forget([
      { id: "due", due_at: PAST },
      { id: "also", due_at: PAST },
    ]);
    expect((await stateOf(stub)).blocks).toEqual([]);
  });
});
