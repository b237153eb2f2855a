import { Client } from "./observed-client.ts";
import { type Observed, observeEnv } from "./observed-env.ts";
import type { LoanQuestion } from "../../src/domain/budgets/protocol/loan-messages.ts";
import type { AcquireReply, AcquireRequest } from "../../src/domain/gate/protocol/messages.ts";
import { EPOCH, type ObjectCall, type Recording, type Row, type StoredObject, withClock } from "./recording.ts";
import { dumpObject, dumpShard, SHARDS } from "./stored-state.ts";

// This runs under older versions, too: it uses the Worker, its bindings and its HTTP API only.

const ROOT_KEY = "root-key-of-the-tests";
const PROMPT = `name: greet
model: gpt-4o-mini
template: Say hello to {{ who }}.
variables:
  who: {type: string, required: true}
`;
const TESTS = [{ name: "greets", variables: { who: "Ada" }, assertions: [{ type: "max_length", value: 500 }] }];
const HOUR_MS = 3_600_000;
/** Copies of other tenants are what tests before this one left behind. */
const TENANT_ID = /ten_[0-9a-f]{8}-/;
/** Longer than copies are fresh, so that they are read anew. */
const BETWEEN_REQUESTS_MS = 6_000;

/** Runs this version's code through everything that it stores and sends. */
export async function record(): Promise<Recording> {
  // Time goes on between requests alone, so that the speed of the machine shows in nothing.
  let now = EPOCH;
  const pass = () => {
    now += BETWEEN_REQUESTS_MS;
  };
  return withClock(
    () => now,
    async () => {
      const observed = observeEnv();
      try {
        return await recordWith(new Client(observed, pass));
      } finally {
        observed.stop();
      }
    },
  );
}

async function recordWith(client: Client): Promise<Recording> {
  const { observed } = client;
  const { tenant, key } = await client.send<{ tenant: { id: string }; key: { secret: string } }>(
    "POST",
    "/v1/tenants",
    {
      key: ROOT_KEY,
      json: { name: "recorded" },
    },
  );
  client.key = key.secret;
  await configure(client);
  await execute(client);
  await acceptWork(client);
  await leaveMessages(client, tenant.id);
  await client.send("GET", "/metrics");
  await read(client);
  const at = Date.now();
  const [objects, shards] = [await dumpObjects(observed, tenant.id), await dumpTenant(tenant.id)];
  const { copies, messages, statements } = observed;
  const state = {
    at,
    shards,
    statements: [...statements].toSorted((a, b) => (a < b ? -1 : 1)),
    objects,
    copies: copies.filter(({ key }) => key.includes(tenant.id) || !TENANT_ID.test(key)),
    messages: [...messages],
    requests: [...client.requests],
  };
  const before = observed.calls.length;
  await goOn(client, observed.calls.slice(0, before), tenant.id);
  return { ...state, calls: observed.calls.slice(before) };
}

async function configure(client: Client): Promise<void> {
  const limits = { weight: 1, rpm: 600, tpm: 1_000_000, max_concurrency: 8 };
  await client.send("PUT", "/v1/providers/openai/keys/main", { json: { api_key: "mock-recorded-key", ...limits } });
  await client.send("PUT", "/v1/prompts/greet", { yaml: PROMPT });
  await client.send("PUT", "/v1/prompts/greet", { yaml: PROMPT.replace("hello", "good day") });
  await client.send("PUT", "/v1/prompts/greet/labels/production", { json: { version: 1 } });
  await client.send("PUT", "/v1/aliases/hello", { json: { prompt: "greet", label: "production" } });
  await client.send("PUT", "/v1/budgets/tenant", { json: { daily_usd: 5, alerts: [0.5] } });
  await client.send("PUT", "/v1/webhooks/ops", {
    json: { url: "https://hooks.example.com/pbt", events: ["prompt.published", "label.moved", "batch.completed"] },
  });
  await client.send("PUT", "/v1/prompts/other", { yaml: PROMPT.replace("greet", "other") });
  const step = (id: string, who: string) => ({ id, prompt: "greet", variables: { who } });
  await client.send("PUT", "/v1/chains/two", {
    json: {
      inputs: { who: { type: "string" } },
      steps: [step("a", "{{ inputs.who }}"), step("b", "{{ steps.a.output }}")],
    },
  });
}

const greet = (who: string, more = {}) => ({ prompt: "greet", variables: { who }, ...more });

async function execute(client: Client): Promise<void> {
  const { id } = await client.send<{ id: string }>("POST", "/v1/executions", { json: greet("Ada") });
  await client.send("POST", "/v1/executions", { json: greet("Ada", { label: "production", cache: true }) });
  await client.send("POST", "/v1/executions", {
    json: greet("Bob", { user: "u-1", metadata: { team: "a" } }),
    headers: { "idempotency-key": "recorded-once" },
  });
  await client.send("POST", "/v1/executions", { json: greet("Eve", { stream: true }) });
  await client.send("POST", `/v1/executions/${id}/feedback`, { json: { score: 1 } });
}

/** Work that is accepted and whose wake-ups wait on their queues. */
async function acceptWork(client: Client): Promise<void> {
  const items = ["Ada", "Bob"].map((who) => ({ variables: { who } }));
  await client.send("POST", "/v1/batches", { json: { prompt: "greet", items } });
  await client.send("POST", "/v1/executions", { json: greet("Zoe", { async: true }) });
  await client.send("POST", "/v1/chains/two/execute", { json: { inputs: { who: "Ada" }, async: true } });
  await client.send("POST", "/v1/prompts/greet/tests/run", { json: { tests: TESTS } });
}

/** A record that the ledger did not take, intents of older versions, a key that is at work. */
async function leaveMessages(client: Client, tenantId: string): Promise<void> {
  const { observed } = client;
  observed.isLedgerDown = true;
  await client.send("POST", "/v1/executions", { json: greet("Kim") });
  await until(() => observed.messages.some(({ body }) => (body as { type?: string }).type === "executions"));
  observed.isLedgerDown = false;
  const intents = [intentOf("exe_00000000-0000-7000-8000-000000000001", Date.now())];
  const block = { due_at: Date.now() + HOUR_MS, id: "block" };
  const object = `${tenantId}/0`;
  await observed.env.EXECUTION_INTENTS.getByName(object).append({ ...block, intents });
  const from = { object, blocks: [block] };
  observed.messages.push({
    queue: "pbt-edge-usage",
    body: { type: "resolve-intents", tenant_id: tenantId, intents, from },
  });
  const check = { type: "check", tenant_id: tenantId, provider: "openai", key: "main", model: "gpt-4o-mini" };
  observed.messages.push({ queue: "pbt-edge-executions-high", body: { ...check, due_at: Date.now() } });
  await observed.env.IDEMPOTENCY.getByName(`${tenantId}/at-work`).claim(claimOf("exe_first"));
  // A lease of an isolate whose call goes on.
  const [request] = lastCall(observed.calls, "acquire").args as [AcquireRequest];
  const gate = observed.env.PROVIDER_GATE.getByName(`${tenantId}/openai`);
  await gate.acquire({ ...request, holder: "isolate-at-work", reports: [], outcomes: [] });
}

/** Waits for work behind a reply that has been sent. */
async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** An intent of a call whose end is unknown. */
function intentOf(id: string, startedAt: number) {
  const prompt = { prompt_name: "greet", prompt_version: 1, prompt_label: null };
  const call = { provider: "openai" as const, model: "gpt-4o-mini", prompt_tokens: 100, max_tokens: 200 };
  return { id, key_id: "key", ...prompt, ...call, started_at: startedAt, end_user: null, metadata: null };
}

const claimOf = (execution_id: string) => ({ fingerprint: "f", execution_id, lease_ms: 60_000 });

/** Asks for all that was stored, with what was handed out for it. */
async function read(client: Client): Promise<void> {
  const { cookie } = await client.read("POST", "/v1/session", {
    json: { key: client.key },
    headers: { origin: "https://edge.test" },
  });
  await client.read("GET", "/v1/session", {
    headers: { cookie, "x-pbt-session": "1", "sec-fetch-site": "same-origin" },
  });
  for (const path of READ) {
    const { answer } = await client.read("GET", path);
    const { next_cursor: cursor } = answer as { next_cursor?: string | null };
    const next = `${path}${path.includes("?") ? "&" : "?"}cursor=${encodeURIComponent(cursor ?? "")}`;
    if (cursor) await client.read("GET", next);
  }
}

const READ = [
  "/v1/prompts/greet",
  "/v1/prompts?limit=1",
  "/v1/prompts/greet/versions?limit=1",
  "/v1/prompts/greet/labels",
  "/v1/aliases?limit=1",
  "/v1/keys?limit=1",
  "/v1/providers/openai/keys",
  "/v1/executions?limit=2",
  "/v1/chains?limit=1",
  "/v1/chain-runs?limit=1",
  "/v1/webhooks",
  "/v1/audit?limit=2",
  "/v1/usage?group_by=model",
  "/v1/budgets",
];

const GO_ON = ["/v1/usage?group_by=prompt", "/v1/executions?limit=9", "/v1/budgets", "/v1/gate", "/metrics"];

/** What isolates of this version ask of objects after some of them were replaced. */
async function goOn(client: Client, before: readonly ObjectCall[], tenantId: string): Promise<void> {
  const { env } = client.observed;
  const acquired = lastCall(before, "acquire");
  const [{ holder, keys }] = acquired.args as [AcquireRequest];
  const { leases } = acquired.reply as AcquireReply;
  const reports = leases.map(({ id, slots, requests, tokens }) => {
    const back = { requests_back: (requests ?? 1) - 1, tokens_back: (tokens ?? 100) - 100, slots_back: slots };
    return { lease: id, ended: 1, reserved: 100, spent: 10, used_ago_ms: 0, ...back };
  });
  const gate = env.PROVIDER_GATE.getByName(`${tenantId}/openai`);
  await gate.settle({ holder, keys, waiting: 0, reports, outcomes: [], renewals: [] });
  const [question] = lastCall(before, "ask", "TENANT_BUDGETS").args as [LoanQuestion];
  const budgets = env.TENANT_BUDGETS.getByName(tenantId);
  await budgets.ask({ ...question, seq: question.seq + 1, spent: question.spent + 1_000, needs: [] });
  await env.IDEMPOTENCY.getByName(`${tenantId}/at-work`).claim(claimOf("exe_second"));
  await env.IDEMPOTENCY.getByName(`${tenantId}/at-work`).settle(1, "done", "{}", "exe_first");
  await env.EXECUTION_INTENTS.getByName(`${tenantId}/0`).firstDue();
  const once = { json: greet("Bob", { user: "u-1", metadata: { team: "a" } }) };
  await client.send("POST", "/v1/executions", { ...once, headers: { "idempotency-key": "recorded-once" } });
  for (const path of GO_ON) await client.send("GET", path);
}

function lastCall(calls: readonly ObjectCall[], method: string, binding?: string): ObjectCall {
  const last = calls.findLast((call) => call.method === method && (binding ?? call.binding) === call.binding);
  if (!last) throw new Error(`no isolate has called ${method}`);
  return last;
}

async function dumpObjects({ calls }: Observed, tenantId: string) {
  const names = new Set(calls.map(({ binding, name }) => `${binding} ${name}`));
  const objects: StoredObject[] = [];
  for (const each of names) {
    const [binding = "", name = ""] = each.split(" ");
    if (name.startsWith(tenantId)) objects.push(await dumpObject(binding, name));
  }
  const isUsed = ({ rows, values }: StoredObject) =>
    Object.keys(values).length > 0 ||
    Object.entries(rows).some(([table, { length }]) => table !== "meta" && length > 0);
  return objects.filter(isUsed);
}

async function dumpTenant(tenantId: string): Promise<Record<string, Row[]>[]> {
  return Promise.all(SHARDS.map(async (shard) => ownRows(await dumpShard(shard), tenantId)));
}

/** The rows of a tenant, and those that belong to one of them. */
function ownRows(tables: Record<string, Row[]>, tenantId: string): Record<string, Row[]> {
  const isOwn = (row: Row) => (row["tenant_id"] ?? row["id"]) === tenantId;
  const ids = new Set(Object.values(tables).flatMap((rows) => rows.filter(isOwn).map((row) => row["id"])));
  ids.delete(undefined);
  const belongs = (row: Row) =>
    row["tenant_id"] === undefined ? Object.values(row).some((value) => ids.has(value)) : isOwn(row);
  return Object.fromEntries(
    Object.entries(tables)
      .map(([table, rows]) => [table, rows.filter(belongs)] as const)
      .filter(([, rows]) => rows.length > 0),
  );
}
