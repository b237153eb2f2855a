import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { ask, type DoorCase, GPT, refusal, type World } from "./world.ts";

const CONVERSATIONS = 8;

/** What OpenAI keeps of responses, which only the key that made them can reach. */
const RUNS: Record<string, (world: World) => Promise<void>> = {
  async "read, list, delete"({ openai }) {
    const made = await openai.responses.create({ model: GPT, input: ask() });
    const read = await openai.responses.retrieve(made.id);
    assert.deepEqual(read.output, made.output);
    assert.equal(read.id, made.id);
    const items = await openai.responses.inputItems.list(made.id);
    assert.equal(items.data.length, 1);
    await openai.responses.delete(made.id);
    assert.equal((await refusal(openai.responses.retrieve(made.id))).status, 404);
  },
  async "of a stream"({ openai }) {
    const made = await openai.responses.stream({ model: GPT, input: ask() }).finalResponse();
    assert.equal((await openai.responses.retrieve(made.id)).output_text, made.output_text);
  },
  async "not where store is false"({ openai }) {
    const made = await openai.responses.create({ model: GPT, input: ask(), store: false });
    assert.equal((await refusal(openai.responses.retrieve(made.id))).status, 404);
  },
  async background({ openai }) {
    const made = await openai.responses.create({ model: GPT, input: ask(), background: true });
    assert.ok(["queued", "in_progress"].includes(made.status ?? ""), `it is ${made.status}`);
    const ended = await untilEnded(openai, made.id);
    assert.equal(ended.status, "completed");
    assert.ok(ended.output_text);
    assert.equal(ended.id, made.id);
  },
  async cancelled({ openai }) {
    const input = ask({ ttft_ms: 60_000 });
    const made = await openai.responses.create({ model: GPT, input, background: true });
    assert.equal((await openai.responses.cancel(made.id)).status, "cancelled");
    assert.equal((await openai.responses.retrieve(made.id)).status, "cancelled");
  },
  async "continued over a pool of keys"(world) {
    const { openai, mock } = world;
    const since = await mock.callCount();
    const first = Array.from({ length: CONVERSATIONS }, async () =>
      openai.responses.create({ model: GPT, input: ask() }),
    );
    const next = (await Promise.all(first)).map(async ({ id }) =>
      openai.responses.create({ model: GPT, input: ask(), previous_response_id: id }),
    );
    for (const { status } of await Promise.all(next)) assert.equal(status, "completed");
    const { calls } = await mock.calls(since);
    const keys = new Set(calls.map(({ key }) => key));
    if (world.edge) assert.equal(keys.size, 2, "only one key was used, so that nothing is shown");
    assert.deepEqual(calls.filter(({ status }) => status !== 200).length, 0, "a key was asked that does not have it");
  },
  async "continued while streamed"({ openai }) {
    const made = await openai.responses.stream({ model: GPT, input: ask() }).finalResponse();
    const body = { model: GPT, input: ask({ answer: "And on." }), previous_response_id: made.id };
    assert.equal((await openai.responses.stream(body).finalResponse()).output_text, "And on.");
  },
  async "continued where it is gone"({ openai }) {
    const body = { model: GPT, input: ask(), previous_response_id: "resp_00000000000000000000000000000000" };
    const error = await refusal(openai.responses.create(body));
    assert.equal(error.code, "previous_response_not_found");
    assert.equal(error.status, 400);
  },
};

/** Polls a response as OpenAI's guide to the background does, for at most ten seconds. */
async function untilEnded(openai: World["openai"], id: string) {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const response = await openai.responses.retrieve(id);
    if (response.status !== "queued" && response.status !== "in_progress") return response;
    assert.ok(performance.now() < deadline, `it is still ${response.status}`);
    await sleep(50);
  }
}

/** The cases of responses that are kept. */
export const KEPT_CASES: DoorCase[] = Object.entries(RUNS).map(([name, run]) => ({
  client: "openai (node)",
  name: `kept responses: ${name}`,
  run,
}));
