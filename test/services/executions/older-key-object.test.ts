import { describe, expect, it } from "vitest";
import type { IdempotencyClaim, IdempotencyReply } from "../../../src/domain/executions/idempotency.ts";
import { createIdempotencyKeys } from "../../../src/services/executions/idempotency-keys.ts";
import { intentOf } from "../../support/intent.ts";

const LEASE_MS = 45_000;

/** A key whose object has the code of before claims had a claimant, as while a deploy is rolled out. */
async function grantOfOlderObject(clock: { now: number }) {
  let leaseUntil = 0;
  const older = {
    async claim({ execution_id, lease_ms }: IdempotencyClaim): Promise<IdempotencyReply> {
      if (leaseUntil > clock.now) return { kind: "busy", retry_after_ms: 1_000 };
      leaseUntil = clock.now + lease_ms;
      return { kind: "begin", token: 1, execution_id };
    },
    settle: async () => true,
    release: async () => undefined,
    handBack: async () => undefined,
  };
  const keys = createIdempotencyKeys({
    now: () => clock.now,
    objectOf: () => older,
    sleep: async () => undefined,
    onFault: () => undefined,
  });
  const begun = await keys.begin({ tenant_id: "ten", key: "k", request: {}, id: "exe_1", lease_ms: LEASE_MS });
  if ("result" in begun) throw new Error("A new key has no result.");
  return { begun, takeOver: () => void (leaseUntil = clock.now + LEASE_MS) };
}

describe("a key whose object has older code", () => {
  it("lets its worker start within its lease", async () => {
    const clock = { now: 1_795_000_000_000 };
    const { begun } = await grantOfOlderObject(clock);
    clock.now += LEASE_MS - 1;
    await expect(begun.start(intentOf("exe_1", clock.now))).resolves.toBeUndefined();
  });

  it("does not let it start after that, because another worker may have the key", async () => {
    const clock = { now: 1_795_000_000_000 };
    const { begun, takeOver } = await grantOfOlderObject(clock);
    clock.now += LEASE_MS;
    takeOver();
    await expect(begun.start(intentOf("exe_1", clock.now))).rejects.toMatchObject({ status: 409 });
  });
});
