import { describe, expect, it } from "vitest";
import { createAnthropicProvider } from "../../src/providers/anthropic/anthropic-provider.ts";
import { createEgressFetch } from "../../src/providers/egress.ts";
import { createOpenAIProvider } from "../../src/providers/openai/openai-provider.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { call, fakeFetch, fixture, request, streamed } from "./wire-fixtures.ts";

const ORIGINS = { anthropic: "https://api.anthropic.com", openai: "https://api.openai.com" };
const bytesOf = (text: string) => Uint8Array.from(new TextEncoder().encode(text));

/** A provider behind the egress rules, whose stream has `quiet` pieces before the recorded ones. */
function providerOf(name: "anthropic" | "openai", quiet: string[]): Provider {
  const pieces = [...quiet.map(bytesOf), fixture(`${name}/stream.sse`)];
  const { fetch: answer } = fakeFetch(() => streamed(pieces));
  const fetch = createEgressFetch({ allowedOrigins: Object.values(ORIGINS), fetch: answer });
  const create = name === "anthropic" ? createAnthropicProvider : createOpenAIProvider;
  return create({ baseUrl: ORIGINS[name], fetch, now: () => 0 });
}

describe("the activity of a response", () => {
  it.each([
    ["anthropic", "a ping", 'event: ping\ndata: {"type":"ping"}\n\n'],
    ["anthropic", "a comment", ": still there\n\n"],
    ["openai", "a comment", ": still there\n\n"],
  ] as const)("from %s includes %s, which is no part of the stream", async (name, _what, quiet) => {
    let activity = 0;
    const onActivity = () => void (activity += 1);
    const stream = await providerOf(name, [quiet, quiet, quiet]).stream(request({}), { ...call(), onActivity });
    const parts: string[] = [];
    for await (const part of stream) parts.push(part.type);
    // The headers, three quiet pieces, and one with the answer.
    expect(activity).toBe(5);
    expect(parts.at(-1)).toBe("finish");
  });
});
