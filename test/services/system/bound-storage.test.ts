import { describe, expect, it } from "vitest";
import { boundStorage } from "../../../src/deps/storage-bindings.ts";
import { FIRST_SHARDS } from "../../../src/domain/shard.ts";

/** Bindings with one gate, whose methods answer when a test says so. */
function boundGate(timeoutMs: number) {
  const [asked, told] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const stub = { acquire: async () => asked.promise, settle: async () => told.promise };
  const shards = Object.fromEntries(FIRST_SHARDS.map((name) => [name, { prepare: () => undefined }]));
  const bindings = { ...shards, PROVIDER_GATE: { getByName: () => stub } } as unknown as Env;
  const { PROVIDER_GATE } = boundStorage(bindings, timeoutMs);
  return { gate: PROVIDER_GATE.getByName("ten_1/openai") as unknown as typeof stub, asked };
}

describe("a call to a Durable Object", () => {
  it("ends with a storage outage where the object is silent", async () => {
    await expect(boundGate(1).gate.settle()).rejects.toThrow("PROVIDER_GATE: There was no answer within 1 ms.");
  });

  it("may last as long as the gate keeps it, and as long as an answer may take beyond that", async () => {
    const { gate, asked } = boundGate(1);
    const acquired = gate.acquire();
    await expect(gate.settle()).rejects.toThrow("no answer");
    asked.resolve("leases");
    await expect(acquired).resolves.toBe("leases");
  });
});
