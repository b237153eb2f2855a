import { call, newTenant } from "./api.ts";
import { marked } from "./upstream.ts";

/** A step of a run as its reply shows it. */
export interface ChainStepView {
  id: string;
  status: string;
  output: string | string[] | null;
  error: { code: string; detail: string } | null;
  reason?: string;
  attempts: number;
  cost_usd: number | null;
  items: { status: string; executions: string[]; output: string | null }[];
}

/** A run of a chain as its reply shows it. */
export interface ChainRunView {
  id: string;
  status: string;
  chain: { name: string; version: number; label: string | null };
  output: unknown;
  error: { step: string; code: string } | null;
  cost_usd: number | null;
  steps: ChainStepView[];
  errors?: { path: string; message: string }[];
  code?: string;
}

/** A prompt that says what its variable makes the mock answer. */
export const SAY = `name: say\nmodel: gpt-4o-mini\ntemplate: "{{ text }}"\nvariables:\n  text: {type: string}\nsettings: {max_tokens: 50}\n`;
/** A text that makes the mock answer. */
export const says = (answer: string, more: object = {}) => marked({ answer, ...more });

/** A tenant with the prompt `say`, and a chain `c` of these steps. */
export async function tenantWithChain(steps: object[], inputs: unknown = {}) {
  const tenant = await newTenant();
  const { key } = tenant;
  await call("PUT", "/v1/prompts/say", { key, yaml: SAY });
  const put = await call<{ version: number }>("PUT", "/v1/chains/c", { key, json: { inputs, steps } });
  if (put.status !== 201) throw new Error(put.text);
  const run = async (json: object = {}, headers: Record<string, string> = {}) =>
    call<ChainRunView>("POST", "/v1/chains/c/execute", { key, json, headers });
  const read = async (id: string) => (await call<ChainRunView>("GET", `/v1/chain-runs/${id}`, { key })).json;
  return { ...tenant, run, read };
}

/** A step that says what its text makes the mock answer. */
export const step = (id: string, text: string, more: object = {}) => ({
  id,
  prompt: "say",
  variables: { text },
  ...more,
});
