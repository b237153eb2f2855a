import { env } from "cloudflare:workers";
import { call, newTenant } from "./api.ts";

/** A call as the mock's log has it. */
interface SeenCall {
  seq: number;
  provider: string;
  path: string;
  key: string;
  model: string;
  stream: boolean;
}

/** Where the mock is a server that is compatible with OpenAI. */
export const COMPATIBLE = `${env.MOCK_URL}/compatible/v1`;

/** A model's name that is neither in lower case nor without slashes. */
export const MODEL = "Meta-Llama/Llama-4-70B:Free";

/**
 * A tenant with the upstream `llm` and a prompt that repeats its input there. Each call of the tenant
 * has a model of its own, by which the mock's log knows it.
 */
export async function tenantWithUpstream(upstream: object = {}, base = MODEL) {
  const tenant = await newTenant();
  const { key } = tenant;
  const model = `${base}-${tenant.id}`;
  const json = { kind: "openai", base_url: COMPATIBLE, ...upstream };
  const put = await call("PUT", "/v1/providers/llm", { key, json });
  if (put.status !== 201) throw new Error(put.text);
  const yaml = `name: say\nmodel: llm/${model}\nmax_tokens: 200\ntemperature: 0\ntemplate: "{{ text }}"\nvariables:\n  text: {type: string}\n`;
  await call("PUT", "/v1/prompts/say", { key, yaml });
  const setPrice = async () =>
    call("PUT", `/v1/prices/llm/${encodeURIComponent(model)}`, { key, json: { input: 3, output: 7, per: "1M" } });
  const execute = async (text: string, more: object = {}) =>
    call<Executed>("POST", "/v1/executions", { key, json: { prompt: "say", variables: { text }, ...more } });
  const calls = async () => {
    const reply = await fetch(`${env.MOCK_URL}/__mock/calls`);
    const { calls: all } = await reply.json<{ calls: SeenCall[] }>();
    return all.filter((each) => each.model === model);
  };
  return { ...tenant, model, put, execute, calls, setPrice };
}

/** An execution as its reply shows it. */
export interface Executed {
  id: string;
  status: string;
  output: string;
  provider: string;
  model: string;
  cached: string | false;
  cost_usd: number | null;
  finish_reason: string;
  tool_calls?: { name: string; arguments: unknown }[];
  usage: { prompt_tokens: number; completion_tokens: number };
  warnings?: string[];
  errors?: { path: string; message: string }[];
}

/** A marker by which the mock answers as `profile` says. */
export function marked(profile: object): string {
  return `[[mock:${JSON.stringify(profile)}]]`;
}
