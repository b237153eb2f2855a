import { describe, expect, it } from "vitest";
import { batchStatus, isPoison, isSettled, retryDelay } from "../../../src/domain/batches/batch.ts";
import { AppError } from "../../../src/domain/errors.ts";
import { webhookDelay } from "../../../src/domain/webhooks/webhook-delay.ts";
import { webhookUrlFault } from "../../../src/domain/webhooks/webhook-url.ts";
import { createSlots } from "../../../src/lib/slots.ts";

const counts = (some: object) => ({ total: 3, queued: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0, ...some });

describe("a batch's status", () => {
  it("follows from the states of its items", () => {
    expect(batchStatus(counts({ queued: 3 }), false)).toBe("queued");
    expect(batchStatus(counts({ queued: 2, succeeded: 1 }), false)).toBe("running");
    expect(batchStatus(counts({ running: 1, failed: 2 }), false)).toBe("running");
    expect(batchStatus(counts({ succeeded: 1, failed: 2 }), false)).toBe("completed");
    expect(batchStatus(counts({ failed: 3 }), false)).toBe("failed");
    expect(batchStatus(counts({ running: 1, cancelled: 2 }), true)).toBe("cancelled");
    expect([isSettled(counts({ running: 1 })), isSettled(counts({ succeeded: 3 }))]).toEqual([false, true]);
  });
});

describe("a retry", () => {
  const overloaded = new AppError("provider_overloaded", "busy", { retryable: true });

  it("waits longer each time, happens at most four times, and never before the provider's retry-after", () => {
    expect([1, 2, 3, 4].map((failures) => retryDelay(overloaded, failures, 1))).toEqual([1_000, 4_000, 16_000, 64_000]);
    expect(retryDelay(overloaded, 1, 0)).toBe(500);
    expect(retryDelay(overloaded, 5, 1)).toBeNull();
    const told = new AppError("rate_limit_error", "slow down", { retryAfterMs: 30_000 });
    expect(retryDelay(told, 1, 0)).toBe(30_000);
    const absurd = new AppError("rate_limit_error", "slow down", { retryAfterMs: 1e12 });
    expect(retryDelay(absurd, 1, 0)).toBe(120_000);
  });

  it("is not made for an error that cannot pass, or after too many starts", () => {
    expect(retryDelay(new AppError("validation_error", "no"), 1, 1)).toBeNull();
    expect(retryDelay(new AppError("budget_exceeded", "no", { retryable: true }), 1, 1)).toBeNull();
    expect([isPoison(20), isPoison(21)]).toEqual([false, true]);
  });

  it("of a webhook happens eight times with growing waits, then never", () => {
    const waits = Array.from({ length: 9 }, (_, attempt) => webhookDelay(attempt + 1));
    expect(waits.at(-1)).toBeNull();
    expect(waits.slice(0, 8)).toEqual(waits.slice(0, 8).toSorted((a, b) => Number(a) - Number(b)));
  });
});

describe("the address of a webhook", () => {
  it("may be https with a public host name", () => {
    for (const good of [
      "https://hooks.acme.com/x?y=1",
      "https://acme.co.uk:8443/",
      "https://xn--bcher-kva.example.com/",
    ]) {
      expect(webhookUrlFault(good, [])).toBeNull();
    }
  });

  it("must not be an IP address in any spelling, a private name or plain http, unless its origin is allowed", () => {
    for (const bad of [
      "https://0x7f.1/",
      "https://[::ffff:10.0.0.1]/",
      "https://127.1/",
      "https://a.localhost./",
      "https://db/",
      "ftp://a.com/",
    ]) {
      expect(webhookUrlFault(bad, ["https://127.0.0.2"])).not.toBeNull();
    }
    expect(webhookUrlFault("http://127.0.0.1:8080/x", ["http://127.0.0.1:8080"])).toBeNull();
    expect(webhookUrlFault("http://127.0.0.1:8081/x", ["http://127.0.0.1:8080"])).not.toBeNull();
  });
});

describe("slots", () => {
  it("are taken in bulk, in the order of the waiting callers, and never more than exist", async () => {
    const slots = createSlots(6);
    expect(await slots.take()).toBe(6);
    const order: string[] = [];
    const second = slots.take().then((count) => order.push(`second ${count}`));
    const third = slots.take().then((count) => order.push(`third ${count}`));
    slots.release(2);
    await Promise.resolve();
    expect(order).toEqual([]);
    slots.release(1);
    await second;
    slots.release(3);
    await third;
    expect(order).toEqual(["second 3", "third 3"]);
  });
});
