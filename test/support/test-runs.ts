import { call, newTenant } from "./api.ts";
import { marked } from "./upstream.ts";

/** A test run as the API shows it. */
export interface RunView {
  id: string;
  status: string;
  prompt: { name: string; version: number };
  total: number;
  passed: number;
  failed: number;
  pass_rate: number | null;
  interval: [number, number];
  pass_hat_k: number[];
  cost_usd: number | null;
  ended_at: string | null;
  results: {
    test: string;
    model: string | null;
    repeats: number;
    passed: boolean;
    checks: { kind: string; passed: boolean; detail: string }[];
    output: string | null;
    execution_id: string | null;
    error: { code: string } | null;
  }[];
  errors?: { path: string }[];
}

/** A prompt that says what its variable makes the mock answer. */
export const SAY = (tests = "") =>
  `name: say\nmodel: gpt-4o-mini\ntemplate: "{{ text }}"\nvariables:\n  text: {type: string}\n${tests}`;
/** Variables that make the mock give an answer. */
export const says = (answer: string) => ({ text: marked({ answer }) });

/** A tenant with the prompt `say`, and how to run its tests. */
export async function tenantWithPrompt(tests = "") {
  const tenant = await newTenant();
  const { key } = tenant;
  const { status, text } = await call("PUT", "/v1/prompts/say", { key, yaml: SAY(tests) });
  if (status !== 201) throw new Error(text);
  const run = async (json: object = {}) => call<RunView>("POST", "/v1/prompts/say/tests/run", { key, json });
  const read = async (id: string) => (await call<RunView>("GET", `/v1/test-runs/${id}`, { key })).json;
  return { ...tenant, run, read };
}
