/**
 * Secrets and content that are put into every field of requests, and looked for in all that the
 * server tells of them beside its replies: its log, where every request has a line, and metrics.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningServer, startServer } from "./server.ts";

const CANARY = "canary7f3a";
let count = 0;
/** A text that is nowhere else. */
const canary = () => `${CANARY}-${(count += 1)}`;
const fault = (directive: object) => `[[mock:${JSON.stringify(directive)}]] ${canary()}`;

describe("canaries in every field of a request", () => {
  const stateDir = mkdtempSync(join(tmpdir(), "pbt-edge-canaries-"));
  let server: RunningServer;
  let root: string;
  const statuses: number[] = [];

  const send = async (method: string, path: string, body?: unknown, more: Record<string, string> = {}) => {
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${server.key}`,
        "user-agent": canary(),
        cookie: canary(),
        "x-request-id": "r1",
        ...more,
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    statuses.push(response.status);
    return { status: response.status, json: JSON.parse((await response.text()) || "{}") as { id?: string } };
  };
  const prompt = (name: string) => ({
    name,
    model: "gpt-4o-mini",
    description: canary(),
    tags: [canary()],
    template: `${canary()} {{ who }}`,
    variables: { who: { type: "string", required: true } },
  });
  const execution = (who: string) => ({
    prompt: "plain",
    variables: { who },
    user: canary(),
    metadata: { note: canary() },
    messages: [{ role: "user", content: canary() }],
    parameters: { stop: [canary()] },
  });

  beforeAll(async () => {
    server = await startServer(stateDir, { LOG_SAMPLE: "1" });
    root = (JSON.parse(readFileSync(join(stateDir, "pbt-edge.json"), "utf8")) as { PBT_ROOT_KEY: string }).PBT_ROOT_KEY;
    await send("PUT", "/v1/prompts/plain", prompt("plain"));
    await send("PUT", "/v1/prompts/plain", `name: [${canary()}`);
    await send("PUT", "/v1/providers/openai/keys/main", { api_key: `sk-${canary()}` });
    await send("PUT", "/v1/webhooks/hook", { url: `https://hooks.example.com/${canary()}`, events: ["label.moved"] });
    await send("POST", "/v1/keys", { name: "k", scopes: [canary()] });
    const answered = await send("POST", "/v1/executions", execution(canary()), { "idempotency-key": canary() });
    await send("POST", `/v1/executions/${answered.json.id ?? ""}/feedback`, { score: 0.5, comment: canary() });
    // A model that the provider does not have.
    const unknown = { ...execution(fault({ status: 404 })), model: `gpt-${canary()}` };
    await send("POST", "/v1/executions", unknown);
    // The last of them parks the key.
    for (const directive of [{ status: 500 }, { status: 400 }, { status: 429 }, { status: 401 }]) {
      await send("POST", "/v1/executions", execution(fault(directive)));
    }
    await send("POST", "/v1/executions", `{"prompt": "plain", "variables": {"who": "${canary()}`);
    await send("POST", "/v1/chat/completions", {
      model: `gpt-${canary()}`,
      messages: [{ role: "user", content: fault({ status: 404 }) }],
    });
    await send("POST", "/v1/messages", {
      model: canary(),
      max_tokens: 5,
      messages: [{ role: "user", content: canary() }],
    });
    await send("POST", "/v1/batches", {
      prompt: "plain",
      items: [{ custom_id: canary(), variables: { who: canary() } }],
    });
    await send("GET", `/v1/prompts/${canary()}`);
    await send("GET", `/v1/executions/${canary()}?cursor=${canary()}`);
    await send("GET", "/v1/usage", undefined, { authorization: `Bearer pbt_dev_${canary()}` });
    await send("GET", "/v1/usage", undefined, { authorization: "", "x-api-key": canary() });
  });
  afterAll(async () => {
    await server.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });

  it("are not in the log, which has one line for each request", async () => {
    const linesOf = () =>
      server
        .output()
        .split("\n")
        .filter((line) => line.includes('"event":"request"'));
    await expect
      .poll(() => linesOf().length, { timeout: 10_000, interval: 100 })
      .toBeGreaterThanOrEqual(statuses.length);
    // Requests of every kind were made: answered, refused, and failed at the provider.
    expect(new Set(statuses.map((status) => Math.floor(status / 100)))).toEqual(new Set([2, 4, 5]));
    const spoken = server
      .output()
      .split("\n")
      .filter((line) => line.includes(CANARY));
    expect(spoken).toEqual([]);
  });

  it("are not in the metrics of the tenant or the deployment", async () => {
    for (const key of [server.key, root]) {
      const scrape = async () =>
        (await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${key}` } })).text();
      await expect.poll(scrape, { timeout: 20_000, interval: 500 }).toContain("pbt_attempts_total");
      const text = await scrape();
      expect(text.split("\n").filter((line) => line.includes(CANARY))).toEqual([]);
      expect(text).not.toContain(server.key);
    }
  });
});
