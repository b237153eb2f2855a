import { describe, expect, it, vi } from "vitest";
import { call, newKey, newTenant, yamlPrompt } from "../support/api.ts";
import { attempt, codeIn, securedOperations } from "../support/operations.ts";

/** A row of `GET /v1/budgets`. */
interface Row {
  scope: string;
  window: string;
  spent_usd: number;
  reserved_usd: number;
  remaining_usd: number;
}

interface Problem {
  code: string;
  remaining_usd: number;
  resets_at: string;
}

/** Less than any call can cost. */
const TINY = 0.000_001;

async function withBudgets(budgets: Record<string, number>, more = "") {
  const { key, keyId } = await newTenant();
  await call("PUT", "/v1/prompts/greet", { key, yaml: yamlPrompt("greet", more) });
  for (const [scope, daily_usd] of Object.entries(budgets)) {
    await call("PUT", `/v1/budgets/${scope.replace("$key", keyId)}`, { key, json: { daily_usd } });
  }
  const execute = async <T = { cost_usd: number; usage: { completion_tokens: number } }>(json: object = {}, as = key) =>
    call<T>("POST", "/v1/executions", { key: as, json: { prompt: "greet", variables: { who: "Ada" }, ...json } });
  const rows = async () => (await call<{ data: Row[] }>("GET", "/v1/budgets", { key })).json.data;
  return { key, execute, rows };
}

const settled = async (rows: () => Promise<Row[]>) =>
  vi.waitFor(
    async () => {
      const all = await rows();
      expect(all.map(({ reserved_usd }) => reserved_usd)).toEqual(all.map(() => 0));
      return all;
    },
    { timeout: 20_000, interval: 100 },
  );

describe("executions under budgets", () => {
  it("reserve their worst case of every scope, and count what they cost", async () => {
    const { execute, rows } = await withBudgets({ tenant: 1, "key:$key": 1, "prompt:greet": 1, "prompt:other": 1 });
    const { status, json } = await execute({ parameters: { max_tokens: 100 } });
    expect(status).toBe(200);
    const all = await settled(rows);
    expect(all.map(({ scope, spent_usd }) => [scope.split("_")[0], spent_usd])).toEqual([
      ["tenant", json.cost_usd],
      ["key:key", json.cost_usd],
      ["prompt:greet", json.cost_usd],
      ["prompt:other", 0],
    ]);
  });

  it.each(["tenant", "key:$key", "prompt:greet"])(
    "are refused by the budget of %s with what is left",
    async (scope) => {
      const { execute, rows } = await withBudgets({ [scope]: TINY });
      for (const form of [{}, { stream: true }]) {
        const { status, headers, json } = await execute<Problem>(form);
        expect([status, headers.get("content-type")]).toEqual([402, "application/problem+json"]);
        expect(json).toMatchObject({ code: "budget_exceeded", remaining_usd: TINY });
        expect(json.resets_at).toMatch(/^\d{4}-\d\d-\d\dT00:00:00\.000Z$/);
      }
      expect(await rows()).toMatchObject([{ spent_usd: 0, reserved_usd: 0 }]);
    },
  );

  it("are held to the budget that their key was created with, and to no other key's", async () => {
    const { key, execute } = await withBudgets({});
    const poor = await newKey(key, ["executions:write"], { monthly_budget_usd: TINY });
    expect((await execute<Problem>({}, poor.key)).json.code).toBe("budget_exceeded");
    expect((await execute()).status).toBe(200);
  });

  it("are made again once the budget is raised", async () => {
    const { key, execute } = await withBudgets({ tenant: TINY });
    expect((await execute()).status).toBe(402);
    await call("PUT", "/v1/budgets/tenant", { key, json: { daily_usd: 1 } });
    await vi.waitFor(async () => expect((await execute()).status).toBe(200), { timeout: 10_000, interval: 100 });
  });

  it("of a model without a price are refused where a budget applies, and say how to set one", async () => {
    const unknown = { model: "gpt-99-unheard-of" };
    const { execute } = await withBudgets({ tenant: 1 });
    const refused = await execute<{ errors: { path: string; message: string }[] }>(unknown);
    expect([refused.status, refused.json.errors[0]?.path]).toEqual([422, "model"]);
    expect(refused.json.errors[0]?.message).toContain("PUT /v1/prices/openai/gpt-99-unheard-of");
    expect((await (await withBudgets({})).execute(unknown)).status).toBe(200);
  });

  it("send the provider a bound on the output only where a budget applies", async () => {
    const long = { variables: { who: `[[mock:${JSON.stringify({ answer: "word ".repeat(5_000) })}]]` } };
    const bounded = await (await withBudgets({ tenant: 1 })).execute(long);
    const free = await (await withBudgets({})).execute(long);
    expect(bounded.json).toMatchObject({ finish_reason: "length", usage: { completion_tokens: 4096 } });
    expect(free.json).toMatchObject({ finish_reason: "stop" });
  });

  it("cost nothing and reserve nothing where the answer is stored", async () => {
    const { execute, rows, key } = await withBudgets({ tenant: 1 }, "temperature: 0\n");
    const first = await execute({ cache: true });
    await settled(rows);
    await call("PUT", "/v1/budgets/tenant", { key, json: { daily_usd: TINY } });
    const again = await execute<{ cached: unknown }>({ cache: true });
    expect([again.status, again.json.cached]).not.toContain(false);
    expect(await rows()).toMatchObject([{ spent_usd: first.json.cost_usd }]);
  });

  it("count nothing for a call that the provider turned away, and all that was reserved for one that broke off", async () => {
    const { execute, rows } = await withBudgets({ tenant: 1 });
    await execute({ variables: { who: '[[mock:{"status":400}]]' } });
    expect(await settled(rows)).toMatchObject([{ spent_usd: 0 }]);
    await execute({ variables: { who: 'Ada [[mock:{"fault":"truncate"}]]' }, stream: true });
    const [row] = await settled(rows);
    // gpt-4o-mini's 4,096 tokens of output, and a few of its prompt.
    expect(row?.spent_usd).toBeGreaterThan(0.002_45);
  });
});

/**
 * Operations that execute nothing, or later: what a batch or an optimisation holds is held to its
 * budgets as it runs.
 */
const FREE = ["/v1/batches", "/optimize", "/feedback", "/redrive", "/cancel", "/count_tokens"];

describe("every operation that can spend money", () => {
  it("is refused by a budget without room, and calls nobody", async () => {
    const operations = (await securedOperations()).filter(
      ({ method, path, access }) =>
        method === "POST" && access === "executions:write" && !FREE.some((part) => path.endsWith(part)),
    );
    expect(operations.length).toBeGreaterThanOrEqual(6);
    for (const operation of operations) {
      const { key } = await withBudgets({ tenant: TINY });
      await call("PUT", "/v1/prompts/mine", { key, yaml: yamlPrompt("mine") });
      await attempt({ method: "PUT", path: "/v1/chains/{name}", access: "" }, { name: "mine" }, key);
      const reply = await attempt(operation, { name: "mine" }, key);
      // The refusal of a test run, or a comparison, is that of its trials; a run of a chain tells that of its step.
      const [input] = (reply.json["inputs"] ?? []) as { answers: unknown[] }[];
      const [trial] = (input?.answers ?? reply.json["results"] ?? []) as { error: Record<string, unknown> }[];
      expect([operation.path, codeIn(trial?.error ?? reply.json)]).toEqual([operation.path, "budget_exceeded"]);
      expect([operation.path, reply.headers.get("x-pbt-attempts") ?? "0"]).toEqual([operation.path, "0"]);
    }
  });
});
