import assert from "node:assert/strict";
import type OpenAI from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import * as z from "zod";
import { PICTURE, PICTURE_URL } from "./picture.ts";
import { CALLS, EXPECTED_CALLS, PARAMETERS, TOOL_NAMES } from "./tools.ts";
import { ask, type DoorCase, user, type World } from "./world.ts";

type Response = OpenAI.Responses.Response;

const TOOLS = TOOL_NAMES.map((name) => ({ type: "function" as const, name, parameters: PARAMETERS, strict: false }));
const City = z.object({ name: z.string(), people: z.number() });

/** A case of Responses, for a model. */
type Run = (world: World, model: string) => Promise<void>;

/** What the client of Responses must be able to do with every model. */
const RUNS: Record<string, Run> = {
  async plain({ openai }, model) {
    const answer = await openai.responses.create({
      model,
      input: ask({ answer: "Grüezi." }),
      instructions: "Be brief.",
    });
    assert.equal(answer.object, "response");
    assert.equal(answer.status, "completed");
    assert.equal(answer.output_text, "Grüezi.");
    assert.ok(answer.usage && answer.usage.output_tokens > 0, "no usage");
  },
  async streamed({ openai }, model) {
    const stream = openai.responses.stream({ model, input: ask({ answer: "One two three." }) });
    const types: string[] = [];
    stream.on("event", ({ type }) => types.push(type));
    const answer = await stream.finalResponse();
    assert.equal(answer.output_text, "One two three.");
    const named = ["created", "output_item.added", "output_text.delta", "output_text.done", "completed"];
    const missing = named.filter((name) => !types.includes(`response.${name}`));
    assert.deepEqual(missing, [], "events are missing");
    assert.ok(answer.usage?.output_tokens, "no usage");
  },
  async "parallel tools"({ openai }, model) {
    const input: OpenAI.Responses.ResponseInput = user(ask(CALLS));
    const first = await openai.responses.create({ model, input, tools: TOOLS });
    assert.deepEqual(callsOf(first), EXPECTED_CALLS);
    const outputs = first.output.flatMap((item) =>
      item.type === "function_call"
        ? [{ type: "function_call_output" as const, call_id: item.call_id, output: "12 °C" }]
        : [],
    );
    const next = [...input, ...first.output, ...outputs, ...user(ask({ answer: "It is warm." }))];
    const last = await openai.responses.create({ model, input: next as typeof input, tools: TOOLS });
    assert.equal(last.status, "completed");
  },
  async "parallel tools, streamed"({ openai }, model) {
    const answer = await openai.responses.stream({ model, input: ask(CALLS), tools: TOOLS }).finalResponse();
    assert.deepEqual(callsOf(answer as Response), EXPECTED_CALLS);
  },
  async structured({ openai }, model) {
    const text = { format: zodTextFormat(City, "city") };
    const answer = await openai.responses.parse({ model, input: ask(), text });
    City.parse(answer.output_parsed);
  },
  async image(world, model) {
    const content = [
      { type: "input_text" as const, text: ask() },
      { type: "input_image" as const, image_url: PICTURE_URL, detail: "auto" as const },
    ];
    await world.openai.responses.create({ model, input: [{ role: "user", content }] });
    const sent = (await world.mock.requests()).at(-1);
    assert.ok(sent?.body?.includes(PICTURE), "the provider was not sent the picture");
  },
  async "cut off at its limit"({ openai }, model) {
    const answer = await openai.responses.create({ model, input: ask(), max_output_tokens: 16 });
    assert.equal(answer.status, "incomplete");
    assert.equal(answer.incomplete_details?.reason, "max_output_tokens");
  },
};

function callsOf({ output }: Response): unknown[] {
  return output.flatMap((item) => (item.type === "function_call" ? [[item.name, JSON.parse(item.arguments)]] : []));
}

/** The cases of Responses with a model. */
export function responsesCases(client: string, model: string, needsEdge: boolean): DoorCase[] {
  return Object.entries(RUNS).map(([name, run]) => ({
    client,
    name: `responses: ${name}`,
    needsEdge,
    run: async (world) => run(world, model),
  }));
}
