import { describe, expect, it } from "vitest";

import { KEY, marked, mockForTests } from "./mock-clients.ts";

const { mock, openai } = await mockForTests();

const MODEL = "text-embedding-3-small";

/** The vectors that a request is answered with. */
async function vectors(input: string | string[] | number[] | number[][], more: { dimensions?: number } = {}) {
  const { data } = await openai.embeddings.create({ model: MODEL, input, encoding_format: "float", ...more });
  return data.map(({ embedding }) => embedding);
}

const dot = (one: number[] = [], other: number[] = []) =>
  one.reduce((sum, part, index) => sum + part * (other[index] ?? 0), 0);

describe("the mock's embeddings", () => {
  it("are vectors of length 1 that the input alone decides", async () => {
    const [one, other, again] = await vectors(["a river", "a stone", "a river"]);
    expect(one).toHaveLength(1_536);
    expect(dot(one, one)).toBeCloseTo(1, 5);
    expect(again).toEqual(one);
    expect(Math.abs(dot(one, other))).toBeLessThan(0.2);
    expect(await vectors("a river")).toEqual([one]);
  });

  it("take tokens and lists of tokens, and count them", async () => {
    const { data, usage } = await openai.embeddings.create({
      model: MODEL,
      input: [
        [1, 2, 3],
        [4, 5],
      ],
    });
    expect(data.map(({ index }) => index)).toEqual([0, 1]);
    expect(usage).toEqual({ prompt_tokens: 5, total_tokens: 5 });
    expect(await vectors([1, 2, 3])).toEqual(await vectors([[1, 2, 3]]));
    expect(mock.calls()[0]).toMatchObject({ model: MODEL, prompt_tokens: 5, completion_tokens: 0, status: 200 });
  });

  it("are the same in base64, which the client asks for by itself", async () => {
    const { data } = await openai.embeddings.create({ model: MODEL, input: "a river" });
    expect(JSON.parse(mock.requests()[0]?.body ?? "")).toMatchObject({ encoding_format: "base64" });
    expect(data.map(({ embedding }) => embedding)).toEqual(await vectors("a river"));
  });

  it("are cut to fewer dimensions, and made as long again", async () => {
    const [whole = []] = await vectors("x");
    const [cut = []] = await vectors("x", { dimensions: 64 });
    expect(cut).toHaveLength(64);
    expect(dot(cut, cut)).toBeCloseTo(1, 5);
    expect(dot(cut, whole.slice(0, 64)) / Math.hypot(...whole.slice(0, 64))).toBeCloseTo(1, 5);
  });

  it("obey profiles and limits as completions do", async () => {
    await expect(vectors(marked({ status: 503 }))).rejects.toMatchObject({ status: 503 });
    mock.limit({ keys: { [KEY]: { rpm: 0 } } });
    await expect(vectors("x")).rejects.toMatchObject({ status: 429 });
  });

  it.each([
    ["an empty text", { input: "" }],
    ["no input", { input: [] }],
    ["too many dimensions", { input: "x", dimensions: 1_537 }],
    ["dimensions of a model that has only one length", { model: "text-embedding-ada-002", input: "x", dimensions: 2 }],
  ])("refuse %s", async (_what, body) => {
    await expect(openai.embeddings.create({ model: MODEL, ...body })).rejects.toMatchObject({ status: 400 });
  });

  it("are billed by the tokens of their inputs, apart from completions", async () => {
    await vectors("four bytes each");
    const usage = async (kind: string) => {
      const response = await fetch(`${mock.openaiBaseUrl}/organization/usage/${kind}`);
      const { data } = (await response.json()) as { data: { results: object[] }[] };
      return data.flatMap(({ results }) => results);
    };
    expect(await usage("embeddings")).toMatchObject([{ input_tokens: 4, num_model_requests: 1, model: MODEL }]);
    expect(await usage("completions")).toEqual([]);
  });
});
