import { beforeAll, describe, expect, it } from "vitest";
import { call, newKey, newTenant, ROOT_KEY, yamlPrompt } from "../support/api.ts";
import {
  attempt,
  codeIn,
  ENDLESS,
  type Operation,
  type OwnedObjects,
  ownObjects,
  securedOperations,
} from "../support/operations.ts";

const OWN = "https://edge.test";
const HALF_DAY_MS = 43_200_000;

interface Session {
  tenant: { id: string; name: string };
  key: { id: string; name: string; scopes: string[] };
  expires_at: string | null;
}

/** Signs in with a key. Gives the headers that a page of ours sends from then on. */
async function signIn(key: string) {
  const reply = await call<Session>("POST", "/v1/session", { json: { key }, headers: { origin: OWN } });
  const cookie = reply.headers.get("set-cookie")?.split(";")[0] ?? "";
  const headers = { cookie, "x-pbt-session": "1", origin: OWN, "sec-fetch-site": "same-origin" };
  return { reply, headers };
}

describe("a session", () => {
  it("is begun with a key, tells who is signed in, and stands in for the key", async () => {
    const mine = await newTenant("acme");
    const { reply, headers } = await signIn(mine.key);
    expect([reply.status, reply.headers.get("set-cookie")]).toEqual([
      200,
      expect.stringMatching(/^__Host-pbt_session=[\w-]+; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Strict$/),
    ]);
    expect(reply.json).toMatchObject({ tenant: { id: mine.id, name: "acme" }, key: { id: mine.keyId, name: "first" } });
    expect(reply.json.key.scopes).toContain("admin");
    const lastsMs = Date.parse(reply.json.expires_at ?? "") - Date.now();
    expect(lastsMs).toBeGreaterThan(HALF_DAY_MS - 60_000);
    expect(lastsMs).toBeLessThanOrEqual(HALF_DAY_MS);
    expect((await call("GET", "/v1/session", { headers })).json).toEqual(reply.json);
    expect((await call("PUT", "/v1/prompts/mine", { headers, yaml: yamlPrompt("mine") })).status).toBe(201);
    const execution = await call("POST", "/v1/executions", {
      headers,
      json: { prompt: "mine", variables: { who: "x" } },
    });
    expect(execution.status).toBe(200);
    expect((await call<{ data: unknown[] }>("GET", "/v1/prompts", { key: mine.key })).json.data).toHaveLength(1);
  });

  it("tells the same of a caller with a key, which ends when the key does", async () => {
    const mine = await newTenant();
    const expires_at = new Date(Date.now() + 600_000).toISOString();
    const reader = await newKey(mine.key, ["usage:read"], { expires_at });
    const of = async (key: string) => (await call<Session>("GET", "/v1/session", { key })).json;
    expect((await of(mine.key)).expires_at).toBeNull();
    expect(await of(reader.key)).toMatchObject({ key: { id: reader.id, scopes: ["usage:read"] }, expires_at });
    const { reply } = await signIn(reader.key);
    expect(reply.json.expires_at).toBe(expires_at);
    expect(Number(/Max-Age=(\d+)/.exec(reply.headers.get("set-cookie") ?? "")?.[1])).toBeLessThanOrEqual(600);
  });

  it("is ended by signing out, by whomever", async () => {
    const cases: Record<string, string>[] = [{}, { cookie: "__Host-pbt_session=old", origin: OWN }];
    for (const headers of cases) {
      const reply = await call("DELETE", "/v1/session", { headers });
      expect([reply.status, reply.headers.get("set-cookie")]).toEqual([
        204,
        "__Host-pbt_session=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict",
      ]);
    }
  });

  it("ends with its key, when that is revoked or its old secret runs out", async () => {
    const { key } = await newTenant();
    const [revoked, rotated] = [
      await newKey(key, ["usage:read"]),
      await newKey(key, ["usage:read"], { name: "other" }),
    ];
    const [first, second] = [await signIn(revoked.key), await signIn(rotated.key)];
    await call("DELETE", `/v1/keys/${revoked.id}`, { key });
    await call("POST", `/v1/keys/${rotated.id}/rotate`, { key, json: { overlap_seconds: 0 } });
    for (const { headers, reply } of [first, second]) {
      expect(reply.status).toBe(200);
      for (const path of ["/v1/session", "/v1/usage"]) {
        const after = await call("GET", path, { headers });
        expect([path, after.status, after.json["code"]]).toEqual([path, 401, "authentication_error"]);
      }
    }
  });

  it("may do what its key may, and no more", async () => {
    const { key } = await newTenant();
    const { headers } = await signIn((await newKey(key, ["usage:read"])).key);
    expect((await call("GET", "/v1/usage", { headers })).status).toBe(200);
    for (const [method, path] of [
      ["GET", "/v1/keys"],
      ["GET", "/v1/prompts"],
      ["DELETE", "/v1/cache?prompt=x"],
    ] as const) {
      const reply = await call(method, path, { headers });
      expect([path, reply.status, reply.json["code"]]).toEqual([path, 403, "permission_error"]);
    }
  });

  it("gives way to a key in the same request, be it another tenant's or a wrong one", async () => {
    const [mine, other] = [await newTenant("mine"), await newTenant("other")];
    const { headers } = await signIn(mine.key);
    const tenantOf = async (more: Record<string, string>) =>
      (await call<Session>("GET", "/v1/session", { headers: { ...headers, ...more } })).json.tenant?.id;
    expect(await tenantOf({})).toBe(mine.id);
    expect(await tenantOf({ authorization: `Bearer ${other.key}` })).toBe(other.id);
    expect(await tenantOf({ "x-api-key": other.key })).toBe(other.id);
    for (const [name, wrong] of [
      ["authorization", "Bearer wrong"],
      ["authorization", "Basic YTpi"],
      ["x-api-key", ""],
    ] as const) {
      expect((await call("GET", "/v1/session", { headers: { ...headers, [name]: wrong } })).status).toBe(401);
    }
    // Pages of other origins may send keys of their own, whatever cookie comes along.
    expect(await tenantOf({ authorization: `Bearer ${other.key}`, origin: "https://evil.test" })).toBe(other.id);
  });
});

describe("signing in", () => {
  it("refuses wrong keys with a 401, the root key with a 403, and sets no cookie", async () => {
    const { key } = await newTenant();
    const doomed = await newKey(key, ["usage:read"]);
    await call("DELETE", `/v1/keys/${doomed.id}`, { key });
    for (const [wrong, status] of [
      ["nonsense", 401],
      [doomed.key, 401],
      [ROOT_KEY, 403],
    ] as const) {
      const { reply } = await signIn(wrong);
      expect([reply.status, reply.headers.get("set-cookie")]).toEqual([status, null]);
    }
    expect((await call("GET", "/v1/session", { key: ROOT_KEY })).status).toBe(403);
    const faulty = await call("POST", "/v1/session", { json: { token: key } });
    expect([faulty.status, faulty.json["errors"]]).toEqual([422, [{ path: "key", message: "is missing" }]]);
  });

  it("is refused to pages of other origins, which may not sign visitors in or out", async () => {
    const { key } = await newTenant();
    for (const [name, value] of [
      ["origin", "https://evil.test"],
      ["origin", "null"],
      ["sec-fetch-site", "cross-site"],
    ] as const) {
      for (const method of ["POST", "DELETE"]) {
        const reply = await call(method, "/v1/session", {
          ...(method === "POST" && { json: { key } }),
          headers: { [name]: value },
        });
        expect([reply.status, reply.json["code"], reply.headers.get("set-cookie")]).toEqual([
          403,
          "permission_error",
          null,
        ]);
      }
    }
  });

  it("counts wrong keys against the same bound of the address as other requests", async () => {
    const { key } = await newTenant();
    const headers = { "cf-connecting-ip": "203.0.113.77" };
    const wrong = Array.from({ length: 100 }, async () => call("GET", "/v1/prompts", { key: "wrong", headers }));
    await Promise.all(wrong);
    const send = async (json: object) => (await call("POST", "/v1/session", { json, headers })).status;
    const tries = [];
    for (let count = 0; count < 5; count += 1) tries.push(await send({ key: "wrong" }));
    expect(tries).toContain(429);
    expect(await send({ key })).toBe(200);
  });
});

describe("a session's cookie on every route", () => {
  let operations: Operation[];
  let objects: OwnedObjects;
  let headers: Record<string, string>;

  beforeAll(async () => {
    operations = (await securedOperations()).filter(({ path }) => !ENDLESS.has(path));
    objects = await ownObjects();
    ({ headers } = await signIn(objects.mine.key));
  });

  /** Sends each operation with the cookie and these headers. Tells those with another outcome. */
  async function others(asked: Operation[], more: Record<string, string | undefined>, outcome: [number, string]) {
    const sent = Object.entries({ ...headers, ...more }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    );
    const found: unknown[] = [];
    for (const operation of asked) {
      const reply = await attempt(operation, objects.idFor(operation.path), null, Object.fromEntries(sent));
      const got = [reply.status, codeIn(reply.json)];
      if (got.join(" ") !== outcome.join(" ")) found.push([operation.method, operation.path, ...got]);
    }
    return found;
  }

  it("is nothing to doors, metrics of the deployment and routes of the root key", async () => {
    const closed = operations.filter(({ takesSession }) => takesSession !== true);
    const names = closed.map(({ method, path }) => `${method} ${path}`);
    expect(names).toEqual(expect.arrayContaining(["POST /v1/tenants", "GET /metrics", "POST /v1/chat/completions"]));
    expect(names).not.toContain("POST /v1/executions");
    expect(await others(closed, {}, [401, "authentication_error"])).toEqual([]);
  });

  it("is nothing without the header of our pages", async () => {
    expect(await others(operations, { "x-pbt-session": undefined }, [401, "authentication_error"])).toEqual([]);
  });

  it("is refused from pages of other origins", async () => {
    const open = operations.filter(({ takesSession }) => takesSession === true);
    expect(open.length).toBeGreaterThan(40);
    expect(await others(open, { origin: "https://evil.test" }, [403, "permission_error"])).toEqual([]);
  });

  it("is refused where it was tampered with", async () => {
    const open = operations.filter(({ takesSession }) => takesSession === true);
    const { cookie = "" } = headers;
    const changed = cookie.slice(0, -5) + (cookie.at(-5) === "A" ? "B" : "A") + cookie.slice(-4);
    expect(await others(open, { cookie: changed }, [401, "authentication_error"])).toEqual([]);
  });
});
