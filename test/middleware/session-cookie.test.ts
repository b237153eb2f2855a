import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { AppError } from "../../src/domain/errors.ts";
import { allowOrigins } from "../../src/middleware/allow-origins.ts";
import type { AppEnv } from "../../src/middleware/context.ts";
import { forgetSession, keepSession, sessionKeyOf } from "../../src/middleware/session-cookie.ts";

const OWN = "https://edge.test";
const ALLOWED = "https://app.example.com";
const COOKIE = { cookie: "other=1; __Host-pbt_session=sealed", "x-pbt-session": "1" };

/** An isolate whose only session is that of `sealed`. Its route tells the key that a request shows. */
function edge() {
  const opened: string[] = [];
  const sessions = {
    open: async (sealed: string) => {
      opened.push(sealed);
      return sealed === "sealed" ? { key: "the-key", expires_at: 5 } : null;
    },
  };
  const app = new Hono<AppEnv>();
  app.use(async (c, next) => {
    c.set("services", { sessions, config: { corsOrigins: [ALLOWED] } } as never);
    return allowOrigins(c, next);
  });
  app.all("/key", async (c) => c.text(String(await sessionKeyOf(c))));
  app.post("/keep", (c) => {
    keepSession(c, "sealed", 43_200);
    return c.text("");
  });
  app.post("/forget", (c) => {
    forgetSession(c);
    return c.text("");
  });
  app.onError((error, c) => c.text(error instanceof AppError ? error.code : "fault", 500));
  const send = async (path: string, headers: Record<string, string> = {}, method = "POST") =>
    app.request(path.startsWith("http") ? path : `${OWN}${path}`, { method, headers });
  const keyOf = async (headers: Record<string, string>, method?: string, origin = OWN) =>
    (await send(`${origin}/key`, headers, method)).text();
  return { opened, send, keyOf };
}

describe("a session's cookie in a request", () => {
  it("shows its key beside the header that no form can send", async () => {
    const { keyOf } = edge();
    expect(await keyOf(COOKIE)).toBe("the-key");
    expect(await keyOf({ ...COOKIE, origin: OWN, "sec-fetch-site": "same-origin" })).toBe("the-key");
  });

  it("shows nothing without that header, beside an authorization, or where it is absent", async () => {
    const { keyOf, opened } = edge();
    expect(await keyOf({ cookie: COOKIE.cookie })).toBe("null");
    expect(await keyOf({ ...COOKIE, "x-pbt-session": "true" })).toBe("null");
    expect(await keyOf({ ...COOKIE, authorization: "Basic YTpi" })).toBe("null");
    expect(await keyOf({ ...COOKIE, authorization: "" })).toBe("null");
    expect(await keyOf({ "x-pbt-session": "1", cookie: "other=1" })).toBe("null");
    expect(opened).toEqual([]);
  });

  it.each([
    ["another site", { "sec-fetch-site": "cross-site" }],
    ["another host of the same site", { "sec-fetch-site": "same-site" }],
    ["another origin", { origin: "https://evil.test" }],
    ["an origin that callers with keys may have", { origin: ALLOWED }],
    ["a sandboxed frame", { origin: "null" }],
    ["the same host by http", { origin: "http://edge.test" }],
    ["another port", { origin: "https://edge.test:8443" }],
    ["another origin, whatever the site says", { origin: "https://evil.test", "sec-fetch-site": "same-origin" }],
    ["another site, whatever the origin says", { origin: OWN, "sec-fetch-site": "cross-site" }],
  ])("is refused from a page of %s, before it is opened", async (_, headers) => {
    const { keyOf, opened } = edge();
    for (const method of ["GET", "POST"])
      expect(await keyOf({ ...COOKIE, ...headers }, method)).toBe("permission_error");
    expect(opened).toEqual([]);
  });

  it("may read but change nothing where no page has made the request", async () => {
    const { keyOf } = edge();
    const typed = { ...COOKIE, "sec-fetch-site": "none" };
    expect(await keyOf(typed, "GET")).toBe("the-key");
    for (const method of ["POST", "PUT", "DELETE"]) expect(await keyOf(typed, method)).toBe("permission_error");
  });

  it("is refused with a 401 once its session has ended", async () => {
    expect(await edge().keyOf({ ...COOKIE, cookie: "__Host-pbt_session=old" })).toBe("authentication_error");
  });

  it("counts by https only under the name that no other host can set", async () => {
    const { keyOf } = edge();
    const plain = { ...COOKIE, cookie: "pbt_session=sealed" };
    expect(await keyOf(plain)).toBe("null");
    expect(await keyOf(plain, "POST", "http://127.0.0.1:8787")).toBe("the-key");
    expect(await keyOf(COOKIE, "POST", "http://127.0.0.1:8787")).toBe("null");
  });
});

describe("the cookie that a reply sets", () => {
  it("is for no script, no other site and no other host", async () => {
    const { send } = edge();
    const cookieOf = async (path: string) => (await send(path)).headers.get("set-cookie")?.split("; ");
    const rules = ["Path=/", "HttpOnly", "SameSite=Strict"];
    const byHttps = ["__Host-pbt_session=sealed", "Max-Age=43200", ...rules, "Secure"];
    expect(new Set(await cookieOf("/keep"))).toEqual(new Set(byHttps));
    expect(new Set(await cookieOf("http://127.0.0.1:8787/keep"))).toEqual(
      new Set(["pbt_session=sealed", "Max-Age=43200", ...rules]),
    );
    expect(new Set(await cookieOf("/forget"))).toEqual(
      new Set(["__Host-pbt_session=", "Max-Age=0", ...rules, "Secure"]),
    );
  });

  it("is never allowed to a page of another origin: CORS allows no credentials", async () => {
    const { send } = edge();
    const preflight = { "access-control-request-method": "POST", "access-control-request-headers": "x-pbt-session" };
    const replies = [
      await send("/key", { origin: ALLOWED, ...preflight }, "OPTIONS"),
      await send("/keep", { origin: ALLOWED }),
    ];
    for (const { headers } of replies) {
      expect(headers.get("access-control-allow-origin")).toBe(ALLOWED);
      expect(headers.get("access-control-allow-credentials")).toBeNull();
    }
  });
});
