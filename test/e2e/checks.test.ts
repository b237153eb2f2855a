import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProfileSettings, StatsSnapshot } from "../../load/mock/mock-provider.ts";
import { type RunningServer, startServer } from "./server.ts";

const SECRET = "sk-of-a-key-that-heals";

interface Gate {
  provider: string;
  keys: { name: string; breakers: { state: string; passes: number; check_in_ms: number | null }[] }[];
}

describe("the breaker of a key whose provider fails and recovers", () => {
  const stateDir = mkdtempSync(join(tmpdir(), "pbt-edge-checks-"));
  let server: RunningServer;
  let mock: string;

  const send = async (method: string, path: string, body: string | null = null) =>
    fetch(`${server.url}${path}`, { method, body, headers: { authorization: `Bearer ${server.key}` } });
  const execute = async (who: string) => {
    const reply = await send("POST", "/v1/executions", JSON.stringify({ prompt: "heals", variables: { who } }));
    await reply.arrayBuffer();
    return reply.status;
  };
  const breaker = async () => {
    const { data } = (await (await send("GET", "/v1/gate")).json()) as { data: Gate[] };
    return data.find(({ provider }) => provider === "openai")?.keys.find(({ name }) => name === "own")?.breakers[0];
  };
  const profile = async (settings: ProfileSettings) => {
    await (await fetch(`${mock}/__mock/profile`, { method: "PUT", body: JSON.stringify(settings) })).arrayBuffer();
  };
  const seen = async () => {
    const { by_key, checks } = (await (await fetch(`${mock}/__mock/stats`)).json()) as StatsSnapshot;
    return { calls: by_key[SECRET]?.calls ?? 0, checks: checks[SECRET] ?? 0 };
  };

  beforeAll(async () => {
    server = await startServer(stateDir);
    mock = /mock on (http:\S+)/.exec(server.output())?.[1] ?? "";
    const yaml = "name: heals\nmodel: gpt-4o-mini\ntemplate: Greet {{ who }}.\nvariables: {who: {type: string}}\n";
    await (await send("PUT", "/v1/prompts/heals", yaml)).arrayBuffer();
    const key = JSON.stringify({ api_key: SECRET });
    await (await send("PUT", "/v1/providers/openai/keys/own", key)).arrayBuffer();
  });
  afterAll(async () => {
    await server.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });

  it("becomes half open through queued checks without a caller, and closes with the next call", async () => {
    await profile({ keys: { [SECRET]: { status: 500 } } });
    for (let each = 0; (await breaker())?.state !== "open"; each++) {
      expect(each).toBeLessThan(20);
      expect(await execute(`nobody ${each}`)).toBeGreaterThan(499);
    }
    const before = await seen();
    await profile({});
    await expect.poll(breaker, { timeout: 40_000, interval: 250 }).toMatchObject({ state: "half_open", passes: 1 });
    const after = await seen();
    expect(after.calls).toBe(before.calls);
    expect(after.checks).toBeGreaterThanOrEqual(before.checks + 2);
    expect(await execute("Ada")).toBe(200);
    await expect.poll(breaker, { timeout: 10_000, interval: 50 }).toMatchObject({ state: "closed" });
  });
});
