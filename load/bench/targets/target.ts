import type { LoadRequest } from "../../harness/closed-loop.ts";
import type { MockProcess } from "../../harness/mock.ts";

/**
 * A form of answer: one JSON body (`whole`), a stream whose tokens come at once (`stream`) or one
 * by one (`paced`), an answer from the runtime's memory (`hit`), and one that it stores (`miss`). A
 * target without a cache gives whole answers for the last two.
 */
export type Form = "whole" | "stream" | "paced" | "hit" | "miss";

/** Whether the answer is a stream. */
export function isStream(form: Form): boolean {
  return form === "stream" || form === "paced";
}

/** A server that answers prompts: the mock provider, or a gateway in front of it. */
export interface Target {
  name: string;
  /** The measured version or commit. */
  version: string;
  url: string;
  /** The root of its process tree; null where its CPU and memory are not counted (the mock). */
  pid: number | null;
  /** Makes a request whose rendered prompt is `text`. */
  request(text: string, form: Form): LoadRequest;
  /** Matches the first token of a stream. */
  firstToken: RegExp;
  /** Matches the end of a complete stream. */
  streamEnd: RegExp;
  stop(): Promise<void>;
}

/** Starts a target in front of the mock provider. */
export type StartTarget = (mock: MockProcess) => Promise<Target>;

/** The model of every request. */
export const MODEL = "gpt-4o-mini";

/** Patterns for the first token and the end of a stream in OpenAI's wire format. */
export const OPENAI_STREAM = { firstToken: /"content":\s*"[^"]/, streamEnd: /data: \[DONE\]/ };

/** Makes requests in the format of OpenAI's chat completions, which every gateway accepts. */
export function chatRequest(headers: Record<string, string>, model = MODEL): Target["request"] {
  return (text, form) => ({
    path: "/v1/chat/completions",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({
      model,
      messages: [{ role: "user", content: text }],
      temperature: 0.2,
      max_tokens: 200,
      ...(isStream(form) ? { stream: true, stream_options: { include_usage: true } } : {}),
    }),
  });
}
