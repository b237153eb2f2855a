import type { Provider } from "../../../src/providers/provider.ts";
import { createAnthropicProvider } from "../../../src/providers/anthropic/anthropic-provider.ts";
import { createOpenAIProvider } from "../../../src/providers/openai/openai-provider.ts";
import { redactSecrets } from "../../../src/providers/redact.ts";
import type { TextParser } from "./pumped-texts.ts";

const TOKENS = [
  "data:",
  "data: ",
  "event: a\n",
  "\n",
  "\n\n",
  "\r\n",
  "\r",
  ":",
  "x",
  " ",
  "{}",
  'data: {"a":1}\n\n',
  "id: 1\n",
  '"',
  "\\",
];
/** Bytes that arrive at a time. */
const PIECE = 64;

/** The parsers of what a provider answers: a tenant may have an upstream of its own. */
export const PROVIDER_PARSERS: readonly TextParser[] = [
  streamParser("OpenAI", createOpenAIProvider),
  streamParser("Anthropic", createAnthropicProvider),
  {
    parser: "error of a provider",
    tokens: ["sk-", "bearer ", "a", " ", "\0", "pbt_", "*", "-", "\n"],
    work: (text) => redactSecrets(text, "sk-a-a-a-a"),
  },
];

function streamParser(
  name: string,
  create: (options: { baseUrl: string; fetch: typeof fetch }) => Provider,
): TextParser {
  return {
    parser: `stream of ${name} in pieces`,
    tokens: TOKENS,
    async work(text) {
      const provider = create({
        baseUrl: "https://upstream.test",
        fetch: async () => new Response(inPieces(text), { headers: { "content-type": "text/event-stream" } }),
      });
      const parts = await provider.stream(
        { provider: "openai", model: "m", messages: [{ role: "user", content: "hi" }], parameters: {} },
        { apiKey: "sk-test", signal: new AbortController().signal },
      );
      const iterator = parts[Symbol.asyncIterator]();
      while ((await iterator.next()).done !== true);
    },
  };
}

function inPieces(text: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, (at += PIECE)));
    },
  });
}
