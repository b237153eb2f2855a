import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { webhookDelay } from "../../src/domain/webhooks/webhook-delay.ts";
import type { WebhookEvent, WebhookEventType } from "../../src/domain/webhooks/webhook-event.ts";
import { items, openBatchWorld } from "../support/batch-world.ts";

const HOOK = "http://127.0.0.1:9/hook";
const DAY_MS = 86_400_000;

const event = (key: string, changes: Partial<WebhookEvent> = {}): WebhookEvent => ({
  type: "budget.alert",
  key,
  prompt: null,
  at: 1_795_000_000_000,
  data: { threshold: 0.5 },
  ...changes,
});

/** A world with a receiver that keeps what it gets and answers with `status`. */
async function openHookWorld(...events: WebhookEventType[]) {
  const opened = openBatchWorld();
  const { world, hooks } = opened;
  const received: { headers: Record<string, string>; body: string }[] = [];
  const receiver = { status: 204 };
  world.receive = async (request) => {
    received.push({ headers: Object.fromEntries(request.headers), body: await request.text() });
    return new Response(null, { status: receiver.status });
  };
  const put = { name: "ops", url: HOOK, events, prompts: null };
  const { secret } = await hooks.putWebhook(world.tenant, put);
  return { ...opened, received, receiver, put, secret: secret ?? "" };
}

describe("a tenant's webhook", () => {
  it("gets an event once, signed as Standard Webhooks says, however often it is raised and delivered", async () => {
    const { world, hooks, drain, received, secret } = await openHookWorld("budget.alert");
    world.now = Date.now();
    for (let twice = 0; twice < 2; twice++) await hooks.publishEvent(world.tenant, event("a"));
    const wakeUps = world.sent.slice();
    await drain();
    world.sent.push(...wakeUps);
    await drain();
    expect(received).toHaveLength(1);
    const [{ headers, body } = { headers: {}, body: "" }] = received;
    expect(new Webhook(secret).verify(body, headers)).toEqual({
      type: "budget.alert",
      timestamp: "2026-11-18T11:06:40.000Z",
      data: { threshold: 0.5 },
    });
    await hooks.publishEvent(world.tenant, event("b"));
    await drain();
    expect(received).toHaveLength(2);
  });

  it("is sent only what it asks for, and nothing of another tenant", async () => {
    const { world, hooks, drain, received } = await openHookWorld("label.moved");
    await hooks.publishEvent(world.tenant, event("a"));
    await hooks.publishEvent("ten_other", event("b", { type: "label.moved" }));
    await drain();
    expect(received).toEqual([]);
  });

  it("is tried again with growing waits under the same id, and given up in the end", async () => {
    const { world, hooks, drain, received, receiver } = await openHookWorld("budget.alert");
    receiver.status = 500;
    await hooks.publishEvent(world.tenant, event("a"));
    await drain();
    for (let attempt = 1; attempt <= 8; attempt++) {
      const wait = webhookDelay(attempt) ?? 0;
      world.now += wait - 1;
      await hooks.sweepEvents();
      await drain();
      expect(received).toHaveLength(attempt);
      world.now += 1;
      await hooks.sweepEvents();
      await drain();
    }
    expect(received).toHaveLength(9);
    expect(new Set(received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(world.errors.at(-1)).toContain("given up");
    receiver.status = 204;
    world.now += 10 * DAY_MS;
    await hooks.sweepEvents();
    await drain();
    expect(received).toHaveLength(9);
  });

  it("gets what waits with the address and the secret of now, and nothing once it is deleted", async () => {
    const { world, hooks, drain, received, receiver, put } = await openHookWorld("budget.alert");
    receiver.status = 503;
    await hooks.publishEvent(world.tenant, event("a"));
    await drain();
    const changed = await hooks.putWebhook(world.tenant, { ...put, url: `${HOOK}/new` });
    expect([changed.secret, changed.webhook.url]).toEqual([null, `${HOOK}/new`]);
    await hooks.deleteWebhook(world.tenant, "ops");
    world.now += 10 * 60_000;
    await hooks.sweepEvents();
    await drain();
    expect(received).toHaveLength(1);
    await expect(hooks.deleteWebhook(world.tenant, "ops")).rejects.toMatchObject({ status: 404 });
  });

  it("keeps its secret encrypted, and shows it once", async () => {
    const { world, hooks, put, secret } = await openHookWorld("budget.alert");
    expect(secret).toMatch(/^whsec_/);
    const [row] = await hooks.listWebhooks(world.tenant);
    expect(row?.secret).not.toContain(secret.slice(6));
    expect((await hooks.putWebhook(world.tenant, put)).secret).toBeNull();
  });

  it("is told of the end of a batch, with or without a webhook of the batch's own", async () => {
    const { world, accept, drain, get, received } = await openHookWorld("batch.completed");
    const { id } = await accept(items(3));
    await drain();
    expect(received.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([
      { type: "batch.completed", data: { id, status: "completed", prompt: "t", counts: { total: 3, succeeded: 3 } } },
    ]);
    expect((await get(id)).webhook_due_at).toBeNull();
    const own = await accept(items(1), { webhook: `${HOOK}/own` });
    await drain();
    expect(received).toHaveLength(3);
    expect(received.slice(1).map(({ body }) => JSON.parse(body) as unknown)).toEqual(
      expect.arrayContaining([expect.objectContaining({ data: expect.objectContaining({ id: own.id }) as unknown })]),
    );
    expect(world.errors).toEqual([]);
  });

  it("is woken on a queue of its own, so that receivers that hang hold no lane's consumers", async () => {
    const { world, hooks, services, accept, drain } = await openHookWorld("budget.alert", "batch.completed");
    const queues: string[] = [];
    const look = () =>
      queues.push(...world.sent.flatMap(({ lane, wakeUp }) => (wakeUp.type === "webhook" ? lane : [])));
    await hooks.publishEvent(world.tenant, event("a"));
    look();
    const { id } = await accept(items(1), { webhook: `${HOOK}/own` });
    await services.cancelBatch(world.tenant, id);
    look();
    world.sent = [];
    world.now += 10 * 60_000;
    await hooks.sweepEvents();
    await services.sweepBatches();
    look();
    expect(queues.length).toBeGreaterThanOrEqual(4);
    expect(new Set(queues)).toEqual(new Set(["webhooks"]));
    await drain();
  });

  it("says how the receiver takes a test, and does not repeat it", async () => {
    const { world, hooks, received, receiver } = await openHookWorld("budget.alert");
    expect(await hooks.testWebhook(world.tenant, "ops")).toEqual({ status: 204, fault: null });
    receiver.status = 500;
    expect(await hooks.testWebhook(world.tenant, "ops")).toEqual({ status: 500, fault: "status 500" });
    expect(received.map(({ body }) => (JSON.parse(body) as { type: string }).type)).toEqual([
      "webhook.test",
      "webhook.test",
    ]);
    expect(world.sent).toEqual([]);
  });
});
