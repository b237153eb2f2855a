import { createExecutionContext, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { createApp } from "../../src/app.ts";
import { servicesOf } from "../../src/deps/services.ts";
import { LEDGER_SHARES } from "../../src/domain/ledger/ledger-messages.ts";
import { LARGE_LEDGER_SHARES, newIdNaming, shareOf, standInFor } from "../../src/domain/ledger/shares.ts";
import { call, newTenant, yamlPrompt } from "../support/api.ts";
import { intentOf } from "../support/intent.ts";

interface Executed {
  id: string;
  cost_usd: number;
}
interface Listed {
  data: { id: string; status: string }[];
  next_cursor: string | null;
}

/** The share of the isolates here: few objects are before it. */
const SHARE = 11;

/** Another isolate on the same storage. `LARGE_TENANTS` names its large tenants. */
function isolate(LARGE_TENANTS: string) {
  const own = { ...env, LARGE_TENANTS } as Env;
  const random = vi.spyOn(Math, "random").mockReturnValue((SHARE + 0.5) / LARGE_LEDGER_SHARES);
  const services = servicesOf(own);
  random.mockRestore();
  const app = createApp(() => services);
  const ask = async <T>(key: string, path: string, json?: object): Promise<T> => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const init = json ? { method: "POST", headers, body: JSON.stringify(json) } : { headers };
    const response = await app.fetch(new Request(`https://edge.test${path}`, init), own, createExecutionContext());
    if (!response.ok) throw new Error(await response.text());
    return response.json<T>();
  };
  const execute = async (key: string, count: number): Promise<Executed[]> => {
    const executed: Executed[] = [];
    for (let n = 0; n < count; n += 1) {
      executed.push(await ask<Executed>(key, "/v1/executions", { prompt: "greet", variables: { who: `${n}` } }));
    }
    return executed;
  };
  /** All executions, page by page. */
  const listAll = async (key: string) => {
    const all: Listed["data"] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const page: Listed = await ask<Listed>(key, `/v1/executions?limit=2${cursor && `&cursor=${cursor}`}`);
      all.push(...page.data);
      cursor = page.next_cursor;
    }
    return all;
  };
  const usageOf = async (key: string) => {
    const { data } = await ask<{ data: { executions: number; cost_usd: number }[] }>(key, "/v1/usage");
    return data[0];
  };
  return { services, ask, execute, listAll, usageOf };
}

async function published() {
  const tenant = await newTenant();
  await call("PUT", "/v1/prompts/greet", { key: tenant.key, yaml: yamlPrompt("greet") });
  return tenant;
}

describe("the executions of a tenant that is large for a time", () => {
  it("are each found, listed and counted once, whichever isolate ran them and whichever is asked", async () => {
    const { id, key } = await published();
    const [before, large] = [isolate(""), isolate(id)];
    const executed = [
      ...(await before.execute(key, 3)),
      ...(await large.execute(key, 3)),
      // Both settings side by side.
      ...(await before.execute(key, 1)),
      ...(await large.execute(key, 1)),
    ];
    const after = isolate("");
    executed.push(...(await after.execute(key, 2)));
    const shares = executed.map((each) => shareOf(each.id));
    expect(shares.map((share) => share < LEDGER_SHARES)).toEqual([1, 1, 1, 0, 0, 0, 1, 0, 1, 1].map(Boolean));
    for (const reader of [after, before, large]) {
      for (const each of executed) {
        expect(await reader.ask(key, `/v1/executions/${each.id}`)).toMatchObject({ id: each.id, status: "succeeded" });
      }
      const listed = (await reader.listAll(key)).map((each) => each.id);
      expect(listed.toSorted()).toEqual(executed.map((each) => each.id).toSorted());
      const usage = await reader.usageOf(key);
      expect(usage).toMatchObject({ executions: executed.length });
      expect(usage?.cost_usd).toBeCloseTo(
        executed.reduce((sum, { cost_usd }) => sum + cost_usd, 0),
        12,
      );
    }
  });

  it("are resolved once after a cut, by their objects, stand-ins and a queue of another setting", async () => {
    const { id, key } = await published();
    const [large, other] = [isolate(id), isolate("")];
    const [ended] = await large.execute(key, 1);
    const [cut, diverted, queued] = [0, 1, 2].map(() => newIdNaming(SHARE, Date.now()));
    if (!ended || !cut || !diverted || !queued) throw new Error("no ids");
    await large.ask(key, `/v1/executions/${ended.id}`);
    const now = Date.now();
    const intend = async (share: number, ids: string[]) => {
      const ledger = env.LEDGER.getByName(`${id}/${share}`);
      await ledger.intend({ tenant_id: id, due_at: now, intents: ids.map((each) => intentOf(each, now)) });
      await runDurableObjectAlarm(ledger);
    };
    await intend(SHARE, [cut]);
    await intend(standInFor(ended.id), [ended.id, diverted]);
    const intents = [ended.id, cut, diverted, queued].map((each) => intentOf(each, now));
    // A queue delivers at least once.
    for (let times = 0; times < 2; times += 1) {
      const message = { type: "resolve-intents", tenant_id: id, intents } as const;
      expect(await other.services.deliverUsage([message])).toEqual([null]);
    }
    const listed = await other.listAll(key);
    const statuses = Object.fromEntries(listed.map((each) => [each.id, each.status]));
    expect(statuses).toEqual({ [ended.id]: "succeeded", [cut]: "unknown", [diverted]: "unknown", [queued]: "unknown" });
    expect(listed).toHaveLength(4);
    expect(await other.usageOf(key)).toMatchObject({ executions: 4 });
  });
});
