import { describe, expect, it } from "vitest";
import { createCloudflareApi } from "../scripts/cloudflare-api.ts";
import { adviceFor, WranglerFailed } from "../scripts/wrangler.ts";

describe("Cloudflare's API", () => {
  const calls: [string, RequestInit?][] = [];
  const api = (env: Record<string, string>, answer: Response, config = "") =>
    createCloudflareApi({
      env,
      readConfig: () => config,
      wrangler: async ([area]) =>
        area === "auth"
          ? JSON.stringify({ type: "oauth", token: "of-a-login" })
          : JSON.stringify({ accounts: [{ id: "the-only-one" }] }),
      fetch: async (url, init) => {
        calls.push([url as string, init]);
        return answer;
      },
    });
  const done = () => Response.json({ success: true, errors: [], result: { a: 1 } });
  const sent = () => {
    const [url, init] = calls.at(-1) ?? ["", undefined];
    return [url, new Headers(init?.headers).get("authorization")];
  };

  it("is called for the account and by the login that wrangler uses", async () => {
    expect(await api({}, done())(["GET", "/d1/database/x"])).toBe('{"a":1}');
    expect(sent()).toEqual([
      "https://api.cloudflare.com/client/v4/accounts/the-only-one/d1/database/x",
      "Bearer of-a-login",
    ]);
    await api({ CLOUDFLARE_API_TOKEN: "t" }, done(), 'account_id = "configured"')(["GET", "/x"]);
    expect(sent()).toEqual(["https://api.cloudflare.com/client/v4/accounts/configured/x", "Bearer t"]);
    const env = { CLOUDFLARE_API_TOKEN: "t", CLOUDFLARE_ACCOUNT_ID: "a", CLOUDFLARE_API_BASE_URL: "http://here" };
    await api(env, done())(["PATCH", "/x"], "{}");
    expect(sent()[0]).toBe("http://here/accounts/a/x");
  });

  it("fails as wrangler does, so that advice and repetition are the same", async () => {
    const errors = [{ code: 971, message: "Please wait" }];
    const busy = Response.json(
      { success: false, errors, result: null },
      { status: 429, headers: { "retry-after": "4" } },
    );
    const error: unknown = await api({}, busy)(["GET", "/x"]).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(WranglerFailed);
    const { output } = error as WranglerFailed;
    expect(output).toBe("GET /x -> 429\nPlease wait [code: 971]\nwait 4 second(s) before retrying");
    expect(adviceFor(error as WranglerFailed)).toContain("limits how often");
    expect(output).not.toContain("of-a-login");
  });
});
