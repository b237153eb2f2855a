import type { AnswerPart } from "../../domain/completions/answer.ts";
import { type Frame, fromFrameError } from "../../domain/completions/flight-frame.ts";
import { AppError } from "../../domain/errors.ts";
import type { ObtainedAnswer } from "./answer-request.ts";

/**
 * Follows a flight. A caller that wants the whole answer waits for its end, so it may board anew
 * whenever the leader is `lost`; one that streams takes each part as it comes, and once the answer
 * has begun it can only break off. `alone`: the answer is too large to be shared.
 */
export async function followFlight(
  frames: AsyncIterable<Frame>,
  form: "whole" | "stream",
): Promise<ObtainedAnswer | "lost" | "alone"> {
  const iterator = frames[Symbol.asyncIterator]();
  const first = await nextFrame(iterator);
  if (first.t === "error") throw fromFrameError(first.error);
  if (first.t !== "open") return first.t === "alone" ? "alone" : "lost";
  const candidate = { provider: first.provider, model: first.model };
  const flight = { cached: "flight" as const, age_ms: null, stale: false, candidate, attempts: [] };
  if (form === "stream") return { ...flight, parts: liveParts(iterator) };
  const parts = await wholeParts(iterator);
  return typeof parts === "string" ? parts : { ...flight, parts: each(parts) };
}

async function wholeParts(frames: AsyncIterator<Frame>): Promise<AnswerPart[] | "lost" | "alone"> {
  let text = "";
  for (;;) {
    const frame = await nextFrame(frames);
    if (frame.t === "text") text += frame.text;
    else if (frame.t === "error") throw fromFrameError(frame.error);
    else if (frame.t === "answer") {
      return [
        { type: "text", text },
        { type: "answer", answer: { ...frame.answer, text }, attempts: [] },
      ];
    } else return frame.t === "alone" ? "alone" : "lost";
  }
}

async function* liveParts(frames: AsyncIterator<Frame>): AsyncGenerator<AnswerPart> {
  let text = "";
  for (;;) {
    const frame = await nextFrame(frames);
    if (frame.t === "text") {
      text += frame.text;
      yield { type: "text", text: frame.text };
    } else if (frame.t === "answer") {
      return yield { type: "answer", answer: { ...frame.answer, text }, attempts: [] };
    } else if (frame.t === "error") throw fromFrameError(frame.error);
    else throw new AppError("provider_error", "The shared call broke off in the middle.", { retryable: true });
  }
}

async function nextFrame(frames: AsyncIterator<Frame>): Promise<Frame> {
  const next = await frames.next();
  return next.done ? { t: "lost" } : next.value;
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
