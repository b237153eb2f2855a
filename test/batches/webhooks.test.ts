import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { AppError } from "../../src/domain/errors.ts";
import { gate, items, openBatchWorld } from "../support/batch-world.ts";

const HOOK = "http://127.0.0.1:9/hook";

function headersOf(request: Request | undefined): Record<string, string> {
  return Object.fromEntries(request?.headers ?? []);
}

describe("a batch's webhook", () => {
  it("reports the end once, with a signature that the Standard Webhooks package verifies with this secret only", async () => {
    const { world, accept, drain, get } = openBatchWorld();
    const received: Array<{ request: Request; body: string }> = [];
    world.receive = async (request) => {
      received.push({ request, body: await request.text() });
      return new Response(null, { status: 204 });
    };
    // The package refuses a timestamp far from its own clock.
    world.now = Date.now();
    const { id, secret } = await accept(items(60), { webhook: HOOK });
    expect(secret).toMatch(/^whsec_/);
    await drain();
    expect(received).toHaveLength(1);
    const [{ request, body } = { request: undefined, body: "" }] = received;
    expect(new Webhook(secret ?? "").verify(body, headersOf(request))).toEqual({
      type: "batch.completed",
      timestamp: new Date((await get(id)).ended_at ?? 0).toISOString(),
      data: { id, status: "completed", counts: (await get(id)).counts, cost_usd: 0.00006 },
    });
    const other = await accept(items(1), { webhook: HOOK });
    expect(() => new Webhook(other.secret ?? "").verify(body, headersOf(request))).toThrow("signature");
    expect((await get(id)).webhook_secret).not.toContain(secret?.slice(6));
  });

  it("is retried with growing waits and under the same id until the receiver takes it", async () => {
    const { world, services, accept, drain, get } = openBatchWorld();
    const ids: Array<string | null> = [];
    world.receive = async (request) => {
      ids.push(request.headers.get("webhook-id"));
      if (ids.length === 1) throw new TypeError("connection refused");
      return new Response(null, { status: ids.length === 2 ? 302 : 200 });
    };
    const { id } = await accept(items(1), { webhook: HOOK });
    await drain();
    const waits: number[] = [];
    for (let due = (await get(id)).webhook_due_at; due !== null; due = (await get(id)).webhook_due_at) {
      waits.push(due - world.now);
      world.now = due;
      await services.sweepBatches();
      world.sent = world.sent.filter(({ wakeUp }) => wakeUp.batch_id === id);
      await drain();
    }
    expect(waits).toEqual([5_000, 300_000]);
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(1);
    expect(world.errors).toHaveLength(2);
  });

  it("is sent once by concurrent consumers", async () => {
    const { world, accept, deliver, drain } = openBatchWorld();
    let sent = 0;
    world.receive = async () => {
      sent += 1;
      return new Response();
    };
    const { id } = await accept(items(1), { webhook: HOOK });
    const group = world.sent.splice(0);
    await deliver(group);
    const wakeUp = { type: "webhook" as const, tenant_id: world.tenant, batch_id: id };
    await Promise.all(Array.from({ length: 4 }, async () => deliver([{ lane: "batch", wakeUp }])));
    await drain();
    expect(sent).toBe(1);
  });

  it("is sent for the end after a redrive, though the delivery of the first end takes longer than that", async () => {
    const { world, services, accept, deliver, drain, get } = openBatchWorld();
    const held = gate();
    const counts: Array<{ failed: number; succeeded: number }> = [];
    world.receive = async (request) => {
      const { data } = await request.json<{ data: { counts: (typeof counts)[0] } }>();
      counts.push(data.counts);
      if (counts.length === 1) await held.opened;
      return new Response(null, { status: 204 });
    };
    world.before = async () => new AppError("provider_error", "no");
    const { id } = await accept(items(1), { webhook: HOOK });
    await deliver(world.sent.splice(0));
    const first = deliver(world.sent.splice(0));
    while (counts.length === 0) await get(id);
    world.before = async () => undefined;
    world.now += 1_000;
    await services.redriveBatch(world.tenant, id);
    await deliver(world.sent.splice(0));
    held.open();
    await first;
    await drain();
    expect(counts).toMatchObject([{ failed: 1 }, { failed: 0, succeeded: 1 }]);
    expect((await get(id)).webhook_due_at).toBeNull();
  });

  it("is refused for an address that is not https and public, unless the deployment allows its origin", async () => {
    const { accept } = openBatchWorld();
    const refused = [
      "http://hooks.acme.com/x",
      "https://127.0.0.1/x",
      "https://[::1]/x",
      "https://2130706433/x",
      "https://localhost/x",
      "https://metadata.google.internal/x",
      "https://intranet/x",
      "https://user:pass@hooks.acme.com/x",
      "http://127.0.0.1:10/hook",
      "nonsense",
    ];
    for (const webhook of refused) {
      await expect(accept(items(1), { webhook })).rejects.toMatchObject({ errors: [{ path: "webhook.url" }] });
    }
    expect((await accept(items(1), { webhook: "https://hooks.acme.com/x" })).secret).not.toBeNull();
  });
});
