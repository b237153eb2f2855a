import { describe, expect, it } from "vitest";
import { call, newKey, newTenant } from "../support/api.ts";

/** A row of `GET /v1/budgets`. */
interface Row {
  scope: string;
  window: string;
  limit_usd: number;
  spent_usd: number;
  resets_at: string;
}

const listed = async (key: string) => (await call<{ data: Row[] }>("GET", "/v1/budgets", { key })).json.data;

describe("budgets", () => {
  it("are set, replaced, listed by window and removed", async () => {
    const { key } = await newTenant();
    const path = "/v1/budgets/tenant";
    const first = await call("PUT", path, { key, json: { daily_usd: 5, monthly_usd: 100 } });
    expect([first.status, first.json]).toEqual([
      201,
      { scope: "tenant", daily_usd: 5, monthly_usd: 100, alerts: [0.5, 0.8, 1] },
    ]);
    expect((await call("PUT", path, { key, json: { daily_usd: 2.5, alerts: [1, 0.9, 1] } })).json).toEqual({
      scope: "tenant",
      daily_usd: 2.5,
      monthly_usd: null,
      alerts: [0.9, 1],
    });
    const [row, ...others] = await listed(key);
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      scope: "tenant",
      window: "daily",
      limit_usd: 2.5,
      spent_usd: 0,
      reserved_usd: 0,
      remaining_usd: 2.5,
    });
    expect(row?.resets_at).toMatch(/T00:00:00.000Z$/);
    expect((await call("DELETE", path, { key })).status).toBe(204);
    expect([(await call("DELETE", path, { key })).status, await listed(key)]).toEqual([404, []]);
  });

  it("of keys hold from the key's creation, may be changed, and stay removed", async () => {
    const { key } = await newTenant();
    const { id } = await newKey(key, ["executions:write"], { daily_budget_usd: 1, monthly_budget_usd: 20 });
    const scope = `key:${id}`;
    expect((await listed(key)).map((row) => [row.scope, row.window, row.limit_usd])).toEqual([
      [scope, "daily", 1],
      [scope, "monthly", 20],
    ]);
    expect((await call("PUT", `/v1/budgets/${scope}`, { key, json: { daily_usd: 3 } })).status).toBe(200);
    expect((await listed(key)).map((row) => [row.window, row.limit_usd])).toEqual([["daily", 3]]);
    await call("DELETE", `/v1/budgets/${scope}`, { key });
    expect(await listed(key)).toEqual([]);
  });

  it("of keys are shown with the keys as they hold now", async () => {
    const { key } = await newTenant();
    const { id } = await newKey(key, ["executions:write"], { daily_budget_usd: 1, monthly_budget_usd: 20 });
    const shown = async () => {
      const { json } = await call<{ data: Record<string, unknown>[] }>("GET", "/v1/keys", { key });
      const row = json.data.find((each) => each["id"] === id);
      return [row?.["daily_budget_usd"], row?.["monthly_budget_usd"]];
    };
    expect(await shown()).toEqual([1, 20]);
    await call("PUT", `/v1/budgets/key:${id}`, { key, json: { daily_usd: 3.25 } });
    expect(await shown()).toEqual([3.25, null]);
    const rotated = await call("POST", `/v1/keys/${id}/rotate`, { key });
    expect(rotated.json).toMatchObject({ daily_budget_usd: 3.25, monthly_budget_usd: null });
    await call("DELETE", `/v1/budgets/key:${id}`, { key });
    expect(await shown()).toEqual([null, null]);
  });

  it("name every fault of the scope and the body", async () => {
    const { key } = await newTenant();
    const status = async (scope: string, json: unknown) =>
      (await call("PUT", `/v1/budgets/${scope}`, { key, json })).status;
    for (const scope of ["everything", "prompt:", "prompt:A", "key:mine", "key:"]) {
      expect([scope, await status(scope, { daily_usd: 1 })]).toEqual([scope, 422]);
    }
    for (const body of [{}, { daily_usd: -1 }, { daily_usd: 1, alerts: [0] }, { daily_usd: 1, weekly_usd: 1 }]) {
      expect([body, await status("tenant", body)]).toEqual([body, 422]);
    }
  });

  it("of another tenant's key are a 404 like those of a missing key", async () => {
    const [mine, other] = [await newTenant(), await newTenant()];
    const set = async (id: string) =>
      (await call("PUT", `/v1/budgets/key:${id}`, { key: mine.key, json: { daily_usd: 1 } })).json["detail"];
    expect(await set(other.keyId)).toBe("No such key.");
    expect(await set("key_01a20b3b-0000-7000-8000-000000000000")).toBe("No such key.");
  });
});
