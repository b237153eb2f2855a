import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StatsSnapshot } from "../../load/mock/mock-provider.ts";
import { type RunningServer, startServer } from "./server.ts";

/** Longer than a response that has begun may be silent, and than a provider may give no sign of life. */
const LATE = '[[mock:{"delay_ms":2600}]]';
const ENV = { READ_TIMEOUT_MS: "1000", CONNECT_TIMEOUT_MS: "500" };

describe("a model whose headers come late", () => {
  const stateDir = mkdtempSync(join(tmpdir(), "pbt-edge-late-"));
  let server: RunningServer;
  let mock: string;

  const send = async (method: string, path: string, body: string | null = null) => {
    const headers = { authorization: `Bearer ${server.key}` };
    const reply = await fetch(`${server.url}${path}`, { method, body, headers });
    return { status: reply.status, text: await reply.text() };
  };
  const ask = (name: string, more: Record<string, unknown> = {}) =>
    JSON.stringify({ prompt: "late", variables: { who: `${name} ${LATE}` }, timeout_ms: 50_000, ...more });
  const statusAt = async (path: string) => (JSON.parse((await send("GET", path)).text) as { status: string }).status;
  const calls = async () => {
    const { total } = (await (await fetch(`${mock}/__mock/stats`)).json()) as StatsSnapshot;
    return total;
  };
  const idOf = ({ text }: { text: string }) => (JSON.parse(text) as { id: string }).id;

  beforeAll(async () => {
    server = await startServer(stateDir, ENV);
    mock = /mock on (http:\S+)/.exec(server.output())?.[1] ?? "";
    const yaml = "name: late\nmodel: gpt-4o-mini\ntemplate: Greet {{ who }}.\nvariables: {who: {type: string}}\n";
    await send("PUT", "/v1/prompts/late", yaml);
  });
  afterAll(async () => {
    await server.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });

  it.each([
    ["whole", {}],
    ["whole, read from a stream or not", { parameters: { max_tokens: 500 } }],
    ["streamed", { stream: true }],
    ["with a model of another provider behind it", { models: ["gpt-4o-mini", "claude-haiku-4-5"], stream: true }],
  ])("is called once: %s", async (name, more) => {
    const before = await calls();
    const reply = await send("POST", "/v1/executions", ask(name, more));
    expect([reply.status, reply.text]).toEqual([200, expect.stringContaining("Greet")]);
    expect(await calls()).toBe(before + 1);
  });

  it("is called once for an asynchronous execution, and once for an item of a batch", async () => {
    const before = await calls();
    const execution = idOf(await send("POST", "/v1/executions", ask("async", { async: true })));
    const items = [{ variables: { who: `batched ${LATE}` } }];
    const batch = idOf(await send("POST", "/v1/batches", JSON.stringify({ prompt: "late", items })));
    const poll = { timeout: 30_000, interval: 200 };
    await expect.poll(async () => statusAt(`/v1/executions/${execution}`), poll).toBe("succeeded");
    await expect.poll(async () => statusAt(`/v1/batches/${batch}`), poll).toBe("completed");
    expect(await calls()).toBe(before + 2);
  });
});
