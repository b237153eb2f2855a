import type { Answer, AnswerPart } from "../../domain/completions/answer.ts";
import type { Said } from "../../domain/completions/completion.ts";
import {
  type Circumstances,
  type Frame,
  fromFrameError,
  isAmong,
  mayFareBetter,
} from "../../domain/completions/flight-frame.ts";
import { AppError } from "../../domain/errors.ts";
import type { AnswerRequest, ObtainedAnswer } from "./answer-request.ts";
import { circumstancesOf } from "./flights.ts";

/**
 * Follows a flight. A caller that wants the whole answer waits for its end, so it may board anew
 * whenever the leader is `lost`; one that streams takes each part as it comes, and once the answer
 * has begun it can only break off. `again`: the leader failed where this caller may fare better.
 * `alone`: this caller must make its own call, because the answer is too large to be shared, or
 * comes from a model that is not among its candidates.
 */
export async function followFlight(
  frames: AsyncIterable<Frame>,
  { call, form }: AnswerRequest,
): Promise<ObtainedAnswer | "lost" | "again" | "alone"> {
  const iterator = frames[Symbol.asyncIterator]();
  const first = await nextFrame(iterator);
  const circumstances = circumstancesOf(call);
  if (first.t === "error") return failOrBoardAgain(first, circumstances);
  if (first.t !== "open") return first.t === "alone" ? "alone" : "lost";
  const candidate = { provider: first.provider, model: first.model };
  if (!isAmong(call.candidates, candidate)) return "alone";
  const flight = { cached: "flight" as const, age_ms: null, stale: false, candidate, attempts: [] };
  if (form === "stream") return { ...flight, parts: liveParts(iterator) };
  const parts = await wholeParts(iterator, circumstances);
  return typeof parts === "string" ? parts : { ...flight, parts: each(parts) };
}

async function wholeParts(
  frames: AsyncIterator<Frame>,
  circumstances: Circumstances,
): Promise<AnswerPart[] | "lost" | "again" | "alone"> {
  const said: Said[] = [];
  for (;;) {
    const frame = await nextFrame(frames);
    const more = saidOf(frame);
    if (more) said.push(more);
    else if (frame.t === "error") {
      // After its first part, a leader that streams can no longer try again or change the model.
      return said.length === 0 ? failOrBoardAgain(frame, circumstances) : "again";
    } else if (frame.t === "answer") {
      return [...said, { type: "answer", answer: { ...frame.answer, ...textsOf(said) }, attempts: [] }];
    } else return frame.t === "alone" ? "alone" : "lost";
  }
}

async function* liveParts(frames: AsyncIterator<Frame>): AsyncGenerator<AnswerPart> {
  const texts: ReturnType<typeof textsOf> = { text: "" };
  for (;;) {
    const frame = await nextFrame(frames);
    const said = saidOf(frame);
    if (said) {
      if (said.type === "text") texts.text += said.text;
      if (said.type === "relayed") texts.relayed = (texts.relayed ?? "") + said.text;
      yield said;
    } else if (frame.t === "answer") {
      return yield { type: "answer", answer: { ...frame.answer, ...texts }, attempts: [] };
    } else if (frame.t === "error") throw fromFrameError(frame.error);
    else throw new AppError("provider_error", "The shared call broke off in the middle.", { retryable: true });
  }
}

/**
 * The leader's error is the follower's, too, unless the follower may fare better: then it boards
 * again. What a provider refuses for its own sake, it refuses everyone; a budget may be that of the
 * leader's key.
 */
function failOrBoardAgain({ error, leader }: ErrorFrame, own: Circumstances): "again" {
  const isBudget = error.code === "budget_exceeded";
  const mayBetter = leader && (isBudget ? own.key_id !== leader.key_id : mayFareBetter(own, leader));
  if (error.retryable && mayBetter) return "again";
  throw fromFrameError(error);
}

function saidOf(frame: Frame): Said | undefined {
  if (frame.t === "text") return { type: "text", text: frame.text };
  return frame.t === "said" ? frame.said : undefined;
}

/** The texts of an answer, which an answer's own frame does not repeat. */
function textsOf(said: readonly Said[]): Pick<Answer, "text" | "relayed"> {
  const texts = (type: "text" | "relayed") => said.flatMap((part) => (part.type === type ? [part.text] : []));
  const relayed = texts("relayed");
  return { text: texts("text").join(""), ...(relayed.length > 0 && { relayed: relayed.join("") }) };
}

type ErrorFrame = Extract<Frame, { t: "error" }>;

async function nextFrame(frames: AsyncIterator<Frame>): Promise<Frame> {
  const next = await frames.next();
  return next.done ? { t: "lost" } : next.value;
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
