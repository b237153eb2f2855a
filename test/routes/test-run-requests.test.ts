import { describe, expect, it } from "vitest";
import { call } from "../support/api.ts";
import { type RunView, says, tenantWithPrompt } from "../support/test-runs.ts";

describe("test runs", () => {
  it("are judged by a call of the deployment's model, where they have a rubric", async () => {
    const { run } = await tenantWithPrompt();
    const tests = [
      { name: "one", variables: { text: "hello" }, assertions: [{ type: "llm_rubric", value: "is kind" }] },
    ];
    const { json } = await run({ tests });
    // The mock repeats what it is asked, which is no verdict.
    expect(json.results[0]?.checks[0]?.detail).toMatch(/by the judge: it gave no verdict: \[mock gpt-/);
  });

  it("are compared with what is expected by a model's vectors, where they ask for it, and pay for that", async () => {
    const { run } = await tenantWithPrompt();
    const like = (value: string, more: object = {}) => ({
      type: "embedding_similarity",
      model: "text-embedding-3-small",
      value,
      ...more,
    });
    const variables = says("the same words");
    const plain = await run({ tests: [{ name: "one", variables }] });
    const assertions = [like("the same words"), like("nothing of the kind", { threshold: 0.99 })];
    const { json } = await run({ tests: [{ name: "one", variables, assertions }], max_cost_usd: 1 });
    const [same, other] = json.results[0]?.checks ?? [];
    expect(same).toMatchObject({ passed: true, detail: expect.stringContaining("saw 1 by text-embedding-3-small") });
    expect(other).toMatchObject({ passed: false, detail: expect.stringContaining("cosine similarity") });
    expect(json.cost_usd).toBeGreaterThan(plain.json.cost_usd ?? 0);
    const broken = [like("a", { model: "claude-haiku-4-5" })];
    const failed = await run({ tests: [{ name: "one", variables, assertions: broken }] });
    expect(failed.json.results[0]?.checks[0]?.detail).toMatch(/by claude-haiku-4-5: it failed: .*OpenAI's wire format/);
  });

  it("stop at the most that they may cost, with real prices", async () => {
    const { run } = await tenantWithPrompt();
    const tests = [{ name: "one", variables: says("yes") }];
    const poor = await run({ tests, max_cost_usd: 0.000_001 });
    expect(poor.json).toMatchObject({ status: "completed", total: 1, failed: 0, cost_usd: 0, results: [] });
    expect(await run({ tests, max_cost_usd: 1 })).toMatchObject({ json: { passed: 1, max_cost_usd: 1 } });
    const unpriced = await run({ tests, max_cost_usd: 1, models: ["openai/some-model"] });
    expect(unpriced.json.results[0]?.error).toMatchObject({ code: "validation_error" });
  });

  it("are started once for an idempotency key, listed by prompt and version, and followed", async () => {
    const { key } = await tenantWithPrompt();
    const ask = async (json: object) =>
      call<RunView>("POST", "/v1/prompts/say/tests/run", { key, json, headers: { "idempotency-key": "once" } });
    const tests = [{ name: "one", variables: says("yes") }];
    const [first, again] = [await ask({ tests }), await ask({ tests })];
    expect([first.headers.get("idempotent-replayed"), again.headers.get("idempotent-replayed")]).toEqual([
      null,
      "true",
    ]);
    expect(again.json).toEqual(first.json);
    expect((await ask({ tests, repeat: 2 })).status).toBe(422);
    const { id, created_at, prompt, passed } = first.json as RunView & { created_at: string };
    const listed = await call("GET", "/v1/prompts/say/test-runs?version=1", { key });
    expect(listed.json).toMatchObject({
      data: [{ id, prompt, status: "completed", created_at, counts: { passed, pass_rate: 1 } }],
      next_cursor: null,
    });
    const events = await call("GET", `/v1/test-runs/${id}/events`, { key });
    expect(events.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const told = events.text.split("\n\n").map((event) => event.split("\n")[0]);
    expect(told).toEqual(["event: progress", "event: done", ""]);
    expect(events.text).toContain('"status":"completed","ended":1,"passed":1');
  });

  it("may come as a file of tests, in YAML or one a line, whose faults are told with their lines", async () => {
    const { key } = await tenantWithPrompt();
    const path = "/v1/prompts/say/tests/run";
    const yaml = `prompt: say\nrepeat: 2\ntests:\n  - {name: a, inputs: {text: hello}, expected_contains: hello}\n`;
    const file = await call<RunView>("POST", path, { key, yaml });
    expect([file.status, file.json]).toMatchObject([200, { total: 1, passed: 1, pass_hat_k: [1, 1] }]);
    const faulty = await call<RunView>("POST", path, { key, yaml: yaml.replace("repeat: 2", "repeat: 99") });
    expect(faulty.json.errors).toMatchObject([{ path: "repeat", message: expect.stringContaining("line 2: ") }]);
    const headers = { "content-type": "application/x-ndjson" };
    const good = `{"name": "a", "variables": {"text": "hello"}, "assertions": [{"type": "contains", "value": "hello"}]}`;
    const lines = await call<RunView>("POST", `${path}?repeat=2`, { key, yaml: `${good}\n${good}\n`, headers });
    expect([lines.status, lines.json]).toMatchObject([200, { total: 2, passed: 2, pass_hat_k: [1, 1] }]);
    const bad = await call<RunView>("POST", path, {
      key,
      yaml: `${good}\n${good.replace("contains", "has")}`,
      headers,
    });
    expect(bad.json.errors).toMatchObject([
      { path: "tests.1.assertions.0.type", message: expect.stringContaining("line 2: ") },
    ]);
    expect((await call("POST", path, { key, yaml: good, headers: { "content-type": "text/csv" } })).status).toBe(400);
  });
});
