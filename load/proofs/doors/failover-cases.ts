import assert from "node:assert/strict";
import type OpenAI from "openai";
import type { CallRecord } from "../../mock/call-record.ts";
import type { Profile } from "../../mock/profile.ts";
import { ask, type DoorCase, user, withProfiles, type World } from "./world.ts";

const ANSWER = Array.from({ length: 60 }, (_none, index) => `word${index}`).join(" ");
const FALLBACK = "gpt-fallback";
/** The most that a case may take. The server's own patience is shorter in this proof. */
const LONGEST_MS = 25_000;

/** How long the server waits for a provider here, so that a silent one is given up soon. */
export const PATIENCE = { FIRST_BYTE_TIMEOUT_MS: "4000", READ_TIMEOUT_MS: "4000" };

/** What a caller and the provider saw of a streamed call. */
interface Seen {
  text: string;
  model: string | undefined;
  usage: OpenAI.CompletionUsage | undefined;
  /** What the client raised in place of the end. */
  error: Error | undefined;
  ms: number;
  primary: CallRecord[];
  fallback: CallRecord[];
}

/** A fault of the first model, what must hold, and whether the caller must be answered. */
interface Scenario {
  /** For all calls of the model. */
  always?: Profile;
  /** For its first call only. */
  once?: Profile;
  /** For the model that takes over. */
  fallback?: Profile;
  /** Whether an error is what a caller should get. */
  fails?: boolean;
  check?: (seen: Seen) => void;
}

const bounded = ({ primary }: Seen) => assert.ok(primary.length <= 6, `${primary.length} attempts`);
const notRepeated = ({ primary }: Seen) => assert.equal(primary.length, 1, "it was asked again");

/** The faults of failoverbench's catalogue, by its numbers, at the mock. */
const SCENARIOS: Record<string, Scenario> = {
  "S01 429 with retry-after": {
    once: { status: 429, retry_after: "2" },
    check({ primary }) {
      const [first] = primary;
      const early = primary.filter(({ at }) => at < (first?.at ?? 0) + 1_500);
      assert.ok(early.length <= 2, `${early.length} attempts in 1.5 s`);
    },
  },
  "S02 429, always": { always: { status: 429 }, check: bounded },
  "S03 500 once": { once: { status: 500 } },
  "S04 503, always": { always: { status: 503 }, check: bounded },
  "S06 no response": { always: { fault: "hang_before_headers" }, check: bounded },
  "S07 slow first token": { always: { ttft_ms: 3_000 } },
  "S08 stream cut": { always: { fault: "cut_stream", fault_at: 0.67 } },
  "S09 stream stalls": { always: { fault: "hang_mid_stream", fault_at: 0.33 } },
  "S10 malformed event": { always: { fault: "garbage_json", fault_at: 0.17 } },
  "S11 no [DONE]": {
    always: { fault: "no_done" },
    check({ ms, usage }) {
      assert.ok(ms < 8_000, `it took ${ms} ms`);
      assert.ok(usage, "no usage");
    },
  },
  "S12 context too long": {
    always: { status: 400, error_code: "context_length_exceeded" },
    check: notRepeated,
  },
  "S13 content refused": {
    always: { status: 400, error_code: "content_policy_violation" },
    fails: true,
    check: notRepeated,
  },
  "S14 stream cut, no prefix taken": {
    always: { fault: "cut_stream", fault_at: 0.67 },
    fallback: { status: 400, error_code: "invalid_prefill" },
    fails: true,
    check: ({ error }) => assert.doesNotMatch(String(error), /prefill/),
  },
  "S16 accounting": {
    always: { status: 503 },
    check({ model, usage, fallback }) {
      assert.equal(model, FALLBACK);
      assert.equal(usage?.completion_tokens, fallback.at(-1)?.completion_tokens);
    },
  },
};

async function prove(world: World, name: string, { always, once, fallback, fails, check }: Scenario): Promise<void> {
  const model = `gpt-${name.slice(0, 3).toLowerCase()}`;
  const models = { ...(always && { [model]: always }), ...(fallback && { [FALLBACK]: fallback }) };
  const since = await world.mock.callCount();
  const seen = await withProfiles(world, { models, once: once ? [once] : [] }, async () => observe(world, model));
  const { calls } = await world.mock.calls(since);
  const of = (wanted: string) => calls.filter((call) => call.model === wanted);
  const all = { ...seen, primary: of(model), fallback: of(FALLBACK) };
  assert.ok(all.ms < LONGEST_MS, `it took ${all.ms} ms`);
  if (!all.error) assert.equal(all.text, ANSWER, "a part was given for the whole");
  check?.(all);
  if (fails === true) assert.ok(all.error, "it was answered");
  else assert.ok(!all.error, `not answered, but a clean error: ${String(all.error)}`);
}

async function observe({ openai }: World, model: string): Promise<Omit<Seen, "primary" | "fallback">> {
  const started = performance.now();
  const body = { model, messages: user(ask({ answer: ANSWER })), stream: true as const };
  const options = { headers: { "x-pbt-fallback-models": FALLBACK, "x-pbt-stream-restart": "continue" }, maxRetries: 0 };
  const seen: Omit<Seen, "primary" | "fallback"> = {
    text: "",
    model: undefined,
    usage: undefined,
    error: undefined,
    ms: 0,
  };
  try {
    const stream_options = { include_usage: true };
    for await (const chunk of await openai.chat.completions.create({ ...body, stream_options }, options)) {
      seen.text += chunk.choices[0]?.delta.content ?? "";
      seen.model = chunk.model;
      seen.usage = chunk.usage ?? seen.usage;
    }
  } catch (error) {
    seen.error = error instanceof Error ? error : new Error(String(error));
  }
  return { ...seen, ms: Math.round(performance.now() - started) };
}

/** The cases of providers that fail, after failoverbench. */
export const FAILOVER_CASES: DoorCase[] = Object.entries(SCENARIOS).map(([name, scenario]) => ({
  client: "openai (node)",
  name: `failover: ${name}`,
  needsEdge: true,
  run: async (world) => prove(world, name, scenario),
}));
