import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

import type { MockProvider, Profile } from "../../load/mock/mock-provider.ts";

/** The key that the tests' clients send. */
export const KEY = "sk-test";

/** The real SDKs against the mock, retries off, their logging too. */
export function clientsOf(mock: MockProvider): { openai: OpenAI; anthropic: Anthropic } {
  return {
    openai: new OpenAI({ baseURL: mock.openaiBaseUrl, apiKey: KEY, maxRetries: 0, logLevel: "off" }),
    anthropic: new Anthropic({ baseURL: mock.anthropicBaseUrl, apiKey: KEY, maxRetries: 0, logLevel: "off" }),
  };
}

/** A prompt with a marker that asks for the profile. */
export function marked(profile: Profile, text = "hello"): string {
  return `${text} [[mock:${JSON.stringify(profile)}]]`;
}

/** What a stream gave before it ended, and the error that ended it. */
export interface Drained<T> {
  parts: T[];
  error: Error | undefined;
}

/** Reads a stream to its end or its error. */
export async function drain<T>(stream: AsyncIterable<T>): Promise<Drained<T>> {
  const parts: T[] = [];
  try {
    for await (const part of stream) parts.push(part);
    return { parts, error: undefined };
  } catch (error) {
    return { parts, error: error instanceof Error ? error : new Error(String(error)) };
  }
}

/** The text of OpenAI's chunks. */
export function openaiText(chunks: readonly OpenAI.ChatCompletionChunk[]): string {
  return chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
}

/** The text of Anthropic's events. */
export function anthropicText(events: readonly Anthropic.RawMessageStreamEvent[]): string {
  return events
    .map((event) => (event.type === "content_block_delta" && event.delta.type === "text_delta" ? event.delta.text : ""))
    .join("");
}

/** Resolves when the log's newest call has ended; the client can know of the end a moment earlier than the server. */
export async function whenSettled(mock: MockProvider): Promise<void> {
  while (mock.stats().in_flight > 0) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
