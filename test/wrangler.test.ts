import { describe, expect, it } from "vitest";
import { adviceFor, withRetries } from "../scripts/wrangler.ts";
import { refusal } from "./support/account-by-wrangler.ts";

describe("a call of wrangler that failed", () => {
  const retried = async (output: string) => {
    const pauses: number[] = [];
    let calls = 0;
    const wrangler = withRetries(
      async () => {
        calls += 1;
        if (calls < 3) throw refusal(output);
        return "done";
      },
      async (ms) => void pauses.push(ms),
    );
    const ended = await wrangler(["d1", "list"]).catch((error: unknown) => error);
    return { calls, pauses, isDone: ended === "done" };
  };

  it("is repeated after the time that Cloudflare asks for, where it limits calls", async () => {
    const output = "throttling your request speed [code: 971]\n wait 4 second(s) before retrying";
    expect(await retried(output)).toEqual({ calls: 3, pauses: [4_000, 4_000], isDone: true });
  });

  it("waits out the five minutes for which Cloudflare blocks a login that called too often", async () => {
    const output = "GET /accounts/1/d1 -> 429 Too Many Requests\n wait 300 second(s) before retrying";
    expect(await retried(output)).toEqual({ calls: 3, pauses: [300_000, 300_000], isDone: true });
  });

  it("is repeated where Cloudflare fails, and not where it refuses", async () => {
    expect(await retried("internal error [code: 7500]")).toEqual({ calls: 3, pauses: [2_000, 8_000], isDone: true });
    expect(await retried("Authentication error [code: 10000]")).toEqual({ calls: 1, pauses: [], isDone: false });
    expect(await retried("no such table: executions: SQLITE_ERROR [code: 7500]")).toMatchObject({ calls: 1 });
  });

  it("comes with advice on what to do", () => {
    const advice = (output: string, ...args: string[]) => adviceFor(refusal(output, args));
    expect(advice("Authentication error [code: 10000]", "queues", "list")).toMatch(
      /account permissions D1, Queues,.*This call needs Queues\.$/,
    );
    expect(advice("Authentication error [code: 10000]", "secret", "bulk")).toMatch(/needs Workers Scripts\.$/);
    expect(advice("GET /accounts/1/queues -> 429 Too Many Requests")).toMatch(/five minutes/);
    expect(advice("PUT /accounts/1/workers -> 502 Bad Gateway")).toMatch(/cloudflarestatus/);
    expect(advice("We encountered an internal error. Please try again. [code: 10001]", "r2")).toMatch(
      /cloudflarestatus/,
    );
    expect(advice("Please enable R2 through the Cloudflare Dashboard. [code: 10042]")).toMatch(/what the lines above/);
  });
});
