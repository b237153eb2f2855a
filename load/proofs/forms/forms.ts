/**
 * `npm run prove -- forms`: one prompt with an image, tools, thinking, history, an include and a
 * cache breakpoint, in every form of an execution, at OpenAI (both APIs), Anthropic and an upstream
 * of the tenant's own. Prints the calls that each form made, and whether the provider was sent what
 * `render` shows. Fails where a form loses or changes anything.
 */
import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { BatchClient } from "../../harness/batch-client.ts";
import { withLocalStack } from "../../harness/local-stack.ts";
import type { MockProcess } from "../../harness/mock.ts";
import { table } from "../../harness/table.ts";
import { NOTE, PROMPT, variablesOf } from "./prompt.ts";

export const FLAGS = {} as const;

/** A model of each wire format, and whether its provider has batches. */
const MODELS = [
  { model: "gpt-4o-mini", hasBatches: true },
  { model: "gpt-6.1-sol", hasBatches: true },
  { model: "claude-haiku-4-5", hasBatches: true },
  { model: "third/some-model", hasBatches: false },
];
const CALL = { name: "get_weather", arguments: { city: "Bern" } };
const ASKS = `Hello. [[mock:${JSON.stringify({ tool_calls: [CALL] })}]]`;
const LONGEST_BATCH_MS = 240_000;
const HEAD = ["model", "form", "ended", "calls", "sent as rendered", "said"];

/** What an answer says: its text, or its calls of tools. */
interface Answer {
  id: string;
  status: string;
  output: string | null;
  tool_calls?: { name: string; arguments: unknown }[];
}

interface Tenant {
  send: <T>(method: string, path: string, body?: object, headers?: Record<string, string>) => Promise<T>;
  batches: BatchClient;
  mock: MockProcess;
}

/** A form of an execution, made for a model. Returns what it said. */
type Form = (tenant: Tenant, body: object) => Promise<Answer>;

const whole: Form = async ({ send }, body) => send("POST", "/v1/executions", body);

const FORMS: Record<string, Form> = {
  whole,
  async streamed({ send }, body) {
    const events = await send<string>("POST", "/v1/executions", { ...body, stream: true });
    const of = <T>(name: string) =>
      [...events.matchAll(new RegExp(`^event: ${name}\\ndata: (.*)$`, "gm"))].map(
        ([, json = ""]) => JSON.parse(json) as T,
      );
    const [done] = of<Answer>("done");
    if (!done) throw new Error(`a stream without its end: ${events}`);
    const text = of<{ text: string }>("delta").map((delta) => delta.text);
    return { ...done, output: text.length === 0 ? null : text.join(""), tool_calls: done.tool_calls };
  },
  async asynchronous({ send }, body) {
    const { id } = await send<{ id: string }>("POST", "/v1/executions", { ...body, async: true });
    for (;;) {
      const read = await send<Answer>("GET", `/v1/executions/${id}`);
      if (!["queued", "running"].includes(read.status)) return read;
      await sleep(100);
    }
  },
  async replayed({ send }, body) {
    const key = { "idempotency-key": randomUUID() };
    const first = await send<Answer>("POST", "/v1/executions", body, key);
    const again = await send<Answer>("POST", "/v1/executions", body, key);
    if (again.id !== first.id) throw new Error(`another execution was made: ${first.id}, ${again.id}`);
    return again;
  },
  async batched(tenant, body) {
    return inBatch(tenant, body, "queue");
  },
};

async function inBatch({ send, batches }: Tenant, body: object, mode: string): Promise<Answer> {
  const { variables, ...more } = body as { variables: object };
  const { id } = await send<{ id: string }>("POST", "/v1/batches", { ...more, mode, items: [{ variables }] });
  await batches.watch(id, LONGEST_BATCH_MS);
  const [line] = await batches.results(id);
  if (!line?.execution) throw new Error(`a batch without a result: ${JSON.stringify(line)}`);
  return send("GET", `/v1/executions/${line.execution.id}`);
}

/** The digests of the bodies that a provider may be sent: whole, or read as a stream. */
async function digestsOf({ send }: Tenant, { variables }: { variables: object }, model: string): Promise<string[]> {
  const prompt = { ...PROMPT, name: `rendered-${model.replaceAll(/[^a-z0-9]/g, "-")}`, model };
  await send("PUT", `/v1/prompts/${prompt.name}`, prompt);
  const { request } = await send<{ request: { path: string; body: object } }>(
    "POST",
    `/v1/prompts/${prompt.name}/render`,
    { variables },
  );
  const options = request.path.includes("completions") && { stream_options: { include_usage: true } };
  return [request.body, { ...request.body, stream: true, ...options }].map(sha256);
}

function sha256(body: object): string {
  return createHash("sha256").update(JSON.stringify(body)).digest("hex");
}

/** A row of the table, and what is wrong. */
async function prove(tenant: Tenant, model: string, form: string, make: Form, text: string) {
  const body = { prompt: PROMPT.name, model, variables: variablesOf(text), cache: false };
  const digests = await digestsOf(tenant, body, model);
  const since = await tenant.mock.callCount();
  const answer = await make(tenant, body);
  const { calls } = await tenant.mock.calls(since);
  const made = calls.filter(({ path }) => /completions|responses|messages$/.test(path));
  const asRendered = made.every(({ body_sha256 }) => digests.includes(body_sha256));
  const said =
    answer.tool_calls?.map((call) => `${call.name}(${JSON.stringify(call.arguments)})`).join() ?? answer.output;
  const isWhole = text === ASKS ? said === `get_weather(${JSON.stringify(CALL.arguments)})` : !!answer.output;
  const faults = [
    ...(answer.status === "succeeded" ? [] : [`ended as ${answer.status}`]),
    ...(asRendered ? [] : ["the provider was sent something else than render shows"]),
    ...(isWhole ? [] : [`said ${said}`]),
  ];
  const sent = made.length === 0 ? "–" : asRendered ? "yes" : "NO";
  const row = [model, form, answer.status, String(made.length), sent, (said ?? "").slice(0, 32)];
  return { row, faults: faults.map((fault) => `${model}, ${form}: ${fault}`) };
}

/** A stored answer serves the second of two executions, without a call. */
const cached: Form = async ({ send }, body) => {
  await send("POST", "/v1/executions", { ...body, cache: true });
  const again = await send<Answer & { cached: unknown }>("POST", "/v1/executions", { ...body, cache: true });
  if (again.cached === false) throw new Error("the answer was not stored");
  return again;
};

async function openTenant(url: string, key: string, mock: MockProcess): Promise<Tenant> {
  const send: Tenant["send"] = async (method, path, body, headers = {}) => {
    const all = { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers };
    const init: RequestInit = { method, headers: all };
    if (body) init.body = JSON.stringify(body);
    const response = await fetch(url + path, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    const isJson = response.headers.get("content-type")?.includes("json");
    return (isJson ? JSON.parse(text) : text) as never;
  };
  await send("PUT", "/v1/providers/third", { kind: "openai", base_url: `${mock.url}/compatible/v1` });
  await send("PUT", "/v1/providers/third/keys/main", { api_key: "mock-third-key" });
  await send("PUT", `/v1/prompts/${encodeURIComponent(NOTE.name)}`, NOTE);
  await send("PUT", `/v1/prompts/${PROMPT.name}`, PROMPT);
  return { send, batches: new BatchClient(() => url, key), mock };
}

/** Runs every form at every model. */
export async function run(args: string[]): Promise<boolean> {
  parseArgs({ args, options: FLAGS });
  return withLocalStack({ cronMs: 1_000 }, async ({ edge, mock }) => {
    const tenant = await openTenant(edge.url, edge.key, mock);
    const proven: Awaited<ReturnType<typeof prove>>[] = [];
    for (const { model, hasBatches } of MODELS) {
      for (const [form, make] of Object.entries(FORMS)) proven.push(await prove(tenant, model, form, make, ASKS));
      proven.push(await prove(tenant, model, "cached", cached, "Hello."));
      const provider: Form = async (of, body) => inBatch(of, body, "provider");
      if (hasBatches) proven.push(await prove(tenant, model, "provider batch", provider, ASKS));
    }
    console.log(table([HEAD, ...proven.map(({ row }) => row)]));
    const faults = proven.flatMap((each) => each.faults);
    for (const fault of faults) console.log(`FAULT: ${fault}`);
    return faults.length === 0;
  });
}
