import assert from "node:assert/strict";
import { PICTURE_URL } from "./picture.ts";
import { ask, CLAUDE, type DoorCase, GPT, manage, sentBody, user, withProfiles, type World } from "./world.ts";

/** A prompt with a variable of each kind that OpenAI's stored prompts have. */
const PROMPT = {
  name: "doors/greet",
  model: GPT,
  messages: [
    { role: "system", content: "Greet {{ who }} in {{ language }}." },
    { role: "user", content: "Hello. {{ more }}" },
  ],
  variables: { who: "string", language: "string", more: "string" },
};
const VARIABLES = { who: "Ada", language: "German" };
const PICTURED = {
  name: "doors/look",
  model: GPT,
  messages: [{ role: "user", content: [{ type: "image", image: "{{ photo }}" }] }],
  variables: { photo: "image" },
};

async function publish(world: World): Promise<void> {
  for (const prompt of [PROMPT, PICTURED]) {
    const path = `/v1/prompts/${encodeURIComponent(prompt.name)}`;
    await manage(world, "PUT", path, prompt);
    await manage(world, "PUT", `${path}/labels/production`, { version: 1 });
  }
}

const RESTART = { "x-pbt-stream-restart": "continue" };
/** An answer that is cut between its halves. */
const HALVES = ["Down by the river", " there is an old mill, and nobody grinds in it."] as const;

/** A stream that its provider cuts, and goes on with: anew, or with the `rest` of a prefix. */
async function overACut(
  world: World,
  streamed: (content: string) => Promise<string>,
  rest = HALVES.join(""),
): Promise<void> {
  const cut = { answer: HALVES[0], fault: "cut_stream" as const, fault_at: 1 };
  const text = await withProfiles(world, { once: [cut, { answer: rest }] }, async () => streamed(ask()));
  assert.equal(text, HALVES.join(""));
}

/** What the server adds: stored prompts by two names, and other models where one fails. */
const RUNS: Record<string, (world: World) => Promise<void>> = {
  async "stored prompt as a model, in chat"(world) {
    const { openai } = world;
    await publish(world);
    for (const model of ["prompt:doors/greet@production", "prompt:doors/greet#1", "prompt:doors/greet"]) {
      const metadata = { ...VARIABLES, more: ask({ answer: "Hallo Ada." }) };
      const answer = await openai.chat.completions.create({ model, messages: user("And be brief."), metadata });
      assert.equal(answer.choices[0]?.message.content, "Hallo Ada.");
      const sent = JSON.stringify(await sentBody(world, "/chat/completions"));
      assert.match(sent, /Greet Ada in German\..*And be brief\./);
    }
  },
  async "stored prompt as a model, streamed"(world) {
    await publish(world);
    const metadata = { ...VARIABLES, more: ask({ answer: "Hallo du." }) };
    const model = "prompt:doors/greet@production";
    const stream = world.openai.chat.completions.stream({ model, messages: user("Be brief."), metadata });
    assert.equal((await stream.finalChatCompletion()).choices[0]?.message.content, "Hallo du.");
  },
  async "stored prompt as a model, in messages"(world) {
    await publish(world);
    const prompt_variables = { ...VARIABLES, more: ask({ answer: "Hallo Ada." }) };
    const body = {
      model: "prompt:doors/greet@production",
      max_tokens: 100,
      messages: user("Be brief."),
      prompt_variables,
    };
    const answer = await world.anthropic.messages.create(body);
    assert.deepEqual(
      answer.content.flatMap((block) => (block.type === "text" ? [block.text] : [])),
      ["Hallo Ada."],
    );
  },
  async "stored prompt of Responses, by id, version and variables"(world) {
    await publish(world);
    const more = { type: "input_text" as const, text: ask({ answer: "Hallo Ada." }) };
    const prompt = { id: "doors/greet", version: "1", variables: { ...VARIABLES, more } };
    const answer = await world.openai.responses.create({ prompt, input: "And be brief." });
    assert.equal(answer.output_text, "Hallo Ada.");
    const streamed = { ...prompt, variables: { ...VARIABLES, more: ask({ answer: "Hallo du." }) } };
    const { output_text } = await world.openai.responses.stream({ prompt: streamed, input: "Now." }).finalResponse();
    assert.equal(output_text, "Hallo du.");
  },
  async "stored prompt of Responses, with a picture"(world) {
    await publish(world);
    const photo = { type: "input_image" as const, image_url: PICTURE_URL, detail: "auto" as const };
    await world.openai.responses.create({ prompt: { id: "doors/look", variables: { photo } }, input: ask() });
    const sent = (await world.mock.requests()).at(-1);
    assert.ok(sent?.body?.includes(PICTURE_URL), "the provider was not sent the picture");
  },
  async "a model that takes over"(world) {
    const models = { "gpt-broken": { status: 500 } };
    const body = { model: "gpt-broken", messages: user(ask({ answer: "I am here." })) };
    const headers = { "x-pbt-fallback-models": CLAUDE };
    const answer = await withProfiles(world, { models }, async () =>
      world.openai.chat.completions.create(body, { headers }),
    );
    assert.equal(answer.model, CLAUDE);
    assert.equal(answer.choices[0]?.message.content, "I am here.");
  },
  async "a cut stream that goes on, in chat"(world) {
    await overACut(world, async (content) => {
      const body = { model: GPT, messages: user(content), stream: true as const };
      let text = "";
      for await (const { choices } of await world.openai.chat.completions.create(body, { headers: RESTART })) {
        text += choices[0]?.delta.content ?? "";
      }
      return text;
    });
  },
  async "a cut stream that goes on, in Responses"(world) {
    await overACut(world, async (input) => {
      const stream = world.openai.responses.stream({ model: GPT, input }, { headers: RESTART });
      return (await stream.finalResponse()).output_text;
    });
  },
  async "a cut stream that goes on from a prefix, in messages"(world) {
    const rest = HALVES[1];
    await overACut(
      world,
      async (content) => {
        const body = { model: CLAUDE, max_tokens: 300, messages: user(content) };
        return world.anthropic.messages.stream(body, { headers: RESTART }).finalText();
      },
      rest,
    );
    const sent = await sentBody(world, "/messages");
    assert.deepEqual((sent["messages"] as object[]).at(-1), { role: "assistant", content: HALVES[0] });
  },
  async "the same answer twice"(world) {
    const { openai, mock } = world;
    const since = await mock.callCount();
    const body = { model: GPT, messages: user(ask()), temperature: 0 };
    const [first, again] = [await openai.chat.completions.create(body), await openai.chat.completions.create(body)];
    assert.deepEqual(again.choices, first.choices);
    assert.equal((await mock.callCount()) - since, 1);
  },
};

/** The cases of what only the server has. */
export const OWN_CASES: DoorCase[] = Object.entries(RUNS).map(([name, run]) => ({
  client: name.endsWith("messages") ? "anthropic (node)" : "openai (node)",
  name: `ours: ${name}`,
  needsEdge: true,
  run,
}));
