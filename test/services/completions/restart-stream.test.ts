import { describe, expect, it } from "vitest";
import type { CompletionRequest, StreamPart } from "../../../src/domain/completions/completion.ts";
import { spentOn } from "../../../src/domain/completions/attempt.ts";
import { AppError } from "../../../src/domain/errors.ts";
import { textOfMessage } from "../../../src/domain/completions/message.ts";
import {
  brokenOff,
  chunksOf,
  type CutAnswer,
  cutStreams,
  finishOf,
  outcomesOf,
  usageOf,
} from "../../support/cut-streams.ts";
import { unitAt } from "../../../load/harness/random.ts";

/** Takes a prefix, does not take one, and has an API that takes none. */
const [PREFIXED, REFUSES, GPT] = ["claude-haiku-4-5", "claude-opus-5-5", "gpt-4o-mini"];
const TEXT = 'Rivers,\n\n  "ä" and 🦊🦊:\t{"a": [1, 2]}  \u00a0\nend 👩‍👩‍👧.';

/** What a model says of the text: what it is sent of it, it does not repeat. */
function restFor({ messages }: CompletionRequest): string {
  const last = messages.at(-1);
  if (last?.role !== "assistant") return TEXT;
  const prefix = textOfMessage(last);
  if (prefix.trimEnd() !== prefix || !TEXT.startsWith(prefix)) throw new AppError("bad_request", "a faulty prefix");
  return TEXT.slice(prefix.length);
}

/** Numbers in [0, 1), the same ones for the same seed. */
const createRandom = (seed: number) => {
  let ordinal = 0;
  return () => unitAt(seed, ordinal++);
};

/** The first call breaks off after so many units of the text; the others say the rest. */
const cutAt = (end: number, seed: number, cuts = 1): CutAnswer => {
  const random = createRandom(seed);
  return async function* answer(request, call) {
    const text = restFor(request);
    const isCut = call < cuts;
    yield* chunksOf(text, random, isCut ? Math.min(end, text.length) : undefined);
    if (isCut) throw brokenOff();
    yield finishOf(request.model);
  };
};
const text = (said: string): StreamPart => ({ type: "text", text: said });
/** One answer after the other; an error ends the one that it is in. */
const inTurn = (...answers: (StreamPart | AppError)[][]): CutAnswer =>
  async function* answer(_request, call) {
    for (const part of answers[call] ?? []) {
      if (part instanceof AppError) throw part;
      yield part;
    }
  };

describe("a stream that is cut and restarts", () => {
  it.each([
    ["the next model, with a prefix", [GPT, PREFIXED]],
    ["the same model, with a prefix", [PREFIXED]],
    ["the next model, anew", [PREFIXED, GPT]],
    ["a model that refuses a prefix, anew", [GPT, REFUSES]],
    ["the same model, anew", [GPT]],
  ])("goes on with %s, to the same text wherever it was cut", async (_what, models) => {
    for (let end = 1; end <= TEXT.length; end++) {
      const { stream, requests } = cutStreams(cutAt(end, end));
      const { text: read, result, error } = await stream(models);
      expect([end, error, read]).toEqual([end, undefined, TEXT]);
      expect(result).toMatchObject({
        is_joined: true,
        completion: { text: TEXT },
        candidate: { model: models.at(-1) },
      });
      expect(outcomesOf(result?.attempts)).toEqual([`${models[0]} failed`, `${models.at(-1)} answered`]);
      const sent = requests[1]?.messages.at(-1);
      const prefix = TEXT.slice(0, end).replace(/[\s\ud800-\udbff]+$/, "");
      expect(sent).toEqual(
        models.at(-1) === PREFIXED ? { role: "assistant", content: prefix } : { role: "user", content: "hi" },
      );
    }
  });

  it("goes on twice, and then ends with the last error", async () => {
    const twice = await cutStreams(cutAt(7, 3, 2)).stream([PREFIXED]);
    expect([twice.text, twice.result?.attempts.length]).toEqual([TEXT, 3]);
    const { text: read, error } = await cutStreams(cutAt(7, 3, 3)).stream([PREFIXED]);
    expect([read, error?.error.detail, error?.attempts.length]).toEqual([
      TEXT.slice(0, read.length),
      "a stream that broke off",
      3,
    ]);
  });

  it("owns, reserves and settles each call once", async () => {
    const { stream, ledger } = cutStreams(cutAt(9, 1));
    await stream([PREFIXED, GPT]);
    expect(ledger.toSorted()).toEqual(
      ["own 1", "reserve", "settle", "end failed", "own 2", "reserve", "settle", "end passed"].toSorted(),
    );
  });

  it("costs what all its calls cost", async () => {
    const stated: StreamPart = { type: "usage", usage: usageOf(100, 1), final: false, model: PREFIXED };
    const first = [stated, text("One, "), brokenOff()];
    const { stream } = cutStreams(inTurn(first, [text("two."), finishOf(PREFIXED, usageOf(110, 4))]));
    const { text: read, result } = await stream([PREFIXED]);
    expect(read).toBe("One, ");
    expect(result).toBeUndefined();
    const again = cutStreams(inTurn(first, [text(" two."), finishOf(PREFIXED, usageOf(110, 4))]));
    const whole = await again.stream([PREFIXED]);
    expect(whole.text).toBe("One, two.");
    const spent = spentOn(whole.result?.attempts ?? []);
    expect(spent).toMatchObject({ prompt_tokens: 210, usage_estimated: true });
    expect(spent.completion_tokens).toBeGreaterThan(4);
  });

  it("asks for as many tokens as are left", async () => {
    const { stream, requests } = cutStreams(inTurn([text("x".repeat(400)), brokenOff()], [finishOf(PREFIXED)]));
    await stream([PREFIXED]);
    expect(requests.map(({ parameters }) => parameters.max_tokens)).toEqual([1_000, 900]);
  });

  it("is checked against its output schema as one text", async () => {
    const output_schema = { type: "object", properties: { a: { type: "number" } }, required: ["a"] };
    const input = { messages: [{ role: "user" as const, content: "hi" }], parameters: {}, output_schema };
    const [json, off] = [inTurn([text('{"a"'), brokenOff()], [text('{"a": 1}'), finishOf(GPT)]), '{"a": "b"}'];
    expect((await cutStreams(json).stream([GPT], { input })).result?.output_json).toEqual({ a: 1 });
    const wrong = cutStreams(inTurn([text('{"a"'), brokenOff()], [text(off), finishOf(GPT)]));
    const { text: read, error } = await wrong.stream([GPT], { input });
    expect([read, error?.error.detail]).toEqual([off, "The model's answer does not fit the prompt's output_schema."]);
    expect(wrong.requests).toHaveLength(2);
  });

  it("does not pass on the reasoning of the second call, and keeps that of the first", async () => {
    const thought = (said: string): StreamPart => ({ type: "reasoning", text: said });
    const { stream } = cutStreams(
      inTurn(
        [thought("first"), text("An "), brokenOff()],
        [thought("second"), text("An answer"), thought("third"), text("."), finishOf(GPT)],
      ),
    );
    const input = { messages: [{ role: "user" as const, content: "hi" }], parameters: {}, reasoning: true };
    const { reasoning, text: read, result } = await stream([GPT], { input });
    expect([reasoning, read, result?.completion.reasoning]).toEqual(["first", "An answer.", "first"]);
  });

  it("passes on the calls of tools that come after the text", async () => {
    const called: StreamPart = { type: "tool_call", index: 0, call: { id: "c", name: "look", arguments: "{}" } };
    const { stream } = cutStreams(inTurn([text("Let me "), brokenOff()], [text("Let me see."), called, finishOf(GPT)]));
    const { types, text: read, result } = await stream([GPT]);
    expect([types, read, result?.completion.tool_calls?.length]).toEqual([
      ["text", "tool_call", "result"],
      "Let me see.",
      1,
    ]);
  });
});

describe("a stream that is cut ends with the error that cut it", () => {
  const other = (at: number) => `${TEXT.slice(0, at)}#${TEXT.slice(at + 1)}`;

  it.each([GPT, REFUSES])("where %s says something else, and nothing of that is passed on", async (model) => {
    const end = 30;
    for (let at = 0; at < end; at++) {
      const random = createRandom(at);
      const { stream, requests, ledger } = cutStreams(async function* answer(_request, call) {
        yield* call === 0 ? chunksOf(TEXT, random, end) : chunksOf(other(at), random);
        if (call === 0) throw brokenOff();
        yield finishOf(model);
      });
      const { text: read, result, error } = await stream([GPT, model]);
      expect([at, read, result]).toEqual([at, TEXT.slice(0, end), undefined]);
      expect([error?.error.detail, requests.length]).toEqual(["a stream that broke off", 2]);
      expect(outcomesOf(error?.attempts)).toEqual([`${GPT} failed`, `${model} rejected`]);
      expect(error?.attempts[1]?.usage).not.toBeNull();
      expect(ledger.filter((each) => /settle|end|abort/.test(each))).toEqual([
        "settle",
        "end failed",
        "settle",
        "abort nothing",
      ]);
    }
  });

  it.each([
    ["ends before that", [text("On"), finishOf(GPT)]],
    ["says nothing", [finishOf(GPT)]],
    [
      "calls a tool in place of it",
      [{ type: "tool_call", index: 0, call: { id: "c", name: "n", arguments: "{}" } } as const, finishOf(GPT)],
    ],
  ])("where the second call %s", async (_what, second) => {
    const { stream } = cutStreams(inTurn([text("One, two"), brokenOff()], second));
    const { text: read, types, error } = await stream([GPT]);
    expect([read, types, error?.error.detail]).toEqual(["One, two", ["text"], "a stream that broke off"]);
    expect(outcomesOf(error?.attempts)).toEqual([`${GPT} failed`, `${GPT} rejected`]);
  });

  it("where no other call can be made, and tells of all that were tried", async () => {
    const refused = new AppError("bad_request", "not this one");
    const { stream } = cutStreams(inTurn([text("One"), brokenOff()], [refused]));
    const { error } = await stream([GPT]);
    expect([error?.error.detail, outcomesOf(error?.attempts)]).toEqual([
      "a stream that broke off",
      [`${GPT} failed`, `${GPT} failed`],
    ]);
  });

  const called: StreamPart = { type: "tool_call", index: 0, call: { id: "c", name: "n", arguments: "{}" } };
  it.each([
    ["a call of a tool was passed on", [called]],
    ["a call of a tool was passed on before its text", [called, text("Two")]],
    ["reasoning breaks off", [{ type: "reasoning", text: "hm" }]],
    ["events were relayed", [{ type: "relayed", text: "data: {}\n\n" }, text("Two")]],
  ] satisfies [string, StreamPart[]][])("at once where %s", async (_what, parts) => {
    const { stream, requests } = cutStreams(inTurn([text("One"), ...parts, brokenOff()]));
    const input = { messages: [{ role: "user" as const, content: "hi" }], parameters: {}, reasoning: true };
    const { error } = await stream([GPT], { input });
    expect([error?.error.detail, requests.length]).toEqual(["a stream that broke off", 1]);
  });

  it("at once where its client does not ask for more, and where no call could mend it", async () => {
    const plain = cutStreams(cutAt(5, 1));
    expect((await plain.stream([GPT, PREFIXED], { restarts: () => false })).error?.attempts).toHaveLength(1);
    const final = cutStreams(inTurn([text("One"), new AppError("provider_error", "no more")]));
    expect((await final.stream([GPT, PREFIXED])).error?.attempts).toHaveLength(1);
  });

  it("at once where its reader has left by then", async () => {
    let hasReader = true;
    const world = cutStreams(async function* answer() {
      yield text("One");
      hasReader = false;
      throw brokenOff();
    });
    const { error } = await world.stream([GPT, PREFIXED], { restarts: () => hasReader });
    expect(outcomesOf(error?.attempts)).toEqual([`${GPT} failed`]);
  });

  it("at once where the execution's time is up", async () => {
    const world = cutStreams(async function* answer() {
      yield text("One");
      world.abort();
      throw brokenOff();
    });
    const { error } = await world.stream([GPT, PREFIXED]);
    expect(outcomesOf(error?.attempts)).toEqual([`${GPT} cancelled`]);
  });

  it("where the budget of retries is used up, which it shares with all executions", async () => {
    const broken = cutStreams(async function* answer() {
      yield text("One");
      throw brokenOff();
    });
    for (let execution = 0; execution < 40; execution++) await broken.stream([GPT]);
    const before = broken.requests.length;
    await broken.stream([GPT]);
    expect(broken.requests.length - before).toBeLessThan(3);
  });
});

describe("a reader that leaves a restarted stream", () => {
  it("ends its second call, which is settled once", async () => {
    const { maker, call, ledger } = cutStreams(cutAt(9, 1));
    const { parts } = await maker.stream(call([PREFIXED]));
    let read = "";
    for await (const part of parts) {
      if (part.type === "text") read += part.text;
      if (read.length > 9) break;
    }
    expect(ledger.filter((each) => /settle|end|abort/.test(each))).toEqual([
      "settle",
      "end failed",
      "settle",
      "abort passed",
    ]);
  });
});
