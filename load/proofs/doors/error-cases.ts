import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import {
  ask,
  CLAUDE,
  clientsOf,
  type DoorCase,
  GPT,
  manage,
  refusal,
  untilCalled,
  user,
  withProfiles,
  type World,
} from "./world.ts";

const WRONG_KEY = "sk-wrong";
const NO_MODEL = { openai: "gpt-none", anthropic: "claude-none" };
const PACE = { tokens_per_s: 40 };

/** How each client asks for an answer, whole or streamed. */
interface Asker {
  client: string;
  model: string;
  missing: string;
  of: (world: World) => OpenAI | Anthropic;
  whole: (world: World, content: string, more?: Options) => Promise<unknown>;
  /** Reads a stream; `seen` is called at each piece. */
  streamed: (world: World, content: string, seen?: () => void, signal?: AbortSignal) => Promise<void>;
}

interface Options {
  model?: string;
  messages?: never[];
  signal?: AbortSignal;
  timeout?: number;
  maxRetries?: number;
}

const ASKERS: Asker[] = [
  {
    client: "openai (node)",
    model: GPT,
    missing: NO_MODEL.openai,
    of: ({ openai }) => openai,
    async whole({ openai }, content, { model = GPT, messages = user(content), ...options } = {}) {
      return openai.chat.completions.create({ model, messages }, options);
    },
    async streamed({ openai }, content, seen, signal) {
      const body = { model: GPT, messages: user(content), stream: true as const };
      for await (const chunk of await openai.chat.completions.create(body, { signal })) if (chunk.id) seen?.();
    },
  },
  {
    client: "openai (node), responses",
    model: GPT,
    missing: NO_MODEL.openai,
    of: ({ openai }) => openai,
    async whole({ openai }, content, { model = GPT, messages, ...options } = {}) {
      return openai.responses.create({ model, input: messages ?? content }, options);
    },
    async streamed({ openai }, content, seen, signal) {
      const stream = await openai.responses.create({ model: GPT, input: content, stream: true }, { signal });
      for await (const event of stream) {
        // The client hands such an event on, as it does any other.
        if (event.type === "error") throw new OpenAI.APIError(undefined, event, event.message, undefined);
        if (event.type === "response.failed") throw new OpenAI.APIError(undefined, event, "failed", undefined);
        seen?.();
      }
    },
  },
  {
    client: "anthropic (node)",
    model: CLAUDE,
    missing: NO_MODEL.anthropic,
    of: ({ anthropic }) => anthropic,
    async whole({ anthropic }, content, { model = CLAUDE, messages = user(content), ...options } = {}) {
      return anthropic.messages.create({ model, max_tokens: 300, messages }, options);
    },
    async streamed({ anthropic }, content, seen, signal) {
      const body = { model: CLAUDE, max_tokens: 300, messages: user(content), stream: true as const };
      for await (const event of await anthropic.messages.create(body, { signal })) if (event.type) seen?.();
    },
  },
];

type Run = (world: World, asker: Asker) => Promise<void>;

const RUNS: Record<string, Run> = {
  async "400 names the field"(world, { whole, client }) {
    const error = await refusal(whole(world, "", { messages: [] }));
    assert.equal(error.status, 400);
    assert.equal(error.constructor.name, "BadRequestError");
    if (client.startsWith("openai")) assert.match(error.param ?? "", /^(messages|input)/);
    else assert.match(error.message, /messages/);
  },
  async "401 of a wrong key"(world, { whole }) {
    const wrong = { ...world, ...clientsOf(world.url, WRONG_KEY) };
    const profiles = { keys: { [WRONG_KEY]: { status: 401 } } };
    const error = await withProfiles(world, profiles, async () => refusal(whole(wrong, ask())));
    assert.deepEqual([error.status, error.constructor.name], [401, "AuthenticationError"]);
  },
  async "404 of a model"(world, { whole, missing: model }) {
    const profiles = { models: { [model]: { status: 404 } } };
    const error = await withProfiles(world, profiles, async () => refusal(whole(world, ask(), { model })));
    assert.deepEqual([error.status, error.constructor.name], [404, "NotFoundError"]);
  },
  async "500 of the provider"(world, { whole }) {
    const error = await refusal(whole(world, ask({ status: 500 }), { maxRetries: 0 }));
    assert.ok(error instanceof OpenAI.InternalServerError || error instanceof Anthropic.InternalServerError);
  },
  async "429 and the client's own retries"(world, asker) {
    if (world.edge) await burst(world, asker);
    else await retried(world, asker);
  },
  async "429 once the retries are used up"(world, { whole }) {
    const content = ask({ status: 429, retry_after: "1", retry_after_ms: 5 });
    const error = await refusal(whole(world, content, { maxRetries: 0, timeout: 60_000 }));
    assert.deepEqual([error.status, error.constructor.name], [429, "RateLimitError"]);
    assert.ok(error.headers?.get("retry-after"), "no retry-after");
  },
  async "its own timeout"(world, { whole }) {
    const since = await world.mock.callCount();
    const call = whole(world, ask({ delay_ms: 2_000 }), { timeout: 300, maxRetries: 0 });
    await assert.rejects(call, (error: Error) => error.constructor.name === "APIConnectionTimeoutError");
    await untilCalled(world, since);
  },
  async "abort before an answer"(world, { whole }) {
    const controller = new AbortController();
    const since = await world.mock.callCount();
    const call = whole(world, ask({ delay_ms: 1_000 }), { signal: controller.signal });
    const aborted = assert.rejects(call, (error: Error) => error.constructor.name === "APIUserAbortError");
    await Promise.all([aborted, untilCalled(world, since).then(() => controller.abort())]);
  },
  async "abort in mid-stream"(world, { streamed, whole }) {
    const controller = new AbortController();
    let seen = 0;
    const read = streamed(world, ask(PACE), () => ++seen === 5 && controller.abort(), controller.signal);
    await read.catch((error: Error) => assert.match(error.constructor.name, /Abort/));
    assert.ok(seen >= 5 && seen < 30, `${seen} pieces were read`);
    await whole(world, ask());
  },
  async "an error in mid-stream"(world, { streamed }) {
    let seen = 0;
    const content = ask({ fault: "error_in_200", fault_at: 0.5 });
    await refusal(streamed(world, content, () => seen++));
    assert.ok(seen > 1, "nothing came before it");
  },
  async "a stream that is cut"(world, { streamed }) {
    const cut = streamed(world, ask({ fault: "cut_stream", fault_at: 0.5 }));
    await assert.rejects(cut, "a cut answer was taken for a whole one");
  },
};

/** The provider refuses twice; the client waits as it is told, and is answered the third time. */
async function retried(world: World, { whole }: Asker): Promise<void> {
  const limited = { status: 429, retry_after: "0", retry_after_ms: 10 };
  const since = await world.mock.callCount();
  await withProfiles(world, { once: [limited, limited] }, async () => whole(world, ask()));
  const { calls } = await world.mock.calls(since);
  assert.deepEqual(
    calls.map(({ status }) => status),
    [429, 429, 200],
  );
}

/** More calls at once than a tenant may make: the server refuses some, and all are answered. */
async function burst(world: World, asker: Asker): Promise<void> {
  const statuses: number[] = [];
  const counting: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    statuses.push(response.status);
    return response;
  };
  const more = { fetch: counting };
  const { openai, anthropic } = world;
  const seen = { ...world, openai: openai.withOptions(more), anthropic: anthropic.withOptions(more) };
  await Promise.all(Array.from({ length: BURST }, async () => asker.whole(seen, ask({ answer: "Yes." }))));
  const refused = statuses.filter((status) => status === 429).length;
  assert.ok(refused > 0, "nothing was refused, so that nothing is shown");
  assert.equal(statuses.filter((status) => status === 200).length, BURST);
}

/** What a tenant may do at once, and by the second, in this proof; and what a burst asks for. */
export const TENANT_LIMITS = { TENANT_BURST: "40", TENANT_RATE_PER_S: "30" };
const BURST = 60;

/** A key that may spend nothing is refused in the client's own form, which for OpenAI is a 429. */
async function outOfBudget(world: World, { whole, client }: Asker): Promise<void> {
  const { secret } = await manage<{ secret: string }>(world, "POST", "/v1/keys", {
    name: `poor-${performance.now().toFixed()}`,
    scopes: ["executions:write"],
    daily_budget_usd: 0.000_001,
  });
  const poor = { ...world, ...clientsOf(world.url, secret) };
  const error = await refusal(whole(poor, ask()));
  assert.match(error.message, /budget/i);
  if (client.startsWith("openai")) assert.deepEqual([error.status, error.code], [429, "insufficient_quota"]);
  else assert.equal(error.status, 402);
}

/** The cases of errors and broken calls, for every client. */
export const ERROR_CASES: DoorCase[] = ASKERS.flatMap((asker) => [
  ...Object.entries(RUNS).map(([name, run]) => ({
    client: asker.client,
    name: `errors: ${name}`,
    run: async (world: World) => run(world, asker),
  })),
  {
    client: asker.client,
    name: "errors: 402 of a budget",
    needsEdge: true,
    run: async (world: World) => outOfBudget(world, asker),
  },
]);
