import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { KeyCheck } from "../../src/domain/batches/wake-up.ts";
import worker from "../../src/index.ts";
import { call, newTenant, yamlPrompt } from "../support/api.ts";

interface Breaker {
  model: string;
  state: string;
  passes: number;
  check_in_ms: number | null;
}

/** The checks that gates queued, and their delays. */
const queued: { check: KeyCheck; delaySeconds: number | undefined }[] = [];

beforeEach(() => {
  queued.length = 0;
  const queue = Object.getPrototypeOf(env.HIGH_QUEUE) as Queue<KeyCheck>;
  vi.spyOn(queue, "send").mockImplementation(async (check, options) => {
    queued.push({ check, delaySeconds: options?.delaySeconds });
    return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** How many checks the provider got with this key. */
async function checksOf(secret: string): Promise<number> {
  const { checks } = await (await fetch(`${env.MOCK_URL}/__mock/stats`)).json<{ checks: Record<string, number> }>();
  return checks[secret] ?? 0;
}

/** Delivers checks as the queue does, and returns the ids that were acknowledged. */
async function deliver(...checks: (KeyCheck | undefined)[]) {
  const messages = checks.flatMap((body, index) =>
    body ? [{ id: `m${index}`, timestamp: new Date(), attempts: 1, body }] : [],
  );
  const batch = createMessageBatch<KeyCheck>("pbt-edge-executions-high", messages);
  await worker.queue(batch, env);
  return (await getQueueResult(batch, createExecutionContext())).explicitAcks;
}

/**
 * A tenant with one key whose breaker is open, because the provider answered three calls with 500.
 * Later calls succeed.
 */
async function tenantWithOpenBreaker() {
  const { id, key } = await newTenant();
  await call("PUT", "/v1/prompts/greet", { key, yaml: yamlPrompt("greet") });
  const secret = `sk-of-the-checks-${crypto.randomUUID()}`;
  await call("PUT", "/v1/providers/openai/keys/own", { key, json: { api_key: secret } });
  const execute = async (who: string = crypto.randomUUID()) =>
    (await call("POST", "/v1/executions", { key, json: { prompt: "greet", variables: { who } } })).status;
  const breaker = async () => {
    const { json } = await call<{ data: { provider: string; keys: { breakers: Breaker[] }[] }[] }>("GET", "/v1/gate", {
      key,
    });
    return json.data.find(({ provider }) => provider === "openai")?.keys[0]?.breakers[0];
  };
  for (let each = 0; each < 3 && queued.length === 0; each++) await execute('[[mock:{"status":500}]]');
  await expect.poll(() => queued.length).toBe(1);
  return { id, key, secret, execute, breaker };
}

describe("a key whose provider fails", () => {
  it("is checked through the queue until two checks pass, and the next call closes its breaker", async () => {
    const { id, secret, execute, breaker } = await tenantWithOpenBreaker();
    expect(queued[0]).toMatchObject({
      check: { type: "check", tenant_id: id, provider: "openai", key: "own", model: "gpt-4o-mini" },
      delaySeconds: 5,
    });
    expect(JSON.stringify(queued)).not.toContain(secret);
    expect(await execute()).toBe(503);
    expect(await breaker()).toMatchObject({ model: "gpt-4o-mini", state: "open", passes: 0 });
    expect(await deliver(queued[0]?.check)).toEqual(["m0"]);
    expect(await breaker()).toMatchObject({ state: "open", passes: 1 });
    await deliver(queued[1]?.check);
    expect(await breaker()).toMatchObject({ state: "half_open", passes: 1, check_in_ms: null });
    expect([queued.length, await checksOf(secret)]).toEqual([2, 2]);
    expect(await execute()).toBe(200);
    await expect.poll(async () => (await breaker())?.state, { timeout: 10_000 }).toBe("closed");
  });

  it("is not checked more often where messages are delivered twice", async () => {
    const { breaker } = await tenantWithOpenBreaker();
    const first = queued[0]?.check;
    expect(await deliver(first, first, first)).toEqual(["m0", "m1", "m2"]);
    await deliver(first);
    await expect.poll(() => queued.length).toBe(2);
    expect(await breaker()).toMatchObject({ state: "open", passes: 1 });
  });

  it("is not checked after it was removed", async () => {
    const { key, secret } = await tenantWithOpenBreaker();
    await call("DELETE", "/v1/providers/openai/keys/own", { key });
    expect(await deliver(queued[0]?.check)).toEqual(["m0"]);
    expect([await checksOf(secret), queued.length]).toEqual([0, 1]);
  });

  it("answers its callers where the queue refuses a check, and logs one line", async () => {
    const lines = vi.spyOn(console, "error").mockReturnValue();
    const { key, execute, breaker, secret } = await tenantWithOpenBreaker();
    const queue = Object.getPrototypeOf(env.HIGH_QUEUE) as Queue<KeyCheck>;
    vi.spyOn(queue, "send").mockRejectedValue(new Error("the queue is down"));
    await deliver(queued[0]?.check);
    expect(await breaker()).toMatchObject({ state: "open" });
    expect(await execute()).toBe(503);
    const logged = lines.mock.calls.flat().filter((line) => String(line).includes("check_unsent"));
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain("the queue is down");
    expect(`${String(logged[0])}${key}`).not.toContain(secret);
  });
});
