/**
 * Secrets and content that are put into every field of requests, and looked for in all that the
 * server tells of them beside its replies: its log, where every request has a line, metrics, and
 * the traces that it exports. What may become a dead letter is in test/routes/dead-letters.test.ts.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OtlpReceiver, startOtlpReceiver } from "../../load/harness/otlp-receiver.ts";
import { type RunningServer, startServer } from "./server.ts";

const CANARY = "canary7f3a";
let count = 0;
/** A text that is nowhere else. */
const canary = () => `${CANARY}-${(count += 1)}`;
/** Models that callers named: names are told in traces. */
const models: string[] = [];
const modelOf = (name: string) => {
  models.push(name);
  return name;
};
const fault = (directive: object) => `[[mock:${JSON.stringify(directive)}]] ${canary()}`;

describe("canaries in every field of a request", () => {
  const stateDir = mkdtempSync(join(tmpdir(), "pbt-edge-canaries-"));
  let server: RunningServer;
  let root: string;
  /** The cookie of a session, and how an execution with it was answered. */
  let sealed: string;
  let shown: number;
  /** The deployment's collector, and the tenant's, which gets no content either. */
  let collectors: { own: OtlpReceiver; tenants: OtlpReceiver };
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
    collectors = { own: await startOtlpReceiver(), tenants: await startOtlpReceiver() };
    server = await startServer(stateDir, {
      LOG_SAMPLE: "1",
      OTEL_EXPORTER_OTLP_ENDPOINT: collectors.own.url,
      TRACE_SAMPLE: "1",
      WEBHOOK_ORIGINS: collectors.tenants.url,
    });
    root = (JSON.parse(readFileSync(join(stateDir, "pbt-edge.json"), "utf8")) as { PBT_ROOT_KEY: string }).PBT_ROOT_KEY;
    const collector = { otlp_endpoint: collectors.tenants.url, sample: 1, content: false };
    await send("PUT", "/v1/telemetry", { ...collector, headers: { "x-api-key": canary() } });
    await send("PUT", "/v1/prompts/plain", prompt("plain"));
    await send("PUT", "/v1/prompts/plain", `name: [${canary()}`);
    await send("PUT", "/v1/providers/openai/keys/main", { api_key: `sk-${canary()}` });
    await send("PUT", "/v1/webhooks/hook", { url: `https://hooks.example.com/${canary()}`, events: ["label.moved"] });
    await send("POST", "/v1/keys", { name: "k", scopes: [canary()] });
    const answered = await send("POST", "/v1/executions", execution(canary()), { "idempotency-key": canary() });
    await send("POST", `/v1/executions/${answered.json.id ?? ""}/feedback`, { score: 0.5, comment: canary() });
    const begun = await fetch(`${server.url}/v1/session`, {
      method: "POST",
      body: JSON.stringify({ key: server.key }),
    });
    sealed = /^pbt_session=([\w-]+);/.exec(begun.headers.get("set-cookie") ?? "")?.[1] ?? "none";
    const inSession = await fetch(`${server.url}/v1/executions`, {
      method: "POST",
      headers: { cookie: `pbt_session=${sealed}`, "x-pbt-session": "1" },
      body: JSON.stringify(execution(canary())),
    });
    statuses.push(begun.status, inSession.status);
    shown = inSession.status;
    // A model that the provider does not have.
    const unknown = { ...execution(fault({ status: 404 })), model: modelOf(`gpt-${canary()}`) };
    await send("POST", "/v1/executions", unknown);
    // The last of them parks the key.
    for (const directive of [{ status: 500 }, { status: 400 }, { status: 429 }, { status: 401 }]) {
      await send("POST", "/v1/executions", execution(fault(directive)));
    }
    await send("POST", "/v1/executions", `{"prompt": "plain", "variables": {"who": "${canary()}`);
    await send("POST", "/v1/chat/completions", {
      model: modelOf(`gpt-${canary()}`),
      messages: [{ role: "user", content: fault({ status: 404 }) }],
    });
    await send("POST", "/v1/messages", {
      model: modelOf(canary()),
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
    await send("POST", "/v1/session", { key: canary() });
    await send("POST", "/v1/session", { [canary()]: canary() });
    await send("POST", "/v1/session", { key: server.key }, { origin: `https://${canary()}.example.com` });
  });
  afterAll(async () => {
    await server.stop();
    await Promise.all(Object.values(collectors).map(async (each) => each.close()));
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
      .filter((line) => [CANARY, sealed, server.key].some((secret) => line.includes(secret)));
    expect([shown, spoken]).toEqual([200, []]);
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

  it.each(["own", "tenants"] as const)("are not in the traces, but for names of models: %s", async (whose) => {
    const collector = collectors[whose];
    const outcomes = () => new Set(collector.spans().map(({ attributes }) => attributes["error.type"] ?? "none"));
    await expect
      .poll(outcomes, { timeout: 20_000, interval: 200 })
      .toEqual(new Set(["none", "provider_error", "rate_limit_error", "provider_overloaded"]));
    // Items of batches run a little later.
    await expect
      .poll(() => collector.spans().filter(({ links }) => links.length > 0).length, { timeout: 20_000 })
      .toBe(1);
    const bodies = collector.requests.map(({ body }) => body).join("\n");
    const texts = models.reduce((text, model) => text.replaceAll(model, "model"), bodies);
    expect(texts.split('"').filter((text) => text.includes(CANARY))).toEqual([]);
    for (const secret of [server.key, sealed]) expect(texts).not.toContain(secret);
  });
});
