import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { WakeUp } from "../../src/domain/batches/wake-up.ts";
import type { UsageMessage } from "../../src/domain/executions/usage-message.ts";
import type { GateView } from "../../src/domain/gate/protocol/gate-view.ts";
import worker from "../../src/index.ts";
import json from "../fixtures/previous-version/recording.json";
import { EPOCH, fromPlain, type ObjectCall, type Recording, withClock } from "./recording.ts";
import { ask } from "./observed-client.ts";
import { loadObject, loadShard, objectOf, SHARDS } from "./stored-state.ts";
import { withUnknownFields } from "./unknown-fields.ts";

const recorded = JSON.parse(JSON.stringify(json)) as Recording;

/** A recording as it is, and as a later version may write it. */
const RECORDINGS: readonly [string, Recording][] = [
  ["as it was", recorded],
  ["with a field that this version does not know", withUnknownFields(recorded)],
];

/** The most shares of a tenant's ledger: what an earlier replay wrote there is gone. */
const LEDGER_SHARES = 8;
/** Replies about what an object keeps in memory only, which no version has after it is replaced. */
const FORGOTTEN = new Set(["PROVIDER_GATE.view", "METRICS.read"]);

const started = performance.now();
/** The clock after the recording: it goes on, so that no work waits for ever. */
const later = () => recorded.at + 1_000 + Math.floor(performance.now() - started);

/** The bindings of an isolate whose memory is empty. */
let bindings: Env = env;

async function load({ shards, objects, copies }: Recording): Promise<void> {
  bindings = { ...env };
  for (const [index, shard] of SHARDS.entries()) await loadShard(shard, shards[index] ?? {});
  const [tenantId] = (objects[0]?.name ?? "").split("/");
  const kept = new Set(objects.map(({ binding, name }) => `${binding} ${name}`));
  for (let share = 0; share < LEDGER_SHARES; share += 1) {
    const nothing = { binding: "LEDGER", name: `${tenantId}/${share}`, schema: [], rows: {}, values: {} };
    if (!kept.has(`LEDGER ${nothing.name}`)) await loadObject(nothing);
  }
  for (const object of objects) await loadObject(object);
  for (const { tier, key, body, headers } of copies) {
    if (tier === "kv") await env.CACHE.put(key, body);
    else await caches.default.put(key, new Response(body, { headers }));
  }
}

async function makeCall({ at, binding, name, method, args }: ObjectCall): Promise<unknown> {
  const stub = objectOf(binding, name);
  const member = Reflect.get(stub, method) as (...args: unknown[]) => Promise<unknown>;
  return withClock(
    () => at,
    async () => Reflect.apply(member, stub, fromPlain(args) as unknown[]),
  );
}

async function deliver(queue: string, body: unknown) {
  const message = {
    id: "message",
    timestamp: new Date(EPOCH),
    attempts: 1,
    body: fromPlain(body) as UsageMessage | WakeUp,
  };
  const batch = createMessageBatch<UsageMessage | WakeUp>(queue, [message]);
  const context = createExecutionContext();
  await worker.queue(batch, bindings);
  return getQueueResult(batch, context);
}

/** Where the work of a message is read, and how it ends. */
function resultOf(body: unknown): [path: string, state: object] | null {
  const {
    type,
    batch_id = "",
    run_id,
    executions: [execution] = [],
  } = body as {
    type: string;
    batch_id?: string;
    run_id?: string;
    executions?: { id: string }[];
  };
  if (type === "chain") return [`/v1/chain-runs/${run_id}`, { status: "succeeded" }];
  if (type === "executions") return [`/v1/executions/${execution?.id}`, { status: "succeeded" }];
  if (type !== "group") return null;
  if (batch_id.startsWith("exe_")) return [`/v1/executions/${batch_id}`, { status: "succeeded" }];
  return [`/v1/batches/${batch_id}`, { status: "completed", counts: { succeeded: 2 } }];
}

describe.each(RECORDINGS)("what the previous version left, %s,", (_how, recording) => {
  beforeEach(async () => load(recording));

  it("is read by those that it gave keys, cookies and cursors, with the same answers", async () => {
    for (const request of recording.requests) {
      const { status, answer } = await withClock(later, async () => ask(bindings, request));
      expect([request.path, status]).toEqual([request.path, request.status]);
      expect({ path: request.path, answer }).toMatchObject({
        path: request.path,
        answer: withoutVolatile(request.answer),
      });
    }
  });

  it("is gone on with by its isolates at objects of this version, with the same replies", async () => {
    for (const call of recording.calls) {
      const reply = (await makeCall(call)) ?? null;
      const what = `${call.binding}.${call.method}`;
      const expected = FORGOTTEN.has(what) ? {} : (fromPlain(call.reply) as object | null);
      expect({ what, reply }).toMatchObject({ what, reply: expected });
    }
  });

  it("is settled at this version's gate: the lease of a call that went on meanwhile", async () => {
    const settle = recording.calls.find(({ method }) => method === "settle");
    if (!settle) throw new Error("the recording has no settlement");
    const [{ keys }] = settle.args as [{ keys: unknown[] }];
    const leases = async () => {
      const view = await makeCall({ ...settle, method: "view", args: [keys] });
      return (view as GateView).leases;
    };
    const before = await leases();
    await makeCall(settle);
    expect(await leases()).toBe(before - 1);
  });

  it("waits on queues, and each message is consumed and its work done", async () => {
    for (const { queue, body } of recording.messages) {
      const { explicitAcks } = await withClock(later, async () => deliver(queue, body));
      expect([queue, body, explicitAcks]).toEqual([queue, body, ["message"]]);
    }
    const headers = { authorization: recording.requests.at(-1)?.headers["authorization"] ?? "" };
    for (const [path, state] of recording.messages.flatMap(({ body }) => [resultOf(body) ?? []].filter(hasWork))) {
      const { answer } = await withClock(later, async () => ask(bindings, { method: "GET", path, headers }));
      expect({ path, answer }).toMatchObject({ path, answer: state });
    }
  });
});

/** Copies that no version wrote: cut off, empty, or of another kind. */
const UNREADABLE = ['{"value":', "{}", "[]", "null", '"text"', '{"value":{}}'];

describe("copies in the cache that cannot be read", () => {
  it.each(UNREADABLE)("are passed over, where they are %s", async (body) => {
    await load({ ...recorded, copies: recorded.copies.map((copy) => ({ ...copy, body })) });
    for (const request of recorded.requests) {
      const { status } = await withClock(later, async () => ask(bindings, request));
      expect([request.path, status]).toEqual([request.path, request.status]);
    }
    const headers = {
      authorization: recorded.requests.at(-1)?.headers["authorization"] ?? "",
      "content-type": "application/json",
    };
    const json = JSON.stringify({ prompt: "greet", variables: { who: "Ada" }, label: "production", cache: true });
    const request = { method: "POST", path: "/v1/executions", headers, body: json };
    const { answer } = await withClock(later, async () => ask(bindings, request));
    expect(answer).toMatchObject({ status: "succeeded", output: expect.stringContaining("Ada") as string });
  });
});

const hasWork = (result: [] | [string, object]): result is [string, object] => result.length > 0;

/** An answer without what is new in each: the id of the request, and times until something. */
function withoutVolatile(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer), (name, value: unknown) =>
    ["request_id", "expires_at", "complete_until"].includes(name) ? undefined : value,
  );
}
