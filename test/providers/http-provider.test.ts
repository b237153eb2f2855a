import { describe, expect, it } from "vitest";
import { AppError } from "../../src/domain/errors.ts";
import { createAnthropicProvider } from "../../src/providers/anthropic/anthropic-provider.ts";
import { createEgressFetch } from "../../src/providers/egress.ts";
import { createOpenAIProvider } from "../../src/providers/openai/openai-provider.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { call, failure, fakeFetch, request } from "./wire-fixtures.ts";

const ORIGINS = { anthropic: "https://api.anthropic.com", openai: "https://api.openai.com" };
const NAMES = ["openai", "anthropic"] as const;

/** A provider behind the egress rules, which answers every call so. */
function answering(name: (typeof NAMES)[number], reply: () => Response): Provider {
  const fetch = createEgressFetch({ allowedOrigins: Object.values(ORIGINS), fetch: fakeFetch(reply).fetch });
  const create = name === "anthropic" ? createAnthropicProvider : createOpenAIProvider;
  return create({ baseUrl: ORIGINS[name], fetch, now: () => 0 });
}

describe.each(NAMES)("the body of a response from %s", (name) => {
  it.each(["complete", "stream"] as const)(
    "is not waited for where %s was aborted before it",
    async (kind) => {
      const reason = new AppError("timeout", "Our own reason.");
      const abort = new AbortController();
      let cancelled = false;
      const silent = new ReadableStream({ cancel: () => void (cancelled = true) });
      const provider = answering(name, () => {
        abort.abort(reason);
        return new Response(silent, {
          headers: { "content-type": kind === "stream" ? "text/event-stream" : "text/plain" },
        });
      });
      const error = await failure(async () => {
        const answer = await provider[kind](request({}), call(abort.signal));
        if (Symbol.asyncIterator in answer) await answer[Symbol.asyncIterator]().next();
      });
      expect(error).toBe(reason);
      expect(cancelled).toBe(true);
    },
    1_000,
  );
});
