import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningServer, startServer } from "./server.ts";

const examples = readdirSync("examples")
  .filter((file) => file.endsWith(".prompt.yaml"))
  .map((file) => ({
    name: file.replace(".prompt.yaml", ""),
    source: readFileSync(join("examples", file), "utf8"),
  }));

/** Variables that each example needs. */
const VARIABLES: Record<string, Record<string, unknown>> = {
  "code-review": { diff: "+ let x = 1", rules: ["No var", "Tests first"] },
  "extract-invoice": { invoice: "ACME, 2 widgets, 10 EUR" },
  summarizer: { text: "A long story.", max_words: "10" },
  "support-reply": { message: "Where is my order?", customer: "Ada" },
  "ticket-triage": { product: "CRM", body: "money back" },
  translate: { text: "good morning", target_language: "French" },
};

interface Answer {
  id: string;
  output: string;
  output_json?: unknown;
  cost_usd: number;
  provider: string;
}

describe("npm start", () => {
  const stateDir = mkdtempSync(join(tmpdir(), "pbt-edge-e2e-"));
  let server: RunningServer;

  const send = async (
    path: string,
    init: { method?: string; body?: string; headers?: Record<string, string> } = {},
    key = server.key,
  ) => fetch(`${server.url}${path}`, { ...init, headers: { authorization: `Bearer ${key}`, ...init.headers } });
  const execute = async (body: unknown) => send("/v1/executions", { method: "POST", body: JSON.stringify(body) });

  /** Creates a tenant and returns its key. */
  const otherTenant = async (name: string) => {
    const root = JSON.parse(readFileSync(join(stateDir, "pbt-edge.json"), "utf8")) as { PBT_ROOT_KEY: string };
    const created = await send("/v1/tenants", { method: "POST", body: JSON.stringify({ name }) }, root.PBT_ROOT_KEY);
    return (await readJson<{ key: { secret: string } }>(created)).key.secret;
  };

  beforeAll(async () => {
    // Every call asks the gate, so that its leases show which work overlapped.
    server = await startServer(stateDir, { FREE_CALLS: "0" });
  });
  afterAll(async () => {
    await server.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });

  it("prints a curl command that works with the key, which it writes into no log", async () => {
    const [, url = "", body = ""] =
      /curl -s (\S+) -H "authorization: Bearer \$KEY" -d '(.+)'/.exec(server.output()) ?? [];
    expect(server.key).toMatch(/^pbt_dev_/);
    expect(server.output()).not.toContain(server.key);
    expect(server.output()).toContain("`demo_key` in ");
    // curl -d sends the content type of a form.
    const headers = { authorization: `Bearer ${server.key}`, "content-type": "application/x-www-form-urlencoded" };
    const response = await fetch(url, { method: "POST", headers, body });
    expect(response.status).toBe(200);
    expect((await readJson<Answer>(response)).output).toContain("Acme CRM");
  });

  it.each(examples)("stores $name and returns the file unchanged", async ({ name, source }) => {
    const put = await send(`/v1/prompts/${name}`, {
      method: "PUT",
      body: source,
      headers: { "content-type": "application/yaml" },
    });
    expect(put.status).toBe(200);
    await put.arrayBuffer();
    const file = await send(`/v1/prompts/${name}`, { headers: { accept: "application/yaml" } });
    expect(await file.text()).toBe(source);
  });

  it.each(examples.flatMap(({ name }) => ["gpt-4o-mini", "claude-haiku-4-5"].map((model) => ({ name, model }))))(
    "executes $name on $model, whole and streamed, and prices it",
    async ({ name, model }) => {
      const request = { prompt: name, model, variables: VARIABLES[name], cache: false };
      const response = await execute(request);
      expect(response.status).toBe(200);
      const answer = await readJson<Answer>(response);
      expect(answer.cost_usd).toBeGreaterThan(0);
      const read = await send(`/v1/executions/${answer.id}`);
      expect(await read.json()).toMatchObject({ id: answer.id, output: answer.output, cost_usd: answer.cost_usd });
      const stream = await (await execute({ ...request, stream: true })).text();
      const deltas = [...stream.matchAll(/event: delta\ndata: (.*)\n/g)].map(
        (match) => (JSON.parse(match[1] ?? "{}") as { text: string }).text,
      );
      expect(deltas.join("")).toBe(answer.output);
      expect(stream).toMatch(/event: done\ndata: .*"cost_usd":0\.\d+/);
    },
  );

  it("answers 422 with the missing variable's name, and 404 for another tenant's prompt", async () => {
    const missing = await execute({ prompt: "ticket-triage", variables: { product: "CRM" } });
    expect([missing.status, await missing.json()]).toEqual([
      422,
      expect.objectContaining({ errors: [{ path: "variables.body", message: "is required" }] }),
    ]);
    const foreign = await send("/v1/prompts/ticket-triage", {}, await otherTenant("other"));
    expect(foreign.status).toBe(404);
    await foreign.arrayBuffer();
  });

  it("records the cost of an execution whose client left mid-stream", async () => {
    const slow = '[[mock:{"tokens_per_s":100}]]';
    const leaving = new AbortController();
    const response = await fetch(`${server.url}/v1/executions`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.key}`, "content-type": "application/json" },
      body: JSON.stringify({ prompt: "ticket-triage", stream: true, variables: { product: "X", body: slow } }),
      signal: leaving.signal,
    });
    const id = response.headers.get("x-pbt-execution-id") ?? "";
    await response.body?.getReader().read();
    leaving.abort();
    await expect.poll(async () => (await send(`/v1/executions/${id}`)).status, { timeout: 20_000 }).toBe(200);
    const read = await readJson<Answer & { status: string; usage: object }>(await send(`/v1/executions/${id}`));
    expect(read).toMatchObject({ status: "succeeded", usage: { completion_tokens: expect.any(Number) } });
    expect(read.cost_usd).toBeGreaterThan(0);
    expect(read.usage).not.toHaveProperty("estimated");
  });

  it("starts accepted work before the gate's leases of earlier work have been returned", async () => {
    const key = await otherTenant("borrower");
    const [prompt] = examples;
    const headers = { "content-type": "application/yaml" };
    await (await send(`/v1/prompts/${prompt?.name}`, { method: "PUT", body: prompt?.source, headers }, key)).text();
    for (const model of ["gpt-4o", "gpt-4o-mini"]) {
      const body = { prompt: prompt?.name, variables: VARIABLES[prompt?.name ?? ""], model, priority: "batch" };
      const init = { method: "POST", body: JSON.stringify({ ...body, cache: false, async: true }) };
      const { id } = await readJson<Answer>(await send("/v1/executions", init, key));
      const status = async () =>
        (await readJson<{ status: string }>(await send(`/v1/executions/${id}`, {}, key))).status;
      await expect.poll(status, { timeout: 30_000 }).toBe("succeeded");
    }
    const { data } = await readJson<{ data: unknown[] }>(await send("/v1/gate", {}, key));
    // One lease for each model. There would be only one if the second message had waited until the
    // first message's lease was returned.
    expect(data).toContainEqual(expect.objectContaining({ provider: "openai", leases: 2 }));
  });

  it("keeps its state over a restart, and answers from recorded provider responses", async () => {
    const before = server.key;
    await server.stop();
    await expect.poll(async () => isUp(`${server.url}/health`), { timeout: 10_000 }).toBe(false);
    const wire = await startRecorded();
    const origin = `http://127.0.0.1:${(wire.address() as AddressInfo).port}`;
    server = await startServer(stateDir, {
      OPENAI_API_KEY: "sk-recorded-openai",
      OPENAI_BASE_URL: `${origin}/v1`,
      ANTHROPIC_API_KEYS: "sk-ant-recorded",
      ANTHROPIC_BASE_URL: origin,
    });
    try {
      expect(server.key).toBe(before);
      for (const model of ["gpt-4o-mini", "claude-haiku-4-5"]) {
        const request = { prompt: "ticket-triage", model, variables: VARIABLES["ticket-triage"] };
        const whole = await execute(request);
        expect(whole.status).toBe(200);
        expect((await readJson<Answer>(whole)).output.length).toBeGreaterThan(0);
        const streamed = await (await execute({ ...request, stream: true })).text();
        expect(streamed).toContain("event: delta\n");
        expect(streamed).toContain("event: done\n");
      }
    } finally {
      wire.close();
    }
  });
});

async function isUp(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

async function readJson<T>(response: { json(): Promise<unknown> }): Promise<T> {
  return (await response.json()) as T;
}

/** A provider that replies with recorded responses. */
async function startRecorded(): Promise<Server> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const { stream } = JSON.parse(body) as { stream?: boolean };
      const [provider, whole] = request.url?.endsWith("/chat/completions")
        ? ["openai", "completion"]
        : ["anthropic", "message"];
      response.setHeader("content-type", stream ? "text/event-stream" : "application/json");
      response.end(readFileSync(`test/fixtures/${provider}/${stream ? "stream.sse" : `${whole}.json`}`));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return server;
}
