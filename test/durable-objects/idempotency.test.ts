import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { intentOf } from "../support/intent.ts";

const wanted = { fingerprint: "f", execution_id: "exe_1", lease_ms: 60_000 };

function stubOf(name: string) {
  return env.IDEMPOTENCY.getByName(`ten/${name}`);
}

describe("the object of an idempotency key", () => {
  it("keeps a result of any length over an eviction", async () => {
    const stub = stubOf("long");
    const result = JSON.stringify({ text: "ü🧵".repeat(700_000) });
    const claimed = await stub.claim(wanted);
    expect(claimed.kind).toBe("begin");
    expect(await stub.settle(1, "done", result)).toBe(true);
    await evictDurableObject(stub);
    const again = await stub.claim({ ...wanted, execution_id: "exe_2" });
    expect(again.kind === "replay" && again.result === result).toBe(true);
  });

  it("keeps its lease over an eviction", async () => {
    const stub = stubOf("lease");
    await stub.claim(wanted);
    await evictDurableObject(stub);
    expect((await stub.claim({ ...wanted, execution_id: "exe_2" })).kind).toBe("busy");
  });

  it("keeps over an eviction what its worker is about to spend money on, and its alarm", async () => {
    const stub = stubOf("intent");
    const intent = intentOf("exe_1", Date.now());
    await stub.claim(wanted);
    await stub.claim({ ...wanted, intent });
    await evictDurableObject(stub);
    await stub.handBack(1, "exe_1");
    expect(await stub.claim({ ...wanted, execution_id: "exe_2" })).toMatchObject({ kind: "unknown", intent });
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect((await stub.claim(wanted)).kind).toBe("begin");
  });

  it("takes a repeated settlement of one worker, and none of a worker of an earlier life", async () => {
    const stub = stubOf("again");
    await stub.claim({ ...wanted, execution_id: "exe_0" });
    await stub.release(1, "exe_0");
    await stub.claim(wanted);
    await stub.release(1, "exe_0");
    expect(await stub.settle(1, "done", "late", "exe_0")).toBe(false);
    expect(await stub.settle(1, "done", "{}", "exe_1")).toBe(true);
    expect(await stub.settle(1, "done", "{}", "exe_1")).toBe(true);
    expect(await stub.claim({ ...wanted, execution_id: "exe_2" })).toEqual({ kind: "replay", result: "{}" });
  });

  it("passes on at once, under the same id, what its worker handed back", async () => {
    const stub = stubOf("back");
    await stub.claim(wanted);
    await stub.handBack(1, "exe_1");
    const next = await stub.claim({ ...wanted, execution_id: "exe_2" });
    expect(next).toEqual({ kind: "unknown", token: 2, execution_id: "exe_1" });
  });

  it("lets only one of several concurrent claims begin", async () => {
    const stub = stubOf("race");
    const claims = ["exe_1", "exe_2", "exe_3"].map(async (execution_id) => stub.claim({ ...wanted, execution_id }));
    const kinds = (await Promise.all(claims)).map(({ kind }) => kind);
    expect(kinds.toSorted()).toEqual(["begin", "busy", "busy"]);
  });

  it("forgets a released claim, and everything after its lifetime", async () => {
    const stub = stubOf("free");
    await stub.claim(wanted);
    await stub.release(1);
    expect((await stub.claim({ ...wanted, fingerprint: "g" })).kind).toBe("begin");
    await stub.settle(1, "done", "{}");
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect((await stub.claim(wanted)).kind).toBe("begin");
  });
});
