import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { IdempotencyState } from "../../src/domain/executions/idempotency.ts";
import { newId } from "../../src/domain/id.ts";
import { intentOf } from "../support/intent.ts";
import { call, newTenant, yamlPrompt } from "../support/api.ts";

interface Executed {
  id: string;
  output: string;
  code?: string;
}

async function withPrompt() {
  const { id: tenant, key } = await newTenant();
  await call("PUT", "/v1/prompts/greet", { key, yaml: yamlPrompt("greet") });
  const execute = async (idempotencyKey: string, json: Record<string, unknown> = {}) =>
    call<Executed>("POST", "/v1/executions", {
      key,
      json: { prompt: "greet", variables: { who: "Ada" }, ...json },
      headers: { "idempotency-key": idempotencyKey },
    });
  return { tenant, key, execute };
}

describe("the Idempotency-Key of an execution", () => {
  it("gives the first result again, and the execution is recorded once", async () => {
    const { key, execute } = await withPrompt();
    const first = await execute("order-1");
    const again = await execute("order-1");
    expect([first.headers.get("idempotent-replayed"), again.headers.get("idempotent-replayed")]).toEqual([
      null,
      "true",
    ]);
    expect(again.json).toEqual(first.json);
    expect(again.headers.get("x-pbt-execution-id")).toBe(first.json.id);
    const list = await call<{ data: Executed[] }>("GET", "/v1/executions", { key });
    expect(list.json.data.map(({ id }) => id)).toEqual([first.json.id]);
  });

  it("gives it again with other headers: the body alone makes a request the same", async () => {
    const { key } = await withPrompt();
    const execute = async (cacheControl: string) =>
      call<Executed>("POST", "/v1/executions", {
        key,
        json: { prompt: "greet", variables: { who: "Ada" } },
        headers: { "idempotency-key": "order-1", "cache-control": cacheControl },
      });
    const first = await execute("no-store");
    expect((await execute("no-cache")).json).toEqual(first.json);
  });

  it("replays a stream as a stream", async () => {
    const { execute } = await withPrompt();
    const first = await execute("order-2", { stream: true });
    const again = await execute("order-2", { stream: true });
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    const end = (text: string) => text.slice(text.indexOf("event: done"));
    expect(end(again.text)).toBe(end(first.text));
    expect(again.text.slice(0, again.text.indexOf("event: delta"))).toBe(
      first.text.slice(0, first.text.indexOf("event: delta")),
    );
  });

  it("answers 422 to another request under the same key, and 409 while the first runs", async () => {
    const { execute } = await withPrompt();
    const slow = { variables: { who: '[[mock:{"delay_ms":300}]]' } };
    const [one, two] = await Promise.all([execute("order-3", slow), execute("order-3", slow)]);
    const statuses = [one.status, two.status].toSorted((a, b) => a - b);
    expect(statuses).toEqual([200, 409]);
    const busy = one.status === 409 ? one : two;
    expect([busy.json.code, busy.headers.get("retry-after")]).toEqual(["conflict", "1"]);
    const other = await execute("order-3", { variables: { who: "Bob" } });
    expect([other.status, other.json]).toMatchObject([422, { errors: [{ path: "idempotency-key" }] }]);
  });

  it("is not used up by invalid input: the corrected request may use it", async () => {
    const { execute } = await withPrompt();
    expect((await execute("order-4", { variables: {} })).status).toBe(422);
    const corrected = await execute("order-4", { variables: { who: "Ada" } });
    expect([corrected.status, corrected.headers.get("idempotent-replayed")]).toEqual([200, null]);
  });

  it("replays a failure with its status, marked as a replay", async () => {
    const { execute } = await withPrompt();
    const failing = { variables: { who: '[[mock:{"status":400}]]' } };
    const first = await execute("order-5", failing);
    const again = await execute("order-5", failing);
    expect([first.status, again.status, again.headers.get("idempotent-replayed")]).toEqual([502, 502, "true"]);
    expect(again.json).toMatchObject({ code: "provider_error" });
  });

  it("tells that the end of a vanished first execution is not known, and executes nothing", async () => {
    const { tenant, key, execute } = await withPrompt();
    const first = await execute("order-6");
    const id = newId("exe", Date.now());
    await runInDurableObject(env.IDEMPOTENCY.getByName(`${tenant}/order-6`), async (_object, { storage }) => {
      const state = await storage.get<IdempotencyState>("state");
      const vanished = { status: "in_progress", execution_id: id, lease_until: 0, intent: intentOf(id, Date.now()) };
      await storage.put("state", { ...state, ...vanished });
    });
    const second = await execute("order-6");
    expect([second.status, second.headers.get("idempotent-replayed")]).toEqual([500, "true"]);
    expect(second.headers.get("x-pbt-execution-id")).toBe(id);
    const detail = expect.stringContaining("With another key the request is executed again.") as string;
    expect(second.json).toMatchObject({ code: "internal_error", detail });
    const list = await call<{ data: Executed[] }>("GET", "/v1/executions", { key });
    expect(list.json.data).toMatchObject([{ id, status: "unknown" }, { id: first.json.id }]);
  });

  it.each(["a b", "ü", "x".repeat(256)])("is refused as %j, with the header named", async (badKey) => {
    const { execute } = await withPrompt();
    expect((await execute(badKey)).json).toMatchObject({ errors: [{ path: "idempotency-key" }] });
  });
});

describe("the Idempotency-Key of asynchronous work", () => {
  it("accepts an asynchronous execution once", async () => {
    const { execute } = await withPrompt();
    const first = await execute("later-1", { async: true });
    const again = await execute("later-1", { async: true });
    expect([first.status, again.status, again.headers.get("idempotent-replayed")]).toEqual([202, 202, "true"]);
    expect(again.json).toEqual(first.json);
    expect(again.headers.get("location")).toBe(`/v1/executions/${first.json.id}`);
    expect((await execute("later-1")).status).toBe(422);
  });

  it("accepts a batch once, and refuses another batch under the same key", async () => {
    const { key } = await withPrompt();
    const items = [{ variables: { who: "Ada" } }, { variables: { who: "Bob" } }];
    const send = async (json: object, idempotencyKey = "batch-1") =>
      call<Executed>("POST", "/v1/batches", { key, json, headers: { "idempotency-key": idempotencyKey } });
    const first = await send({ prompt: "greet", items });
    const again = await send({ prompt: "greet", items });
    expect([first.status, again.status, again.headers.get("idempotent-replayed")]).toEqual([202, 202, "true"]);
    expect(again.json).toEqual(first.json);
    for (const other of [
      { prompt: "greet", items: items.toReversed() },
      { prompt: "greet", items, version: 1 },
    ]) {
      expect((await send(other)).json).toMatchObject({ errors: [{ path: "idempotency-key" }] });
    }
    expect((await send({ prompt: "none", items }, "batch-2")).status).toBe(404);
    const corrected = await send({ prompt: "greet", items }, "batch-2");
    expect([corrected.status, corrected.json.id === first.json.id]).toEqual([202, false]);
  });
});
