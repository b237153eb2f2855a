import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { servicesOf } from "../../src/deps/services.ts";
import type { UsageMessage } from "../../src/domain/executions/usage-message.ts";
import { call, newTenant, ROOT_KEY, yamlPrompt } from "../support/api.ts";
import { failingBindings, type Manner, MANNERS, type Part, PARTS } from "../support/failing-bindings.ts";
import { shards } from "../support/shards.ts";
import {
  ENDLESS,
  type Operation,
  ownObjects,
  type OwnedObjects,
  requestOf,
  securedOperations,
} from "../support/operations.ts";

/** Waits are short, so that a part that hangs is given up soon. */
const IMPATIENT = { STORAGE_TIMEOUT_MS: "100", CACHE_TIMEOUT_MS: "50", RECORD_TIMEOUT_MS: "100" };
/** No copy of a key or a prompt may be served, however young it is. */
const WITHOUT_COPIES = {
  POINTER_FRESH_MS: "1",
  POINTER_BOUND_MS: "1",
  PROMPT_LAST_GOOD_MS: "1",
  KEY_LAST_GOOD_MS: "1",
};

/** What is published, listed and changed needs the shards, and usage needs the ledger. */
const UNAVAILABLE: Partial<Record<Part, number>> = { D1: 20, ledger: 3 };

const CASES = Object.keys(PARTS).flatMap((part) =>
  Object.keys(MANNERS).map((manner) => [part, manner] as [Part, Manner]),
);

interface Body {
  json?: unknown;
  yaml?: string;
}

/** An isolate of its own, whose `part` may fail. */
function isolate(part: Part, settings: Record<string, string> = {}) {
  const queued: UsageMessage[] = [];
  const queue = { send: async (message: UsageMessage) => void queued.push(message) };
  const { bindings, fail } = failingBindings(part, { ...IMPATIENT, ...settings }, { USAGE_QUEUE: queue });
  const app = createApp(() => servicesOf(bindings));
  return {
    fail,
    /** Delivers what the usage queue was given, which has no consumer here. */
    deliver: async () => servicesOf(bindings).deliverUsage(queued.splice(0)),
    send: async (method: string, path: string, key: string, body: Body = {}, more = {}) => {
      const text = body.yaml ?? (body.json === undefined ? undefined : JSON.stringify(body.json));
      const type = body.yaml === undefined ? "application/json" : "application/yaml";
      const headers = {
        authorization: `Bearer ${key}`,
        ...(text === undefined ? {} : { "content-type": type }),
        ...more,
      };
      const request = new Request(`https://edge.test${path}`, { method, headers, body: text });
      const response = await app.fetch(request, bindings, createExecutionContext());
      const { status, headers: got } = response;
      return {
        status,
        retryAfter: got.get("retry-after"),
        headers: got,
        text: new TextDecoder().decode(await response.arrayBuffer()),
      };
    },
  };
}

/** What is wrong with a reply under an outage: nothing, or what it said. */
function faultOf({ method, path }: Operation, reply: { status: number; retryAfter: string | null; text: string }) {
  const isWrong = reply.status === 500 || (reply.status === 503 && !(Number(reply.retryAfter) > 0));
  return isWrong ? [`${method} ${path}: ${reply.status} ${reply.retryAfter} ${reply.text.slice(0, 200)}`] : [];
}

describe("while a part of storage is out of order", () => {
  let operations: Operation[];
  const ready: Operation = { method: "GET", path: "/ready", access: "" };

  const tenants: string[] = [];
  const newObjects = async () => {
    const objects = await ownObjects();
    tenants.push(objects.mine.id);
    return objects;
  };

  // Files share their databases, and the sweeps of others would take up what waits here.
  afterAll(async () => {
    const close = "update batch_groups set open = 0 where tenant_id = ?";
    await Promise.all(tenants.map(async (id) => shards.of(id).$client.prepare(close).bind(id).run()));
  });

  beforeAll(async () => {
    operations = [...(await securedOperations()).filter(({ path }) => !ENDLESS.has(path)), ready];
  });

  /** Asks for every operation at once. Returns what is wrong with the replies, and how many are 503. */
  async function askAll({ mine, idFor }: OwnedObjects, { send }: ReturnType<typeof isolate>) {
    const replies = await Promise.all(
      operations.map(async (operation) => {
        const { path, ...body } = requestOf(operation, idFor(operation.path));
        const key = operation.access === "root" ? ROOT_KEY : mine.key;
        const reply = await send(operation.method, path, key, body);
        // Anthropic says so with a 529.
        return { unavailable: reply.status === 503 || reply.status === 529, faults: faultOf(operation, reply) };
      }),
    );
    const faults = replies.flatMap((reply) => reply.faults);
    return { faults, unavailable: replies.filter(({ unavailable }) => unavailable).length };
  }

  it.each(CASES)("no operation is a 500, and a 503 says when to come back: %s %s", async (part, manner) => {
    const objects = await newObjects();
    const warm = isolate(part);
    await warm.send("POST", "/v1/executions", objects.mine.key, { json: { prompt: "mine", variables: { who: "x" } } });
    warm.fail(manner);
    const { faults, unavailable } = await askAll(objects, warm);
    expect(faults).toEqual([]);
    expect(unavailable).toBeGreaterThanOrEqual(UNAVAILABLE[part] ?? 0);
  });

  it.each(Object.keys(MANNERS) as Manner[])("a key without a copy is a 503 on every route: D1 %s", async (manner) => {
    const objects = await newObjects();
    const cold = isolate("D1", WITHOUT_COPIES);
    cold.fail(manner);
    const { faults, unavailable } = await askAll(objects, cold);
    expect([faults, unavailable]).toEqual([[], operations.length]);
  });
});

describe("an execution under an idempotency key that meets an outage", () => {
  const models = { count: 0 };
  const callsOf = async (model: string) => {
    const log = await (await fetch(`${env.MOCK_URL}/__mock/calls`)).json<{ calls: { model: string }[] }>();
    return log.calls.filter((each) => each.model === model).length;
  };

  it.each(CASES)("is called once and recorded once when it is sent again: %s %s", async (part, manner) => {
    const { key } = await newTenant();
    await call("PUT", "/v1/prompts/mine", { key, yaml: yamlPrompt("mine") });
    const model = `gpt-4o-mini-outage-${(models.count += 1)}`;
    const json = { prompt: "mine", variables: { who: "x" }, model };
    const { send, fail, deliver } = isolate(part);
    await send("POST", "/v1/executions", key, { json: { ...json, model: "gpt-4o-mini" } });
    const once = async () => send("POST", "/v1/executions", key, { json }, { "idempotency-key": "once" });
    fail(manner);
    const first = await once();
    const isAnswered = first.status === 200;
    expect([[200, 429, 503].includes(first.status), Number(first.retryAfter) > 0]).toEqual([true, !isAnswered]);
    fail(null);
    await expect.poll(async () => (await once()).status, { timeout: 15_000, interval: 250 }).toBe(200);
    await deliver();
    const { id } = JSON.parse((await once()).text) as { id: string };
    expect((await send("GET", `/v1/executions/${id}`, key)).status).toBe(200);
    const list = JSON.parse((await send("GET", `/v1/executions?model=${model}`, key)).text) as {
      data: { id: string }[];
    };
    expect(list.data.map((each) => each.id)).toEqual([id]);
    expect(await callsOf(model)).toBe(1);
  });
});
