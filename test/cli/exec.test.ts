import { describe, expect, it } from "vitest";
import { callCli } from "./fake-io.ts";

const event = (name: string, data: object) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
const START = event("start", { id: "exe_1", model: "m", prompt: null });
const CALL = event("tool_call", { index: 0, id: "c1", name: "look", arguments: {} });
const DONE = event("done", {
  id: "exe_1",
  prompt: null,
  usage: { prompt_tokens: 1, completion_tokens: 1 },
  cost_usd: 0,
  latency_ms: 1,
  cached: false,
});

/** Calls `exec --stream` before a server whose streams end after these events. */
async function execStream(streams: readonly string[], ...options: string[]) {
  const keys = new Set<string | null>();
  let sent = 0;
  const fetch = async (_: string, { headers }: RequestInit) => {
    keys.add(new Headers(headers).get("idempotency-key"));
    const body = streams[Math.min((sent += 1), streams.length) - 1];
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
  return { ...(await callCli(["exec", "hello", "--stream", ...options], { fetch })), keys, sent };
}

describe("exec --stream", () => {
  const broken = START + event("delta", { text: "Hel" }) + CALL;
  const whole = START + event("delta", { text: "He" }) + event("delta", { text: "llo." }) + CALL + DONE;

  it("asks for a stream that broke off again, under one key, and writes only what is missing", async () => {
    const { code, out, keys, sent } = await execStream([broken, START, whole]);
    expect({ code, out, keys: keys.size, sent }).toEqual({ code: 0, out: "Hellook({})\nlo.\n", keys: 1, sent: 3 });
  });

  it("tells each event once as JSON", async () => {
    const { out } = await execStream([broken, whole], "--json");
    const told = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; text?: string })
      .map(({ type, text = "" }) => `${type} ${text}`.trim());
    expect(told).toEqual(["start", "delta Hel", "tool_call", "delta lo.", "done"]);
  });

  it("gives up a stream that breaks off again and again", async () => {
    const { code, sent, err } = await execStream([broken]);
    expect({ code, sent }).toEqual({ code: 2, sent: 3 });
    expect(err).toMatch(/error: the stream ended before its last event/);
  });
});
