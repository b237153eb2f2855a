import assert from "node:assert/strict";
import { ask, CLAUDE, type DoorCase, EXTRA, GPT, REASONER, sentBody, user, type World } from "./world.ts";

const EVENT = { event: "x.mood", data: { type: "x.mood", mood: "calm" } };
const OPENAI = "openai (node)";
const ANTHROPIC = "anthropic (node)";

/** Fields, headers and events that nobody knows yet must go through as they are. */
export const RELAY_CASES: DoorCase[] = [
  {
    client: OPENAI,
    name: "untouched: a body of Chat Completions",
    async run(world) {
      const messages = [{ ...user(ask({ extra_fields: EXTRA }))[0], x_part: [1, { a: null }] }];
      const body = { model: GPT, messages, logit_bias: { 50256: -100 }, seed: 7, x_new: EXTRA, user: "u1" };
      const answer = await world.openai.chat.completions.create(body as never, { headers: { "OpenAI-Beta": "x=v1" } });
      assert.deepEqual(await sentBody(world, "/chat/completions"), body);
      assert.deepEqual((answer as never)["x_mood"], EXTRA.x_mood);
      const [request] = (await world.mock.requests()).slice(-1);
      assert.equal(request?.headers["openai-beta"], "x=v1");
    },
  },
  {
    client: OPENAI,
    name: "untouched: a body of Responses",
    async run(world) {
      const input = [
        { role: "user", content: [{ type: "input_text", text: ask({ extra_fields: EXTRA }), x_part: 1 }] },
      ];
      const body = {
        model: REASONER,
        input,
        include: ["reasoning.encrypted_content"],
        x_new: EXTRA,
        truncation: "auto",
      };
      const answer = await world.openai.responses.create(body as never);
      assert.deepEqual(await sentBody(world, "/responses"), body);
      assert.deepEqual((answer as never)["x_mood"], EXTRA.x_mood);
    },
  },
  {
    client: ANTHROPIC,
    name: "untouched: a body of Messages and its betas",
    async run(world) {
      const messages = [{ ...user(ask({ extra_fields: EXTRA }))[0], x_part: [1, { a: null }] }];
      const cached = [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral", ttl: "1h" } }];
      const body = { model: CLAUDE, max_tokens: 300, system: cached, messages, x_new: EXTRA, top_k: undefined };
      const headers = { "anthropic-beta": "context-1m-2025-08-07,x-new-2027-01-01" };
      const answer = await world.anthropic.messages.create(body as never, { headers });
      assert.deepEqual(await sentBody(world, "/messages"), JSON.parse(JSON.stringify(body)));
      assert.deepEqual((answer as never)["x_mood"], EXTRA.x_mood);
      const [request] = (await world.mock.requests()).slice(-1);
      assert.equal(request?.headers["anthropic-beta"], headers["anthropic-beta"]);
      assert.ok(request?.headers["anthropic-version"], "no anthropic-version");
    },
  },
  {
    client: OPENAI,
    name: "untouched: events of Chat Completions",
    async run({ openai }) {
      const messages = user(ask({ extra_events: [{ data: { ...EVENT.data, choices: [] } }], extra_fields: EXTRA }));
      const chunks: object[] = [];
      const stream = await openai.chat.completions.create({ model: GPT, messages, stream: true });
      for await (const chunk of stream) chunks.push(chunk);
      assert.ok(
        chunks.some((chunk) => "mood" in chunk),
        "the unknown chunk is lost",
      );
      assert.ok(
        chunks.every((chunk) => "mood" in chunk || "x_mood" in chunk),
        "unknown fields are lost",
      );
    },
  },
  {
    client: OPENAI,
    name: "untouched: events of Responses",
    async run({ openai }) {
      const body = { model: GPT, input: ask({ extra_events: [EVENT], extra_fields: EXTRA }), stream: true as const };
      const types: string[] = [];
      for await (const event of await openai.responses.create(body)) types.push(event.type);
      assert.ok(types.includes("x.mood"), "the unknown event is lost");
      assert.equal(types.at(-1), "response.completed");
    },
  },
  {
    client: ANTHROPIC,
    name: "untouched: events of Messages",
    async run({ anthropic }) {
      const messages = user(ask({ extra_events: [EVENT], extra_fields: EXTRA }));
      const events: object[] = [];
      const stream = await anthropic.messages.create({ model: CLAUDE, max_tokens: 200, messages, stream: true });
      for await (const event of stream) events.push(event);
      assert.ok(
        events.some((event) => "mood" in event),
        "the unknown event is lost",
      );
      assert.ok(
        events.every((event) => "mood" in event || "x_mood" in event),
        "unknown fields are lost",
      );
    },
  },
  {
    client: ANTHROPIC,
    name: "thinking with its signature",
    async run({ anthropic }) {
      const thinking = { type: "enabled" as const, budget_tokens: 1_024 };
      const body = { model: CLAUDE, max_tokens: 2_000, thinking };
      const profile = { reasoning: "Let me see.", answer: "So." };
      const whole = await anthropic.messages.create({ ...body, messages: user(ask(profile)) });
      const streamed = await anthropic.messages.stream({ ...body, messages: user(ask(profile)) }).finalMessage();
      for (const { content } of [whole, streamed]) {
        assert.deepEqual(content[0], { type: "thinking", thinking: "Let me see.", signature: "mock" });
      }
      const next = [...user(ask(profile)), { role: "assistant" as const, content: whole.content }, ...user(ask())];
      const again = await anthropic.messages.create({ ...body, messages: next });
      assert.equal(again.type, "message");
    },
  },
];

/** What an embedding is asked for, and the lists of models. */
const OTHERS: Record<string, (world: World) => Promise<void>> = {
  async "embeddings: float and base64"({ openai }) {
    const body = { model: "text-embedding-3-small", input: [ask({}, "a river"), ask({}, "a stone")] };
    const base64 = await openai.embeddings.create(body);
    const float = await openai.embeddings.create({ ...body, encoding_format: "float" });
    assert.equal(float.data.length, 2);
    assert.deepEqual(
      float.data.map(({ embedding }) => embedding),
      base64.data.map(({ embedding }) => embedding),
    );
    assert.equal(float.data[0]?.embedding.length, 1_536);
    assert.ok(float.usage.prompt_tokens > 0, "no usage");
  },
  async "embeddings: tokens and dimensions"({ openai }) {
    const input = [[1, 2, 3], [4]];
    const { data, usage } = await openai.embeddings.create({ model: "text-embedding-3-large", input, dimensions: 256 });
    assert.deepEqual(
      data.map(({ embedding }) => embedding.length),
      [256, 256],
    );
    assert.equal(usage.prompt_tokens, 4);
  },
  async "models: list and one"({ openai }) {
    const names: string[] = [];
    for await (const model of openai.models.list()) names.push(model.id);
    assert.ok(names.includes(GPT), `${GPT} is not listed`);
    assert.deepEqual(new Set(names).size, names.length, "a model is listed twice");
    assert.equal((await openai.models.retrieve(GPT)).id, GPT);
  },
};

/** The cases of embeddings and models. */
export const OTHER_CASES: DoorCase[] = [
  ...Object.entries(OTHERS).map(([name, run]) => ({ client: OPENAI, name, run })),
  {
    client: ANTHROPIC,
    name: "models: list and one",
    async run({ anthropic }) {
      const names: string[] = [];
      for await (const model of anthropic.models.list()) names.push(model.id);
      assert.ok(names.length > 0, "no model is listed");
      const model = await anthropic.models.retrieve(CLAUDE);
      assert.deepEqual([model.id, model.type], [CLAUDE, "model"]);
    },
  },
];
