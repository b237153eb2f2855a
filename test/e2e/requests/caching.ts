import { INVOICE, mock, publish, type RecordedRequest, type Room, STORED, TRIAGE } from "./recorded-request.ts";

const PATH = "/v1/executions";

function say(name: string, text: string, cacheControl?: string, more: Record<string, unknown> = {}): RecordedRequest {
  const headers = cacheControl === undefined ? undefined : { "cache-control": cacheControl };
  return { name, path: PATH, headers, body: { prompt: "stored", variables: { text }, ...more } };
}

/** Stored answers. */
export const caching: Room = {
  name: "caching",
  setup: [publish(STORED), publish(TRIAGE), publish(INVOICE)],
  requests: [
    say("only-if-cached on a miss", "one", "only-if-cached"),
    say("only-if-cached on a miss, streamed", "one", "only-if-cached", { stream: true }),
    say("a miss", "one"),
    say("a hit", "one"),
    say("a hit, streamed", "one", undefined, { stream: true }),
    say("only-if-cached on a hit", "one", "only-if-cached"),
    say("max-age on a young answer", "one", "max-age=3600"),
    say("max-age=0", "one", "max-age=0"),
    say("no-cache", "one", "no-cache"),
    say("no-store", "one", "no-store"),
    say("a malformed directive", "one", "max-age=soon, colour=blue"),
    say("cache: false", "one", undefined, { cache: false }),
    say("another model", "one", undefined, { model: "claude-haiku-4-5" }),
    say("other parameters", "one", undefined, { parameters: { max_tokens: 10 } }),
    say("a miss, streamed", "two", undefined, { stream: true }),
    say("a hit on what was streamed", "two"),
    {
      name: "cache: true where the prompt does not say",
      path: PATH,
      body: { prompt: "triage", variables: { product: "CRM", body: "x" }, cache: true },
    },
    {
      name: "a hit where the caller asks for it",
      path: PATH,
      body: { prompt: "triage", variables: { product: "CRM", body: "x" }, cache: true },
    },
    {
      name: "no hit where nobody asks for it",
      path: PATH,
      body: { prompt: "triage", variables: { product: "CRM", body: "x" } },
    },
    { name: "JSON, a miss", path: PATH, body: { prompt: "invoice", variables: { invoice: "ACME" } } },
    { name: "JSON, a hit", path: PATH, body: { prompt: "invoice", variables: { invoice: "ACME" } } },
    { ...say("two equal calls at once share one", mock({ delay_ms: 500, answer: "shared" })), twice: true },
    { name: "purge", method: "DELETE", path: "/v1/cache?prompt=stored" },
    say("a miss after the purge", "one"),
  ],
};

function once(name: string, key: string, body: unknown, more: Partial<RecordedRequest> = {}): RecordedRequest {
  return { name, path: PATH, headers: { "idempotency-key": key }, body, ...more };
}

const first = { prompt: "triage", variables: { product: "CRM", body: "first" } };
const failing = { prompt: "triage", variables: { product: "CRM", body: mock({ status: 400 }) } };
const slow = { prompt: "triage", variables: { product: "CRM", body: mock({ delay_ms: 500 }) } };

/** Idempotency keys. */
export const idempotency: Room = {
  name: "idempotency",
  setup: [publish(TRIAGE)],
  requests: [
    once("the first call", "key-1", first),
    once("the same call again", "key-1", first),
    once("the same call again, streamed", "key-1", { ...first, stream: true }),
    once("another call with the same key", "key-1", { ...first, user: "ada" }),
    once("the first streamed call", "key-2", { ...first, stream: true }),
    once("the streamed call again", "key-2", { ...first, stream: true }),
    once("a call that fails", "key-3", failing),
    once("the failed call again", "key-3", failing),
    once("a call with bad variables", "key-4", { prompt: "triage" }),
    once("a good call with the key of the bad one", "key-4", first),
    once("two equal calls at once", "key-5", slow, { twice: true, volatile: ["retry-after"] }),
    once("an empty key", "", first),
    once("a key that is too long", "k".repeat(300), first),
    once("an accepted call", "key-6", { ...first, async: true }),
    once("the accepted call again", "key-6", { ...first, async: true }),
    once("an accepted call with a key of another", "key-1", { ...first, async: true }),
  ],
};
