import type Anthropic from "@anthropic-ai/sdk";
import type OpenAI from "openai";
import { toFile } from "openai";
import { describe, expect, it } from "vitest";

import type { BatchBehaviour } from "../../load/mock/mock-provider.ts";
import { marked, mockForTests } from "./mock-clients.ts";

let now = Date.UTC(2026, 10, 24);
const { mock, openai, anthropic } = await mockForTests({ clock: () => now });

const LETTERS = ["a", "b", "c", "d", "e", "f", "g", "h"];
const HOUR = 3_600_000;

function behave(batch: BatchBehaviour): void {
  mock.configure({ default: { batch } });
}

function chatOf(content: string) {
  return { model: "gpt-4o", messages: [{ role: "user" as const, content }] };
}

async function upload(lines: string[], purpose: "batch" | "fine-tune" = "batch"): Promise<string> {
  const file = await toFile(Buffer.from(`${lines.join("\n")}\n`), "input.jsonl");
  return (await openai.files.create({ file, purpose })).id;
}

const line = (id: string, body: object = chatOf(id)) =>
  JSON.stringify({ custom_id: id, method: "POST", url: "/v1/chat/completions", body });

async function openaiBatch(lines = LETTERS.map((id) => line(id)), metadata = {}): Promise<OpenAI.Batch> {
  return openai.batches.create({
    input_file_id: await upload(lines),
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
    metadata,
  });
}

async function linesOf(fileId: string | null | undefined): Promise<Record<string, unknown>[]> {
  if (typeof fileId !== "string") return [];
  const text = await (await openai.files.content(fileId)).text();
  return text
    .trim()
    .split("\n")
    .map((each) => JSON.parse(each) as Record<string, unknown>);
}

describe("OpenAI's batches", () => {
  it("answer each item like a completion, with its custom_id", async () => {
    const batch = await openaiBatch();
    expect(batch).toMatchObject({ object: "batch", status: "validating", request_counts: { total: 8, completed: 0 } });
    const ended = await openai.batches.retrieve(batch.id);
    expect(ended).toMatchObject({ status: "completed", request_counts: { total: 8, completed: 8, failed: 0 } });
    const lines = await linesOf(ended.output_file_id);
    expect(lines.map((each) => each["custom_id"])).toEqual(LETTERS);
    const whole = await openai.chat.completions.create(chatOf("a"));
    expect(lines[0]).toMatchObject({
      id: expect.stringMatching(/^batch_req_/),
      error: null,
      response: { status_code: 200, body: { choices: whole.choices, usage: whole.usage } },
    });
  });

  it("take the profile's delay", async () => {
    behave({ delay_ms: HOUR });
    const { id } = await openaiBatch();
    now += HOUR - 1;
    expect(await openai.batches.retrieve(id)).toMatchObject({ status: "in_progress", output_file_id: null });
    now += 1;
    expect(await openai.batches.retrieve(id)).toMatchObject({
      status: "completed",
      completed_at: Math.floor(now / 1000),
    });
  });

  it("expire with the items that were not executed in the error file", async () => {
    behave({ expired: 0.5 });
    const ended = await openai.batches.retrieve((await openaiBatch()).id);
    const [done, failed] = [await linesOf(ended.output_file_id), await linesOf(ended.error_file_id)];
    expect(ended.status).toBe("expired");
    expect([done.length > 0, failed.length > 0, done.length + failed.length]).toEqual([true, true, 8]);
    expect(failed[0]).toMatchObject({ response: null, error: { code: "batch_expired" } });
    expect(ended.request_counts).toEqual({ total: 8, completed: done.length, failed: failed.length });
  });

  it("have a refused item in the error file, with the status and body of the refusal", async () => {
    const bad = line("bad", { ...chatOf("x"), max_tokens: 0 });
    const limited = line("limited", chatOf(marked({ status: 429 })));
    const ended = await openai.batches.retrieve((await openaiBatch([bad, line("good"), limited])).id);
    expect(ended.status).toBe("completed");
    expect(await linesOf(ended.error_file_id)).toMatchObject([
      { custom_id: "bad", response: { status_code: 400, body: { error: { param: "max_tokens" } } }, error: null },
      { custom_id: "limited", response: { status_code: 429 } },
    ]);
  });

  it.each([
    ["a line that is not JSON", [line("a"), "{"], "invalid_json_line"],
    ["a duplicate custom_id", [line("a"), line("a")], "duplicate_custom_id"],
    ["two models", [line("a"), line("b", { ...chatOf("b"), model: "gpt-5" })], "mismatched_model"],
  ])("fail as a whole for %s", async (_what, lines, code) => {
    const ended = await openai.batches.retrieve((await openaiBatch(lines)).id);
    expect(ended).toMatchObject({ status: "failed", output_file_id: null, errors: { data: [{ code, line: 2 }] } });
  });

  it("can be controlled by a marker in their first item", async () => {
    const lines = [line("a", chatOf(marked({ batch: { expired: 1 } }))), line("b")];
    expect((await openai.batches.retrieve((await openaiBatch(lines)).id)).status).toBe("expired");
  });

  it("keep the results of items that were executed before a cancellation", async () => {
    behave({ delay_ms: 1_000 });
    const { id } = await openaiBatch();
    now += 500;
    expect((await openai.batches.cancel(id)).status).toBe("cancelling");
    const ended = await openai.batches.retrieve(id);
    expect(ended).toMatchObject({ status: "cancelled", request_counts: { completed: 4, failed: 4 } });
    expect((await linesOf(ended.error_file_id))[0]).toMatchObject({ error: { code: "batch_cancelled" } });
    await expect(openai.batches.cancel(id)).rejects.toMatchObject({ status: 409 });
  });

  it("are listed newest first, in pages, with their metadata, and only for their own key", async () => {
    for (const nonce of ["1", "2", "3"]) await openaiBatch([line("a")], { nonce });
    const nonces: unknown[] = [];
    for await (const batch of openai.batches.list({ limit: 2 })) nonces.push(batch.metadata?.["nonce"]);
    expect(nonces).toEqual(["3", "2", "1"]);
    const other = openai.withOptions({ apiKey: "sk-other" });
    expect((await other.batches.list()).data).toEqual([]);
  });

  it("refuse a file of another purpose, a file of another key and another endpoint", async () => {
    const create = async (changes: object, client = openai) =>
      client.batches.create({
        input_file_id: await upload([line("a")]),
        endpoint: "/v1/chat/completions",
        completion_window: "24h",
        ...changes,
      });
    await expect(create({ input_file_id: await upload([line("a")], "fine-tune") })).rejects.toThrow(/purpose/);
    await expect(create({ endpoint: "/v1/nowhere" })).rejects.toMatchObject({ status: 400, param: "endpoint" });
    await expect(create({}, openai.withOptions({ apiKey: "sk-other" }))).rejects.toMatchObject({ status: 404 });
  });
});

const messageOf = (content: string) => ({
  model: "claude-test",
  max_tokens: 400,
  messages: [{ role: "user" as const, content }],
});
const requestsOf = (ids: string[]) => ids.map((id) => ({ custom_id: id, params: messageOf(id) }));

async function resultsOf(id: string): Promise<Anthropic.Messages.MessageBatchIndividualResponse[]> {
  const all = [];
  for await (const result of await anthropic.messages.batches.results(id)) all.push(result);
  return all;
}

describe("Anthropic's message batches", () => {
  it("answer each item like a message", async () => {
    const batch = await anthropic.messages.batches.create({ requests: requestsOf(LETTERS) });
    expect(batch).toMatchObject({ type: "message_batch", processing_status: "in_progress", results_url: null });
    expect(batch.request_counts).toMatchObject({ processing: 8, succeeded: 0 });
    const ended = await anthropic.messages.batches.retrieve(batch.id);
    expect(ended).toMatchObject({ processing_status: "ended", request_counts: { processing: 0, succeeded: 8 } });
    const whole = await anthropic.messages.create(messageOf("a"));
    const { content, usage } = whole;
    expect((await resultsOf(batch.id))[0]).toMatchObject({
      custom_id: "a",
      result: { type: "succeeded", message: { type: "message", content, usage } },
    });
  });

  it("have results in a shuffled order that only depends on the seed", async () => {
    behave({ shuffle: true });
    const order = async () => {
      const { id } = await anthropic.messages.batches.create({ requests: requestsOf(LETTERS) });
      return (await resultsOf(id)).map((result) => result.custom_id);
    };
    const first = await order();
    expect(first).not.toEqual(LETTERS);
    expect(first.toSorted()).toEqual(LETTERS);
    expect(await order()).toEqual(first);
  });

  it("distinguish errored, expired and canceled items", async () => {
    behave({ delay_ms: 1_000, expired: 0.3, errored: 0.3 });
    const requests = requestsOf(Array.from({ length: 200 }, (_none, index) => `item-${index}`));
    const { id } = await anthropic.messages.batches.create({ requests });
    await expect(anthropic.messages.batches.results(id)).rejects.toThrow(/results_url/);
    now += 500;
    expect(await anthropic.messages.batches.cancel(id)).toMatchObject({ processing_status: "canceling" });
    const { request_counts: counts } = await anthropic.messages.batches.retrieve(id);
    expect(counts).toMatchObject({ processing: 0, canceled: 100 });
    const types = (await resultsOf(id)).map(({ result }) => result.type);
    for (const type of ["succeeded", "errored", "expired", "canceled"] as const) {
      expect([type, types.filter((each) => each === type).length]).toEqual([type, counts[type]]);
      expect(counts[type]).toBeGreaterThan(10);
    }
  });

  it("validate an item when it is executed", async () => {
    const params = { ...messageOf("x"), max_tokens: 0 };
    const { id } = await anthropic.messages.batches.create({ requests: [{ custom_id: "bad", params }] });
    expect(await resultsOf(id)).toMatchObject([
      { result: { type: "errored", error: { type: "error", error: { type: "invalid_request_error" } } } },
    ]);
  });

  it.each([
    ["no requests", [], /at least 1 item/],
    ["a duplicate custom_id", requestsOf(["a", "a"]), /Duplicate/],
    ["a custom_id with a space", requestsOf(["a b"]), /pattern/],
  ])("refuse %s at once", async (_what, requests, message) => {
    const error = await anthropic.messages.batches.create({ requests }).catch((each: unknown) => each);
    expect(error).toMatchObject({ status: 400, message: expect.stringMatching(message) });
  });

  it("are listed newest first and in pages", async () => {
    const made: string[] = [];
    for (const id of ["1", "2", "3"])
      made.push((await anthropic.messages.batches.create({ requests: requestsOf([id]) })).id);
    const listed: string[] = [];
    for await (const batch of anthropic.messages.batches.list({ limit: 2 })) listed.push(batch.id);
    expect(listed).toEqual(made.toReversed());
  });
});

describe("a call of a batch API", () => {
  it("is in the call log with the number of its items", async () => {
    await openaiBatch();
    await anthropic.messages.batches.create({ requests: requestsOf(["a", "b"]) });
    expect(mock.calls()).toMatchObject([
      { provider: "openai", path: "/v1/files", status: 200 },
      { provider: "openai", path: "/v1/batches", batch_items: 8 },
      { provider: "anthropic", path: "/v1/messages/batches", batch_items: 2 },
    ]);
  });

  it("can be refused, and can do its work while its answer is lost", async () => {
    mock.configure({ once: [{ status: 529 }] });
    const create = () => anthropic.messages.batches.create({ requests: requestsOf(["a"]) });
    await expect(create()).rejects.toMatchObject({ status: 529 });
    expect((await anthropic.messages.batches.list()).data).toHaveLength(0);
    mock.configure({ once: [{ fault: "cut_stream" }] });
    await expect(create()).rejects.toThrow(/terminated|Connection error/);
    expect((await anthropic.messages.batches.list()).data).toHaveLength(1);
  });

  it("needs a key and a known id", async () => {
    expect((await fetch(`${mock.url}/v1/batches`)).status).toBe(401);
    await expect(openai.batches.retrieve("batch_none")).rejects.toMatchObject({ status: 404 });
    await expect(anthropic.messages.batches.retrieve("msgbatch_none")).rejects.toMatchObject({ status: 404 });
  });

  it("rejects an invalid behaviour", async () => {
    const put = (batch: unknown) =>
      fetch(`${mock.url}/__mock/profile`, { method: "PUT", body: JSON.stringify({ default: { batch } }) });
    for (const batch of [{ expired: 2 }, { delay_ms: "1" }, { shuffle: 1 }, { other: 1 }, 1]) {
      expect((await put(batch)).status).toBe(400);
    }
  });
});
