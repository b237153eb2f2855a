import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import {
  encodeFrame,
  type Frame,
  fromFrameError,
  readFrames,
  toFrameError,
  watchFrames,
} from "../../../src/domain/completions/flight-frame.ts";
import { answer } from "../../support/answer.ts";

const { text: _text, ...bare } = answer("");
const FRAMES: Frame[] = [
  { t: "open", provider: "openai", model: "m" },
  { t: "text", text: "zwölf\n“Zeilen” 🧵" },
  { t: "text", text: "" },
  { t: "answer", answer: bare, keep: true },
];

async function* chunksOf(data: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < data.length; start += size) yield data.slice(start, start + size);
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of readFrames(chunks)) frames.push(frame);
  return frames;
}

const encoded = (frames: Frame[]) => Buffer.concat(frames.map((frame) => encodeFrame(frame)));

describe("the frames of a flight", () => {
  it.each([1, 2, 3, 7, 1_000])("are decoded from chunks of %d bytes", async (size) => {
    expect(await collect(chunksOf(encoded(FRAMES), size))).toEqual(FRAMES);
  });

  it("end with the first final frame", async () => {
    expect(await collect(chunksOf(encoded([...FRAMES, { t: "text", text: "after" }]), 9))).toEqual(FRAMES);
  });

  it.each([
    ["no bytes", Buffer.from("")],
    ["half a line", Buffer.from('{"t":"te')],
    ["a line that is not a frame", Buffer.from("nonsense\n")],
    ["a frame without a kind", Buffer.from("{}\n")],
  ])("are read as lost where the stream has only %s", async (_case, data) => {
    expect(await collect(chunksOf(data, 4))).toEqual([{ t: "lost" }]);
  });

  it("have a last one that watchFrames finds, whatever the chunks are", () => {
    const lastOf = (data: Uint8Array, size: number) => {
      const watch = watchFrames();
      for (let start = 0; start < data.length; start += size) watch.see(data.subarray(start, start + size));
      return watch.last();
    };
    for (const size of [1, 5, 1_000]) {
      expect(lastOf(encoded(FRAMES), size)).toEqual(FRAMES.at(-1));
      expect(lastOf(encoded(FRAMES.slice(0, 2)), size)).toEqual(FRAMES[1]);
      expect(lastOf(encoded(FRAMES).subarray(0, -1), size)).toEqual({ t: "lost" });
    }
    expect(watchFrames().last()).toEqual({ t: "lost" });
  });

  it("carry an error with its code, detail, fields and retry delay", () => {
    const error = new AppError("rate_limit_error", "slow down", {
      retryable: true,
      retryAfterMs: 1_500,
      errors: [{ path: "a", message: "b" }],
    });
    const decoded = fromFrameError(JSON.parse(JSON.stringify(toFrameError(error))) as ReturnType<typeof toFrameError>);
    expect(decoded).toMatchObject({
      code: "rate_limit_error",
      detail: "slow down",
      retryable: true,
      retryAfterMs: 1_500,
    });
    expect(decoded.errors).toEqual(error.errors);
  });
});
