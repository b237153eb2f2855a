import { describe, expect, it } from "vitest";
import { jittered, type CacheTier, tolerant } from "../../src/cache/tier.ts";

const never = new Promise<never>(() => undefined);

function over(tier: Partial<CacheTier>) {
  const faults: string[] = [];
  const whole: CacheTier = {
    name: "edge",
    get: async () => undefined,
    put: async () => undefined,
    ...tier,
  };
  const onFault = (name: string, error: unknown) => void faults.push(`${name}: ${(error as Error).message}`);
  return { faults, tier: tolerant(whole, { timeoutMs: 1, onFault }) };
}

describe("a tolerant tier", () => {
  it("treats a fault as a miss and reports it", async () => {
    const { faults, tier } = over({ get: async () => Promise.reject(new Error("down")) });
    expect(await tier.get("k")).toBeUndefined();
    expect(faults).toEqual(["edge: down"]);
  });

  it("does not wait for a slow tier", async () => {
    const { faults, tier } = over({ get: async () => never });
    expect(await tier.get("k")).toBeUndefined();
    expect(faults).toEqual(["edge: took over 1 ms"]);
  });

  it("never fails a write", async () => {
    const down = async () => Promise.reject(new Error("full"));
    const { faults, tier } = over({ put: down });
    await tier.put("k", { value: 1, at: 0 }, 60);
    expect(faults).toEqual(["edge: full"]);
  });
});

describe("a jittered life", () => {
  it("is shorter by up to a tenth, and never longer", () => {
    expect([jittered(1_000, 0), jittered(1_000, 0.5), jittered(Infinity, 0.9)]).toEqual([1_000, 950, Infinity]);
    expect(jittered(1_000, 0.999)).toBeGreaterThan(899);
  });
});
