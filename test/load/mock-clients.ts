import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeEach } from "vitest";

import {
  type MockProvider,
  type MockProviderOptions,
  type Profile,
  startMockProvider,
} from "../../load/mock/mock-provider.ts";

/** The API key of the tests' clients. */
export const KEY = "sk-test";

/**
 * Starts a mock for the tests of a file, with clients of it. It is reset before each test and
 * closed after the last.
 */
export async function mockForTests(options: MockProviderOptions = {}) {
  const mock = await startMockProvider({ unref: true, ...options });
  beforeEach(() => mock.reset());
  afterAll(() => mock.close());
  return { mock, ...clientsOf(mock) };
}

/** The real SDKs as clients of a mock, without retries and logging. */
function clientsOf(mock: MockProvider): { openai: OpenAI; anthropic: Anthropic } {
  return {
    openai: new OpenAI({ baseURL: mock.openaiBaseUrl, apiKey: KEY, maxRetries: 0, logLevel: "off" }),
    anthropic: new Anthropic({ baseURL: mock.anthropicBaseUrl, apiKey: KEY, maxRetries: 0, logLevel: "off" }),
  };
}

/** A prompt with a marker for the profile. */
export function marked(profile: Profile, text = "hello"): string {
  return `${text} [[mock:${JSON.stringify(profile)}]]`;
}

/** The parts of a stream, and the error that ended it. */
export interface DrainedStream<T> {
  parts: T[];
  error: Error | undefined;
}

/** Reads a stream to its end or its error. */
export async function drain<T>(stream: AsyncIterable<T>): Promise<DrainedStream<T>> {
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

/** Resolves when all calls have ended. The client may see the end of a call before the server. */
export async function whenSettled(mock: MockProvider): Promise<void> {
  while (mock.stats().in_flight > 0) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
