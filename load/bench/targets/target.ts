import type { LoadRequest } from "../../harness/generator.ts";

/** Something that answers prompts: the mock itself, or a gateway in front of it. */
export interface Target {
  name: string;
  /** What was measured of it: a version, a commit. */
  version: string;
  url: string;
  /** The head of its serving processes. Null where its work is not counted: the mock. */
  pid: number | null;
  /** A request whose rendered prompt is `text`. */
  request(text: string, stream: boolean): LoadRequest;
  /** What marks the first token of a stream. */
  firstToken: RegExp;
  /** What ends a complete stream. */
  streamEnd: RegExp;
  stop(): Promise<void>;
}

/** The model that every target is asked for. */
export const MODEL = "gpt-4o-mini";

/** The first token and the end of a stream in OpenAI's wire format. */
export const OPENAI_STREAM = { firstToken: /"content":\s*"[^"]/, streamEnd: /data: \[DONE\]/ };

/** A request to OpenAI's chat completions, as every gateway takes it. */
export function chatRequest(headers: Record<string, string>, model = MODEL): Target["request"] {
  return (text, stream) => ({
    path: "/v1/chat/completions",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({
      model,
      messages: [{ role: "user", content: text }],
      temperature: 0.2,
      max_tokens: 200,
      ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
    }),
  });
}
