import { describe, expect, it } from "vitest";
import { call, newKey, newTenant, yamlPrompt } from "../support/api.ts";

interface View {
  id: string;
  status: string;
  checks: { name: string; status: string; detail: string }[];
}

const LABEL = "/v1/prompts/greet/labels/production";
const GATES = { tests: false, compatible_variables: true, approvals: 1 };

/** A tenant with a protected label, and keys of those who ask and approve. */
async function withProtection(gates: object = GATES) {
  const { key, keyId } = await newTenant();
  for (const version of [1, 2]) {
    await call("PUT", "/v1/prompts/greet", { key, yaml: yamlPrompt("greet", `description: v${version}\n`) });
  }
  await call("PUT", LABEL, { key, json: { version: 1 } });
  const author = await newKey(key, ["prompts:write", "prompts:read"]);
  const approver = await newKey(key, ["prompts:approve"]);
  const set = await call("PUT", `${LABEL}/protection`, { key: approver.key, json: gates });
  const ask = async (json: object = { version: 2, reason: "better" }) =>
    call<{ promotion: View }>("PUT", LABEL, { key: author.key, json });
  return { key, keyId, author, approver, set, ask };
}

/** Waits for the checks behind the reply, one read after the other. */
async function checked(key: string, id: string): Promise<void> {
  for (let reads = 0; reads < 100; reads++) {
    const { checks } = (await call<View>("GET", `/v1/promotions/${id}`, { key })).json;
    if (checks[0]?.status !== "pending") return;
  }
}

describe("promotions", () => {
  it("are asked for by moving a protected label, and move it once they are approved", async () => {
    const { key, author, approver, set, ask } = await withProtection();
    expect([set.status, set.json]).toEqual([200, GATES]);
    expect((await call("GET", `${LABEL}/protection`, { key })).json).toEqual(GATES);
    const asked = await ask();
    expect(asked.status).toBe(202);
    const { id, status, checks } = asked.json.promotion;
    expect([status, checks]).toEqual([
      "pending",
      [
        { name: "compatible_variables", status: "pending", detail: "not looked at yet" },
        { name: "approvals", status: "pending", detail: "0 of 1 approvals" },
      ],
    ]);
    const path = `/v1/promotions/${id}`;
    expect((await call("POST", `${path}/approve`, { key: author.key })).status).toBe(403);
    expect((await call("GET", LABEL.replace("/labels/production", "?label=production"), { key })).json["version"]).toBe(
      1,
    );
    await checked(key, id);
    const approved = await call<View>("POST", `${path}/approve`, { key: approver.key });
    expect(approved.json).toMatchObject({
      id,
      status: "promoted",
      from: { version: 1 },
      to: { version: 2 },
      reason: "better",
      asked_by: author.id,
      approvals: [{ key_id: approver.id }],
    });
    expect(approved.json.checks.map((check) => check.status)).toEqual(["passed", "passed"]);
    expect((await call("GET", path, { key })).json).toEqual(approved.json);
    const history = await call<{ data: object[] }>("GET", `${LABEL}/history`, { key });
    expect(history.json.data[0]).toMatchObject({ who: author.id, why: "better", cause: "promotion", promotion: id });
  });

  it("are listed by status, and cancelled", async () => {
    const { key, keyId, author, ask } = await withProtection();
    const { id } = (await ask()).json.promotion;
    const listed = async (status: string) =>
      (await call<{ data: View[] }>("GET", `/v1/promotions?status=${status}`, { key })).json.data.map(
        (each) => each.id,
      );
    expect([await listed("pending"), await listed("cancelled")]).toEqual([[id], []]);
    const cancelled = await call("POST", `/v1/promotions/${id}/cancel`, { key });
    expect(cancelled.json).toMatchObject({ status: "cancelled", ended_by: keyId });
    expect(await listed("cancelled")).toEqual([id]);
    expect((await call("POST", `/v1/promotions/${id}/cancel`, { key: author.key })).status).toBe(200);
    expect((await call("GET", "/v1/promotions?status=open", { key })).status).toBe(422);
  });

  it("do not keep a label from going back, nor from what it means already", async () => {
    const { key, ask } = await withProtection({ ...GATES, approvals: 0, compatible_variables: false });
    expect((await ask()).status).toBe(200);
    await call("PUT", `${LABEL}/protection`, { key, json: { ...GATES, auto_rollback: {} } });
    expect((await call("GET", `${LABEL}/protection`, { key })).json).toEqual({
      ...GATES,
      auto_rollback: { errors: true, feedback: false, tests: true, false_alarm_rate: 0.01 },
    });
    expect((await ask()).status).toBe(200);
    expect((await call("DELETE", LABEL, { key })).json).toMatchObject({ code: "conflict" });
    expect((await call("DELETE", "/v1/prompts/greet", { key })).json).toMatchObject({ code: "conflict" });
    const back = await call("POST", `${LABEL}/rollback`, { key, json: {} });
    expect([back.status, back.json["version"]]).toEqual([200, 1]);
  });

  it("say who approved them where they are asked for again", async () => {
    const { key, approver, ask } = await withProtection({ ...GATES, approvals: 2 });
    const { id } = (await ask()).json.promotion;
    await checked(key, id);
    await call("POST", `/v1/promotions/${id}/approve`, { key: approver.key });
    const again = (await ask()).json.promotion;
    expect(again).toMatchObject({ id, status: "pending", approvals: [{ key_id: approver.id }] });
    expect(again.checks.at(-1)).toMatchObject({ name: "approvals", detail: "1 of 2 approvals" });
  });

  it("are protected themselves: by a scope, and against bad requests", async () => {
    const { key, author } = await withProtection();
    const protect = async (as: string, json: object, path = LABEL) =>
      (await call("PUT", `${path}/protection`, { key: as, json })).status;
    expect(await protect(author.key, GATES)).toBe(403);
    expect(await protect(key, { ...GATES, approvals: 6 })).toBe(422);
    expect(await protect(key, GATES, "/v1/prompts/greet/labels/latest")).toBe(422);
    expect(await protect(key, GATES, "/v1/prompts/none/labels/production")).toBe(404);
    expect((await call("GET", "/v1/prompts/none/labels/production/protection", { key })).status).toBe(404);
    expect((await call("POST", "/v1/promotions/pro_x/approve", { key })).status).toBe(404);
  });
});
