import { describe, expect, it } from "vitest";
import { AppError } from "../../src/domain/errors.ts";
import { items, openBatchWorld } from "../support/batch-world.ts";

/** A world whose tenant may have so many bytes open. */
function open(mostOpenBytes: number) {
  const opened = openBatchWorld({ mostOpenBytes });
  const { world, services } = opened;
  return {
    ...opened,
    acceptExecution: async (n: number) =>
      services.acceptExecution({
        tenant_id: world.tenant,
        key_id: "key_x",
        lane: "standard",
        variables: { n },
        options: {
          prompt: { name: "t" },
          parameters: {},
          cache_control: { no_store: false, no_cache: false, only_if_cached: false },
        },
      }),
  };
}

const FULL = {
  code: "rate_limit_error",
  status: 429,
  retryAfterMs: 60_000,
  detail: expect.stringContaining("000 bytes"),
};

describe("a tenant that has accepted all it may have open", () => {
  it("is refused more with a 429, until something has ended", async () => {
    const { accept, acceptExecution, drain, world } = open(1_000);
    await acceptExecution(1);
    await expect(acceptExecution(2)).rejects.toMatchObject(FULL);
    await expect(accept(items(1))).rejects.toMatchObject(FULL);
    await drain();
    expect(world.calls).toHaveLength(1);
    await accept(items(1));
    await drain();
    await acceptExecution(3);
  });

  it("has nothing left of an upload that came beyond it", async () => {
    const { accept, get, drain } = open(3_000);
    const { id } = await accept(items(2));
    await expect(accept(items(5))).rejects.toMatchObject(FULL);
    await accept(items(2));
    await drain();
    expect((await get(id)).counts.succeeded).toBe(2);
  });

  it("counts a batch that is redriven until it ends again, and one that is cancelled no more", async () => {
    const { world, services, accept, acceptExecution, drain } = open(3_000);
    world.before = async () => new AppError("provider_error", "no");
    const { id } = await accept(items(5));
    await expect(acceptExecution(0)).rejects.toMatchObject(FULL);
    await drain();
    await accept(items(1));
    await drain();
    await services.redriveBatch(world.tenant, id);
    await expect(accept(items(1))).rejects.toMatchObject(FULL);
    await services.cancelBatch(world.tenant, id);
    await accept(items(1));
  });
});
