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

async function* cut(data: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += size) yield data.slice(at, at + size);
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of readFrames(chunks)) frames.push(frame);
  return frames;
}

const joined = (frames: Frame[]) => Buffer.concat(frames.map((frame) => encodeFrame(frame)));

describe("frames of a flight", () => {
  it.each([1, 2, 3, 7, 1_000])("come back whole from pieces of %d bytes", async (size) => {
    expect(await collect(cut(joined(FRAMES), size))).toEqual(FRAMES);
  });

  it("end where the first end stands", async () => {
    expect(await collect(cut(joined([...FRAMES, { t: "text", text: "after" }]), 9))).toEqual(FRAMES);
  });

  it.each([
    ["nothing at all", Buffer.from("")],
    ["half a line", Buffer.from('{"t":"te')],
    ["a line that is no frame", Buffer.from("nonsense\n")],
    ["a frame without a kind", Buffer.from("{}\n")],
  ])("count %s as a loss", async (_what, data) => {
    expect(await collect(cut(data, 4))).toEqual([{ t: "lost" }]);
  });

  it("are watched for their last one, whatever the pieces are", () => {
    const lastOf = (data: Uint8Array, size: number) => {
      const watch = watchFrames();
      for (let at = 0; at < data.length; at += size) watch.see(data.subarray(at, at + size));
      return watch.last();
    };
    for (const size of [1, 5, 1_000]) {
      expect(lastOf(joined(FRAMES), size)).toEqual(FRAMES.at(-1));
      expect(lastOf(joined(FRAMES.slice(0, 2)), size)).toEqual(FRAMES[1]);
      expect(lastOf(joined(FRAMES).subarray(0, -1), size)).toEqual({ t: "lost" });
    }
    expect(watchFrames().last()).toEqual({ t: "lost" });
  });

  it("carry an error with all that a caller is told", () => {
    const error = new AppError("rate_limit_error", "slow down", {
      retryable: true,
      retryAfterMs: 1_500,
      errors: [{ path: "a", message: "b" }],
    });
    const back = fromFrameError(JSON.parse(JSON.stringify(toFrameError(error))) as ReturnType<typeof toFrameError>);
    expect(back).toMatchObject({ code: "rate_limit_error", detail: "slow down", retryable: true, retryAfterMs: 1_500 });
    expect(back.errors).toEqual(error.errors);
  });
});
