import { describe, expect, it } from "vitest";
import { ProviderBatchStore } from "../../src/storage/batches/provider-batches.ts";
import { call } from "../support/api.ts";
import { openRunner, openRunnerWith, openTenant, submissions } from "../support/provider-batches.ts";
import { shards } from "../support/shards.ts";

const HOUR_MS = 3_600_000;

/** A store that counts how often a provider batch is opened. */
class CountsOpenings extends ProviderBatchStore {
  opened = 0;

  override async open(...of: Parameters<ProviderBatchStore["open"]>): Promise<number> {
    this.opened += 1;
    return super.open(...of);
  }
}

describe("items for a provider's batch that wait for money which may come back", () => {
  it("are not taken anew with every tick", async () => {
    const tenant = await openTenant("openai");
    const { key } = tenant;
    await call("PUT", "/v1/budgets/tenant", { key, json: { daily_usd: 0.000_1 } });
    const store = new CountsOpenings(shards);
    const { tick, clock } = openRunner(() => ({ store }));
    await tenant.accept(["first"]);
    await tick();
    const waiting = await tenant.accept(["second"]);
    for (let ticks = 0; ticks < 10; ticks += 1) await tick();
    expect(store.opened).toBe(2);
    expect(await tenant.get(waiting)).toMatchObject({ counts: { running: 1 } });
    for (let ticks = 0; ticks < 6; ticks += 1) {
      clock.now += 60_000;
      await tick();
    }
    expect(await tenant.get(waiting)).toMatchObject({ status: "completed", counts: { succeeded: 1 } });
  });

  it("are taken anew every hour, so that their batch has a day at the provider in the end", async () => {
    const tenant = await openTenant("openai");
    const { key } = tenant;
    await call("PUT", "/v1/budgets/tenant", { key, json: { daily_usd: 0.000_1 } });
    const sent: string[] = [];
    const cancelled: string[] = [];
    let isFirstOver = false;
    const { tick, clock } = openRunnerWith((openai) => ({
      submit: async (...of) => sent[sent.push(await openai.submit(...of)) - 1] ?? "",
      poll: async (...of) =>
        isFirstOver && of[0] === sent[0] ? openai.poll(...of) : { status: "running", counts: { total: 1, done: 0 } },
      cancel: async (id) => void cancelled.push(id),
    }));
    const quarters = async (count: number) => {
      for (let ticks = 0; ticks < count; ticks += 1) {
        await tick();
        clock.now += HOUR_MS / 4;
      }
    };
    await tenant.accept(["first"]);
    await tick();
    const waiting = await tenant.accept(["second"]);
    await quarters(96);
    isFirstOver = true;
    await quarters(16);
    expect(sent).toHaveLength(2);
    expect(cancelled).toEqual([]);
    expect(await tenant.get(waiting)).toMatchObject({ counts: { running: 1 } });
  });

  it("are taken anew on the next day, of whose money their loan gets nothing", async () => {
    const tenant = await openTenant("openai");
    const { key } = tenant;
    await call("PUT", "/v1/budgets/tenant", { key, json: { daily_usd: 0.000_1 } });
    const ofToday = new Set<string>();
    let isNextDay = false;
    const { tick, clock } = openRunner(({ budgets }) => ({
      budgets: {
        ...budgets,
        objectOf: (tenantId) => ({
          async ask(question) {
            if (!isNextDay) ofToday.add(question.loan);
            else if (ofToday.has(question.loan)) return { granted: 0, keep_ms: 0, over: true, short: null };
            return budgets.objectOf(tenantId).ask(question);
          },
        }),
      },
    }));
    await tenant.accept(["first"]);
    await tick();
    await tenant.accept(["second"]);
    await tick();
    expect(submissions(await tenant.calls())).toBe(1);
    isNextDay = true;
    await call("PUT", "/v1/budgets/tenant", { key, json: { daily_usd: 1 } });
    for (let ticks = 0; ticks < 3; ticks += 1) {
      clock.now += 60_000;
      await tick();
    }
    expect(submissions(await tenant.calls())).toBe(2);
  });
});
