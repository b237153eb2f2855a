import { describe, expect, it } from "vitest";
import { call, newKey, newTenant } from "../support/api.ts";
import { marked } from "../support/upstream.ts";

interface ComparisonView {
  id: string;
  status: string;
  subjects: { version: number; label: string | null; model: string | null; pass_rate: number; cost_usd: number }[];
  pairs: { wins: object; verdict: string | null; cost_usd: { difference: number } }[];
  inputs: { name: string; answers: { subject: number; output: string | null; error: { code: string } | null }[] }[];
  errors?: { path: string }[];
}

const SAY = (text: string) =>
  `name: say\nmodel: gpt-4o-mini\ntemplate: "${text} {{ text }}"\nvariables:\n  text: {type: string}\n`;
const says = (answer: string) => ({ text: marked({ answer }) });

async function tenantWithTwoVersions() {
  const { key } = await newTenant();
  for (const text of ["Say", "Please say"]) await call("PUT", "/v1/prompts/say", { key, yaml: SAY(text) });
  await call("PUT", "/v1/prompts/say/labels/production", { key, json: { version: 1 } });
  const compare = async (json: object) =>
    call<ComparisonView>("POST", "/v1/compare", { key, json: { prompt: "say", ...json } });
  return { key, compare };
}

describe("a comparison", () => {
  it("has the answers of versions and models side by side, each an execution, and the costs of each", async () => {
    const { key, compare } = await tenantWithTwoVersions();
    const subjects = [{ label: "production" }, { version: 2 }, { version: 2, model: "gpt-4o" }];
    const { status, json, headers } = await compare({ subjects, inputs: [says("yes"), says("no")] });
    expect([status, json.status, headers.get("location")]).toEqual([200, "completed", `/v1/comparisons/${json.id}`]);
    expect(json.subjects.map(({ version, label, model }) => [version, label, model])).toEqual([
      [1, "production", null],
      [2, null, null],
      [2, null, "gpt-4o"],
    ]);
    expect(json.inputs.map(({ name, answers }) => [name, ...answers.map(({ output }) => output)])).toEqual([
      ["input 1", "yes", "yes", "yes"],
      ["input 2", "no", "no", "no"],
    ]);
    const [, , dear] = json.subjects;
    expect(dear?.cost_usd).toBeGreaterThan(10 * (json.subjects[1]?.cost_usd ?? 1));
    expect(json.pairs.map(({ wins, verdict }) => [wins, verdict])).toEqual(
      json.pairs.map(() => [{ a: 0, b: 0, ties: 2 }, null]),
    );
    const executions = await call<{ data: unknown[] }>("GET", "/v1/executions?prompt=say", { key });
    expect(executions.json.data.length).toBe(6);
    const reader = await newKey(key, ["executions:read"]);
    const again = await call<ComparisonView>("GET", `/v1/comparisons/${json.id}`, { key: reader.key });
    expect(again.json).toEqual(json);
    expect((await call("POST", `/v1/comparisons/${json.id}/cancel`, { key: reader.key })).status).toBe(403);
  });

  it("names every fault of what is asked", async () => {
    const { compare } = await tenantWithTwoVersions();
    const faultsOf = async (json: object) => {
      const reply = await compare(json);
      return [reply.status, ...(reply.json.errors ?? []).map(({ path }) => path)];
    };
    const inputs = [says("yes")];
    expect(await faultsOf({ subjects: [{}], inputs })).toEqual([422, "subjects"]);
    expect(await faultsOf({ subjects: [{}, {}] })).toEqual([422, "inputs"]);
    expect(await faultsOf({ subjects: [{}, {}], inputs, tests: true })).toEqual([422, "inputs"]);
    expect(await faultsOf({ subjects: [{}, {}], tests: true })).toEqual([422, "tests"]);
    expect(await faultsOf({ subjects: [{}, { version: 1, label: "production" }], inputs })).toEqual([422, "label"]);
    expect(await faultsOf({ subjects: [{}, { version: 3 }], inputs })).toEqual([404]);
  });
});
