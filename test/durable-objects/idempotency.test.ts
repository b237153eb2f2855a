import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

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
    expect((await stub.claim(wanted)).kind).toBe("busy");
  });

  it("lets only one of several concurrent claims begin", async () => {
    const stub = stubOf("race");
    const kinds = (await Promise.all([stub.claim(wanted), stub.claim(wanted), stub.claim(wanted)])).map(
      ({ kind }) => kind,
    );
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
