import { describe, expect, it } from "vitest";
import { UnusableAnswer } from "../../src/domain/completions/unusable-answer.ts";
import { AppError } from "../../src/domain/errors.ts";
import type { BatchLineResult, BatchProvider } from "../../src/providers/batch-provider.ts";
import { BatchClaims } from "../../src/storage/batches/claims.ts";
import { ProviderBatchStore } from "../../src/storage/batches/provider-batches.ts";
import { call } from "../support/api.ts";
import { openRunner, openRunnerWith, openTenant, submissions } from "../support/provider-batches.ts";
import { shards } from "../support/shards.ts";

const TEXTS = ["one", "two", "three"];
const HOUR_MS = 3_600_000;
const claims = new BatchClaims(shards);

/** The items of a batch that the queue can claim. */
async function claimed(tenant: { id: string }, batchId: string, now: number) {
  const key = { tenant_id: tenant.id, batch_id: batchId, group: 0 };
  return claims.claim(key, { token: "the queue's", now, until: now + 60_000, limit: 100 });
}

/** A store that fails once, where a row is to be ended. */
class CannotEnd extends ProviderBatchStore {
  #hasFailed = false;

  override async update(...[row, change]: Parameters<ProviderBatchStore["update"]>): Promise<boolean> {
    if (change.state === "ended" && !this.#hasFailed) {
      this.#hasFailed = true;
      throw new Error("The shard does not answer.");
    }
    return super.update(row, change);
  }
}

/** Results without that of the first item. */
function withoutFirst(openai: BatchProvider): BatchProvider["results"] {
  return async function* known(...of) {
    for await (const result of openai.results(...of)) {
      if (result.type !== "unreadable" && !result.custom_id.endsWith("-0")) yield result;
    }
  };
}

describe("what a provider's batch may have executed without telling", () => {
  it("is made again only after a run that vanished, and keeps no other result back", async () => {
    const tenant = await openTenant("openai");
    const error = new AppError("provider_error", "a line that is not JSON");
    const { tick, clock } = openRunnerWith((openai) => ({
      async *results(...of): AsyncGenerator<BatchLineResult> {
        for await (const result of openai.results(...of)) {
          const position = result.type === "unreadable" ? -1 : Number(result.custom_id.split("-")[1]);
          if (position === 0) yield { type: "unreadable", error };
          else if (position === 2)
            yield { custom_id: result.type === "unreadable" ? "" : result.custom_id, type: "expired" };
          else yield result;
        }
      },
    }));
    const id = await tenant.accept(TEXTS);
    await tick();
    clock.now += 60_000;
    await tick();
    expect(await tenant.get(id)).toMatchObject({ counts: { succeeded: 1 } });
    const items = await claimed(tenant, id, clock.now);
    expect(items.map(({ position, vanished }) => [position, vanished])).toEqual([
      [0, true],
      [2, false],
    ]);
  });

  it("counts as a run that vanished, too, where the provider does not answer for a day", async () => {
    const tenant = await openTenant("openai");
    const silent = new AppError("timeout", "No answer.", { retryable: true });
    const { tick, clock } = openRunnerWith(() => ({ poll: async () => Promise.reject(silent) }));
    const id = await tenant.accept(TEXTS, { max_cost_usd: 1 });
    await tick();
    clock.now += 26 * HOUR_MS + 1;
    await tick();
    const items = await claimed(tenant, id, clock.now);
    expect(items).toHaveLength(3);
    for (const { vanished, reserved_nanousd } of items) {
      expect(vanished).toBe(true);
      expect(reserved_nanousd).toBeGreaterThan(0);
    }
  });

  it("does not hold what did not fit into a submission whose response was lost", async () => {
    const tenant = await openTenant("openai");
    let isLost = true;
    const { tickUntil } = openRunner(({ providers }) => ({
      maxSize: 1,
      providers: {
        ...providers,
        openai: {
          ...providers.openai,
          async submit(...of) {
            const id = await providers.openai.submit(...of);
            if (!isLost) return id;
            isLost = false;
            throw new AppError("provider_error", "The connection was lost.", { retryable: true });
          },
        },
      },
    }));
    const id = await tenant.accept(TEXTS);
    await tickUntil(async () => (await tenant.get(id))["status"] === "completed");
    expect(await tenant.get(id)).toMatchObject({ counts: { succeeded: 3 } });
    expect(submissions(await tenant.calls())).toBe(3);
  });

  it("is paid where it told the tokens of an answer that cannot be used", async () => {
    const tenant = await openTenant("openai");
    const { key } = tenant;
    await call("PUT", "/v1/budgets/tenant", { key, json: { daily_usd: 1 } });
    const usage = { prompt_tokens: 1_000_000, completion_tokens: 0, total_tokens: 1_000_000 };
    const error = new UnusableAnswer(new AppError("provider_error", "A completion without a message."), {
      usage,
      model: "gpt-4o-mini",
    });
    const { tick, clock } = openRunnerWith((openai) => ({
      async *results(...of): AsyncGenerator<BatchLineResult> {
        for await (const result of openai.results(...of)) {
          if (result.type === "unreadable") yield result;
          else yield { custom_id: result.custom_id, type: "error", error };
        }
      },
    }));
    const id = await tenant.accept(["one"]);
    await tick();
    clock.now += 60_000;
    await tick();
    // Half of $0.15 a million.
    expect(await tenant.get(id)).toMatchObject({ counts: { failed: 1 }, cost_usd: 0.075 });
    const { data } = (await call<{ data: object[] }>("GET", "/v1/budgets", { key })).json;
    expect(data[0]).toMatchObject({ spent_usd: 0.075, reserved_usd: 0 });
  });

  it("counts at its worst in the budgets, also where the row of the batch could not be ended", async () => {
    const tenant = await openTenant("openai");
    const { key } = tenant;
    await call("PUT", "/v1/budgets/tenant", { key, json: { daily_usd: 1 } });
    const { tick, clock } = openRunner(({ providers }) => ({
      store: new CannotEnd(shards),
      providers: { ...providers, openai: { ...providers.openai, results: withoutFirst(providers.openai) } },
    }));
    const id = await tenant.accept(TEXTS);
    await tick();
    clock.now += 60_000;
    await tick();
    expect(await claimed(tenant, id, clock.now)).toHaveLength(1);
    clock.now += 600_000;
    await tick();
    const { data } = (
      await call<{ data: Array<{ spent_usd: number; reserved_usd: number }> }>("GET", "/v1/budgets", { key })
    ).json;
    const { spent_usd = 0, reserved_usd } = data[0] ?? {};
    expect(reserved_usd).toBe(0);
    expect(spent_usd).toBeGreaterThan(0.000_06);
    expect(spent_usd).toBeLessThan(0.000_12);
  });

  it("is looked for again where the provider refuses to be searched", async () => {
    const tenant = await openTenant("openai");
    let isRefused = true;
    const { tick, clock, tickUntil } = openRunnerWith((openai) => ({
      async submit(...of) {
        await openai.submit(...of);
        throw new AppError("provider_error", "The connection was lost.", { retryable: true });
      },
      find: async (...of) => {
        if (isRefused) throw new AppError("provider_error", "The key is refused.");
        return openai.find(...of);
      },
    }));
    const id = await tenant.accept(TEXTS);
    for (let ticks = 0; ticks < 3; ticks += 1) {
      await tick();
      clock.now += HOUR_MS;
    }
    expect(await tenant.get(id)).toMatchObject({ counts: { running: 3 } });
    isRefused = false;
    await tickUntil(async () => (await tenant.get(id))["status"] === "completed");
    expect(submissions(await tenant.calls())).toBe(1);
  });

  it.each([
    ["all items", 1_000_000],
    ["those that fit", 1],
  ])("is not submitted again while a submission of %s is on its way", async (_of, maxSize) => {
    const tenant = await openTenant("openai");
    const other = openRunner();
    const { tick, clock } = openRunner(({ providers }) => ({
      maxSize,
      providers: {
        ...providers,
        openai: {
          ...providers.openai,
          async submit(...of) {
            const id = await providers.openai.submit(...of);
            // The response takes longer than a claim lasts, and another worker looks for work.
            other.clock.now = clock.now + 400_000;
            await other.tick();
            return id;
          },
        },
      },
    }));
    const id = await tenant.accept(TEXTS);
    await tick();
    const listed = (await tenant.calls()).filter(({ path }) => path.endsWith("/batches"));
    expect(listed).toHaveLength(1);
    await call("POST", `/v1/batches/${id}/cancel`, { key: tenant.key });
  });
});
