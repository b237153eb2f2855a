import { createExecutionContext, createMessageBatch, getQueueResult, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Execution } from "../../src/domain/executions/execution.ts";
import type { Intent } from "../../src/domain/executions/intent.ts";
import type { UsageMessage } from "../../src/domain/executions/usage-message.ts";
import { newId } from "../../src/domain/id.ts";
import worker from "../../src/index.ts";
import { executions } from "../support/shards.ts";

function execution(): Execution {
  const now = Date.now();
  return {
    id: newId("exe", now),
    tenant_id: newId("ten", now),
    key_id: newId("key", now),
    status: "succeeded",
    prompt_name: "greet",
    prompt_version: 1,
    prompt_label: "latest",
    provider: "openai",
    model: "gpt-4o-mini",
    output: "hello",
    output_truncated: false,
    finish_reason: "stop",
    prompt_tokens: 1,
    completion_tokens: 2,
    cached_tokens: 0,
    usage_estimated: false,
    cost_nanousd: 3,
    price_table: null,
    latency_ms: 4,
    attempts: 1,
    error: null,
    end_user: null,
    metadata: null,
    created_at: now,
    cached: null,
    saved_nanousd: null,
  };
}

function intentOf({ key_id, prompt_name, prompt_version, prompt_label, created_at }: Execution, id: string): Intent {
  return {
    id,
    key_id,
    prompt_name,
    prompt_version,
    prompt_label,
    provider: "openai",
    model: "gpt-4o-mini",
    prompt_tokens: 1_000,
    max_tokens: 100,
    started_at: created_at,
    end_user: null,
    metadata: null,
  };
}

/** Delivers messages; a bare execution is the form of older versions. */
async function deliver(...bodies: UsageMessage[]) {
  return deliverOn("pbt-edge-usage", ...bodies);
}

async function deliverOn(queue: string, ...bodies: UsageMessage[]) {
  const messages = bodies.map((body, index) => ({ id: `m${index}`, timestamp: new Date(), attempts: 3, body }));
  const batch = createMessageBatch<UsageMessage>(queue, messages);
  const context = createExecutionContext();
  await worker.queue(batch, env);
  return getQueueResult(batch, context);
}

describe("an execution that its shard did not take at first", () => {
  it("is written once, however often it is delivered", async () => {
    const record = execution();
    const result = await deliver(record, record);
    expect(result.explicitAcks).toEqual(["m0", "m1"]);
    await deliver(record);
    const page = await executions.list(record.tenant_id, { limit: 10 });
    expect(page.data.map((row) => row.id)).toEqual([record.id]);
  });

  it("is retried alone if it cannot be written, and does not delay the others", async () => {
    const good = execution();
    const unwritable = { ...execution(), prompt_name: null } as unknown as Execution;
    const result = await deliver(unwritable, good);
    expect(result.explicitAcks).toEqual(["m1"]);
    expect(result.retryMessages.map((each) => each.msgId)).toEqual(["m0"]);
  });

  it("is written beside others of its message, of which one cannot be written", async () => {
    const [good, other] = [execution(), execution()];
    const unwritable = { ...execution(), prompt_name: null } as unknown as Execution;
    const result = await deliver(
      { type: "executions", executions: [good, unwritable] },
      { type: "executions", executions: [other] },
    );
    expect([result.explicitAcks, result.retryMessages.map((each) => each.msgId)]).toEqual([["m1"], ["m0"]]);
    for (const { tenant_id, id } of [good, other]) expect(await executions.find(tenant_id, id)).toMatchObject({ id });
  });

  it("is put back on its queue when it became a dead letter", async () => {
    const result = await deliverOn("pbt-edge-usage-dead", execution(), {
      type: "executions",
      executions: [execution()],
    });
    expect(result.explicitAcks).toEqual(["m0", "m1"]);
  });

  it("replaces a record whose end was unknown, and no other, and keeps its feedback", async () => {
    const ended = { ...execution(), cost_nanousd: 5, output: "the answer" };
    const { tenant_id, id } = ended;
    const unknown = { ...ended, status: "unknown" as const, output: null, cost_nanousd: 900 };
    await executions.recordAll([unknown]);
    await executions.setFeedback(tenant_id, id, 1, null);
    await executions.recordAll([unknown, ended]);
    expect(await executions.find(tenant_id, id)).toMatchObject({ ...ended, feedback_score: 1 });
    await executions.recordAll([unknown, { ...ended, cost_nanousd: 7 }]);
    expect(await executions.find(tenant_id, id)).toMatchObject(ended);
  });

  it("is recorded as unknown, once and at its worst case, if its intent has no record", async () => {
    const known = execution();
    await executions.recordAll([known]);
    const object = `${known.tenant_id}/0`;
    const [lost, found] = [newId("exe", Date.now()), known.id].map((id) => intentOf(known, id)) as [Intent, Intent];
    const block = { id: "b", due_at: 1, intents: [lost, found] };
    await env.EXECUTION_INTENTS.getByName(object).append(block);
    const message = {
      type: "resolve-intents" as const,
      tenant_id: known.tenant_id,
      intents: block.intents,
      from: { object, blocks: [{ id: "b", due_at: 1 }] },
    };
    for (let delivery = 0; delivery < 2; delivery++) {
      const result = await deliver(message);
      expect(result.explicitAcks).toEqual(["m0"]);
    }
    const page = await executions.list(known.tenant_id, { limit: 10 });
    expect(page.data).toHaveLength(2);
    expect(await executions.find(known.tenant_id, known.id)).toMatchObject(known);
    // gpt-4o-mini: 150 and 600 nano-dollars a token.
    const atWorst = { cost_nanousd: 1_000 * 150 + 100 * 600, usage_estimated: true, created_at: lost.started_at };
    expect(await executions.find(known.tenant_id, lost.id)).toMatchObject({ status: "unknown", ...atWorst });
    const query = { from: known.created_at, to: Date.now() + 1, group_by: [], limit: 1 };
    const { rows } = await executions.usage(known.tenant_id, query);
    expect(rows[0]).toMatchObject({ executions: 2, errors: 0, cost_nanousd: 3 + atWorst.cost_nanousd });
    const left = await runInDurableObject(env.EXECUTION_INTENTS.getByName(object), async (_object, { storage }) =>
      storage.sql.exec("select id from blocks").toArray(),
    );
    expect(left).toEqual([]);
  });

  it("counts all attempts of an unknown end, in whatever order the intents of its retries come", async () => {
    const [one, other] = [execution(), execution()];
    const resolve = (of: Execution, attempts: number) => ({
      type: "resolve-intents" as const,
      tenant_id: of.tenant_id,
      intents: [{ ...intentOf(of, of.id), attempts }],
    });
    await deliver(resolve(one, 1), resolve(other, 2));
    await deliver(resolve(one, 2), resolve(other, 1));
    for (const { tenant_id, id } of [one, other]) {
      const record = await executions.find(tenant_id, id);
      expect(record).toMatchObject({ status: "unknown", attempts: 2, cost_nanousd: 2 * (1_000 * 150 + 100 * 600) });
    }
  });

  it("is written with the default of a column that is newer than the message", async () => {
    const { cached_tokens: _later, ...old } = { ...execution(), metadata: { ticket: 7 }, output_truncated: true };
    await deliver(old as unknown as Execution);
    const row = await executions.find(old.tenant_id, old.id);
    expect(row).toMatchObject({ ...old, cached_tokens: 0, feedback_score: null });
  });

  it("is written once among many that are written together, whatever their shards", async () => {
    const tenant_id = newId("ten", Date.now());
    const records = Array.from({ length: 20 }, () => ({ ...execution(), tenant_id }));
    await executions.recordAll(records);
    await executions.recordAll(records.slice(0, 5));
    const page = await executions.list(tenant_id, { limit: 100 });
    expect(page.data.map((row) => row.id).toSorted()).toEqual(records.map(({ id }) => id).toSorted());
  });
});
