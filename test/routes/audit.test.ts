import { beforeAll, describe, expect, it } from "vitest";
import { call, newKey, newTenant, ROOT_KEY, yamlPrompt } from "../support/api.ts";
import { CHANGES, NO_CHANGES, only, OTHER_CHANGES, SECRET } from "../support/audited-changes.ts";
import { securedOperations } from "../support/operations.ts";

interface Entry {
  id: string;
  at: string;
  actor: { id: string; name: string | null };
  action: string;
  object: string;
  request_id: string | null;
  detail: Record<string, unknown>;
}
interface EntryPage {
  data: Entry[];
  next_cursor: string | null;
}

async function list(key: string, query = ""): Promise<EntryPage> {
  const reply = await call<EntryPage>("GET", `/v1/audit${query}`, { key });
  if (reply.status !== 200) throw new Error(reply.text);
  return reply.json;
}

async function request(key: string, change: string, body: unknown, id: string) {
  const [method = "", path = ""] = change.split(" ");
  const sent =
    typeof body === "string" ? { yaml: yamlPrompt("a/b", `description: ${body}\n`) } : { json: body ?? undefined };
  return call(method, path, { key, headers: { "x-request-id": id }, ...sent });
}

describe("the audit log", () => {
  it("has one entry of every change, with its actor, its request and what was before and after", async () => {
    const { key, keyId } = await newTenant();
    for (const [index, [change, body, action, object, detail]] of CHANGES.entries()) {
      const id = `request-${index}`;
      const reply = await request(key, change, body, id);
      expect([change, reply.status < 300]).toEqual([change, true]);
      const newest = (await list(key, "?limit=1")).data[0];
      expect(newest).toMatchObject({ action, object, request_id: id, actor: { id: keyId, name: "first" }, detail });
    }
    const { data } = await list(key, "?limit=200");
    // The first two are those of the tenant itself.
    expect(data.length).toBe(CHANGES.length + 2);
    expect(JSON.stringify(data)).not.toContain(SECRET);
    expect(JSON.stringify(data)).not.toContain("Say hello");
  });

  it("is asked for the entry of every operation that may change something", async () => {
    const scopes = ["root", "admin", "prompts:write", "prompts:approve"];
    const isMade = (operation: string) => {
      const pattern = new RegExp(`^${operation.replaceAll(/\{\w+\}/g, "[^/?]+")}(?:\\?.*)?$`);
      return CHANGES.some(([change]) => pattern.test(change));
    };
    const untold = (await securedOperations())
      .filter(
        ({ method, path, access }) => method !== "GET" && (scopes.includes(access) || path.startsWith("/v1/batches/{")),
      )
      .map(({ method, path }) => `${method} ${path}`)
      .filter((operation) => !isMade(operation) && ![...OTHER_CHANGES, ...NO_CHANGES].includes(operation));
    expect(untold).toEqual([]);
  });

  it("has none of requests that change nothing, or fail", async () => {
    const { key } = await newTenant();
    await request(key, "PUT /v1/prompts/a%2Fb", "v1", "first");
    await request(key, "PUT /v1/prompts/a%2Fb/labels/live", { version: 1 }, "second");
    const chain = { steps: [{ id: "greet", prompt: "a/b", variables: { who: "x" } }] };
    await request(key, "PUT /v1/chains/steps", chain, "third");
    await request(key, "PUT /v1/chains/steps/labels/live", { version: 1 }, "fourth");
    const before = await list(key);
    const idle: [string, unknown, number][] = [
      ["PUT /v1/prompts/a%2Fb", "v1", 200],
      ["PUT /v1/prompts/a%2Fb/labels/live", { version: 1 }, 200],
      ["PUT /v1/prompts/a%2Fb/labels/live", { version: 9 }, 422],
      ["DELETE /v1/prompts/none", null, 404],
      ["DELETE /v1/cache?prompt=none", null, 404],
      ["DELETE /v1/aliases/none", null, 404],
      ["DELETE /v1/providers/none", null, 404],
      ["DELETE /v1/prices/openai/none", null, 404],
      ["DELETE /v1/webhooks/none", null, 404],
      ["DELETE /v1/telemetry", null, 404],
      ["DELETE /v1/budgets/tenant", null, 404],
      ["PUT /v1/chains/steps", chain, 200],
      ["PUT /v1/chains/steps/labels/live", { version: 1 }, 200],
      ["PUT /v1/chains/steps/labels/live", { version: 9 }, 422],
      ["POST /v1/chains/steps/labels/live/rollback", {}, 409],
      ["DELETE /v1/chains/steps/labels/none", null, 404],
      ["DELETE /v1/chains/none", null, 404],
      ["POST /v1/keys/key_01a20b3b-0000-7000-8000-000000000000/rotate", {}, 404],
    ];
    for (const [change, body, status] of idle) {
      expect([change, (await request(key, change, body, "idle")).status]).toEqual([change, status]);
    }
    expect(await list(key)).toEqual(before);
  });

  it("names the root key for a tenant, and keys by name even after they were revoked", async () => {
    const created = await call<{ tenant: { id: string }; key: { id: string; secret: string } }>("POST", "/v1/tenants", {
      key: ROOT_KEY,
      json: { name: "acme" },
      headers: { "x-request-id": "creation" },
    });
    const { tenant, key } = created.json;
    const other = await newKey(key.secret, ["admin"], { daily_budget_usd: 3 });
    await call("POST", `/v1/keys/${other.id}/rotate`, { key: other.key, json: {} });
    await call("DELETE", `/v1/keys/${other.id}`, { key: key.secret });
    const entries = (await list(key.secret)).data.map(({ action, object, actor }) => [action, object, actor.name]);
    expect(entries.slice(0, 3)).toEqual([
      ["key.revoked", `key:${other.id}`, "first"],
      ["key.rotated", `key:${other.id}`, "more"],
      ["key.created", `key:${other.id}`, "first"],
    ]);
    const root = (await list(key.secret, "?actor=root")).data;
    expect(root.map(({ action, object }) => `${action} ${object}`).toSorted()).toEqual([
      `key.created key:${key.id}`,
      `tenant.created tenant:${tenant.id}`,
    ]);
    expect(root[0]).toMatchObject({ actor: { id: "root", name: null }, request_id: "creation" });
    const [made] = (await list(key.secret, `?object=key:${other.id}&action=key.created`)).data;
    expect(made?.detail).toMatchObject({ to: { name: "more", scopes: ["admin"], daily_budget_usd: 3 } });
  });

  it("has a batch that was cancelled, and none of an execution that was", async () => {
    const { key, keyId } = await newTenant();
    await request(key, "PUT /v1/prompts/a%2Fb", "v1", "first");
    const items = [{ variables: { who: "x" } }];
    const batch = await call<{ id: string }>("POST", "/v1/batches", { key, json: { prompt: "a/b", items } });
    const response = await call<{ id: string }>("POST", "/v1/responses", {
      key,
      json: { model: "gpt-4o-mini", input: "x", background: true },
    });
    expect((await call("POST", `/v1/responses/${response.json.id}/cancel`, { key })).status).toBe(200);
    await request(key, `POST /v1/batches/${batch.json.id}/cancel`, {}, "cancellation");
    await request(key, `POST /v1/batches/${batch.json.id}/cancel`, {}, "again");
    expect((await list(key, "?action=batch.*")).data).toMatchObject([
      { action: "batch.cancelled", object: `batch:${batch.json.id}`, actor: { id: keyId }, request_id: "cancellation" },
    ]);
  });
});

describe("a promotion in the audit log", () => {
  it("was asked for, then refused or approved and moved, each by who did it", async () => {
    const { key } = await newTenant();
    const approver = await newKey(key, ["prompts:approve"]);
    await request(key, "PUT /v1/prompts/a%2Fb", "v1", "1");
    const other =
      "name: a/b\nmodel: gpt-4o-mini\ntemplate: Hi {{ you }}.\nvariables: {you: {type: string, required: true}}\n";
    await call("PUT", "/v1/prompts/a%2Fb", { key, yaml: other });
    const label = "PUT /v1/prompts/a%2Fb/labels/live";
    await request(key, label, { version: 1 }, "2");
    const gates = { tests: false, compatible_variables: true, approvals: 0 };
    await request(key, `${label}/protection`, gates, "3");
    const refused = await call<{ promotion: { id: string } }>("PUT", label.slice(4), { key, json: { version: 2 } });
    const refusedId = refused.json.promotion.id;
    await settled(key, refusedId);
    await request(key, `${label}/protection`, { ...gates, compatible_variables: false, approvals: 1 }, "4");
    const asked = await call<{ promotion: { id: string } }>("PUT", label.slice(4), { key, json: { version: 2 } });
    const { id } = asked.json.promotion;
    const approve = async () => call("POST", `/v1/promotions/${id}/approve`, { key: approver.key });
    expect([(await approve()).status, (await approve()).status]).toEqual([200, 409]);
    const story = async (object: string) =>
      (await list(key, `?object=${object}`)).data.map(({ action, actor }) => [action, actor.name ?? actor.id]);
    expect(await story(`promotion:${refusedId}`)).toEqual([
      ["promotion.refused", "system"],
      ["promotion.asked", "first"],
    ]);
    expect(await story(`promotion:${id}`)).toEqual([
      ["promotion.moved", "system"],
      ["promotion.approved", "more"],
      ["promotion.asked", "first"],
    ]);
    const [moved] = (await list(key, "?object=label:a/b@live&actor=system")).data;
    expect(moved).toMatchObject({
      action: "label.moved",
      request_id: null,
      detail: { from: only(1), to: only(2), cause: "promotion", promotion_id: id },
    });
  });

  it("was cancelled by a key, or by another protection, or refused by another move", async () => {
    const { key } = await newTenant();
    for (const version of ["v1", "v2", "v3"]) await request(key, "PUT /v1/prompts/a%2Fb", version, "publish");
    const label = "/v1/prompts/a%2Fb/labels/live";
    await call("PUT", label, { key, json: { version: 1 } });
    await call("PUT", label, { key, json: { version: 2 } });
    const protect = async (approvals: number) =>
      call("PUT", `${label}/protection`, { key, json: { tests: false, compatible_variables: false, approvals } });
    const ask = async () => call<{ promotion: { id: string } }>("PUT", label, { key, json: { version: 3 } });
    await protect(1);
    const first = (await ask()).json.promotion.id;
    await call("POST", `/v1/promotions/${first}/cancel`, { key });
    await call("POST", `/v1/promotions/${first}/cancel`, { key });
    const second = (await ask()).json.promotion.id;
    await protect(2);
    const third = (await ask()).json.promotion.id;
    await call("POST", `${label}/rollback`, { key, json: {} });
    const fourth = (await ask()).json.promotion.id;
    await protect(0);
    await call("DELETE", "/v1/prompts/a%2Fb", { key });
    const { data } = await list(key, "?action=promotion.*&limit=200");
    const ends = data
      .filter(({ action }) => action !== "promotion.asked")
      .map(({ action, object }) => [action, object]);
    expect(ends).toEqual([
      ["promotion.cancelled", `promotion:${fourth}`],
      ["promotion.refused", `promotion:${third}`],
      ["promotion.cancelled", `promotion:${second}`],
      ["promotion.cancelled", `promotion:${first}`],
    ]);
  });
});

/** Waits for the checks behind the reply, one read after the other. */
async function settled(key: string, id: string): Promise<void> {
  for (let reads = 0; reads < 100; reads++) {
    if ((await call<{ status: string }>("GET", `/v1/promotions/${id}`, { key })).json.status !== "pending") return;
  }
}

describe("the list of the audit log", () => {
  let key: string;
  let second: { id: string; key: string };

  beforeAll(async () => {
    ({ key } = await newTenant());
    second = await newKey(key, ["prompts:write"], { name: "ci" });
    for (const name of ["a", "b", "c"]) {
      await call("PUT", `/v1/prompts/${name}`, { key: second.key, yaml: yamlPrompt(name) });
      await call("PUT", `/v1/prompts/${name}/labels/live`, { key, json: { version: 1 } });
    }
  });

  const objects = async (query: string) => (await list(key, query)).data.map(({ object }) => object);

  it("filters by actor, action, object and time, and by all of them together", async () => {
    expect(await objects(`?actor=${second.id}`)).toEqual(["prompt:c", "prompt:b", "prompt:a"]);
    expect(await objects("?action=label.moved")).toEqual(["label:c@live", "label:b@live", "label:a@live"]);
    expect(await objects("?action=prompt.*")).toEqual(["prompt:c", "prompt:b", "prompt:a"]);
    expect(await objects("?object=prompt:b")).toEqual(["prompt:b"]);
    expect(await objects("?object=label:b*")).toEqual(["label:b@live"]);
    expect(await objects("?object=label:%25")).toEqual([]);
    const { at } = (await list(key, "?object=prompt:b")).data[0] ?? { at: "" };
    const next = new Date(Date.parse(at) + 1).toISOString();
    expect(await objects(`?object=prompt:b&from=${at}&to=${next}`)).toEqual(["prompt:b"]);
    expect(await objects(`?object=prompt:b&to=${at}`)).toEqual([]);
    expect(await objects(`?object=prompt:b&from=${next}`)).toEqual([]);
    expect(await objects(`?actor=${second.id}&action=prompt.*&object=prompt:*&from=${at}`)).toContain("prompt:b");
    expect(await objects(`?actor=${second.id}&action=label.*`)).toEqual([]);
  });

  it("goes on from page to page with the filters, newest first, across shards", async () => {
    const seen: string[] = [];
    let cursor = "";
    do {
      const page: EntryPage = await list(key, `?limit=2&action=prompt.*${cursor}`);
      seen.push(...page.data.map(({ object }) => object));
      cursor = page.next_cursor === null ? "" : `&cursor=${page.next_cursor}`;
    } while (cursor !== "");
    expect(seen).toEqual(["prompt:c", "prompt:b", "prompt:a"]);
    const all = (await list(key)).data.map(({ id }) => id);
    expect(all).toEqual(all.toSorted().toReversed());
  });

  it("answers 422 with the name of a bad filter, and 403 without the scope `admin`", async () => {
    const bad = {
      actor: "someone",
      action: "label.vanished",
      from: "yesterday",
      to: "2026-13-01",
      cursor: "nonsense",
      limit: "0",
    };
    for (const [name, value] of Object.entries(bad)) {
      const reply = await call<{ errors?: { path: string }[] }>("GET", `/v1/audit?${name}=${value}`, { key });
      expect([name, reply.status, reply.json.errors?.map(({ path }) => path)]).toEqual([name, 422, [name]]);
    }
    expect((await call("GET", "/v1/audit", { key: second.key })).status).toBe(403);
  });

  it("shows a tenant nothing of another one", async () => {
    const other = await newTenant("other");
    expect((await list(other.key, "?object=prompt:*")).data).toEqual([]);
    expect((await list(other.key, `?actor=${second.id}`)).data).toEqual([]);
    expect((await list(other.key)).data.map(({ action }) => action).toSorted()).toEqual([
      "key.created",
      "tenant.created",
    ]);
  });
});
