import { env } from "cloudflare:workers";
import { call, newTenant } from "./api.ts";

/** A model of OpenAI, and one of Anthropic. */
export const MODEL = "gpt-6-luna";
export const CLAUDE = "claude-haiku-4-5";

/** A tenant whose calls the mock tells from those of others. */
export async function openDoors() {
  const { id, key } = await newTenant();
  const secret = `sk-${id}`;
  for (const provider of ["openai", "anthropic"]) {
    await call("PUT", `/v1/providers/${provider}/keys/main`, { key, json: { api_key: secret } });
  }
  const calls = async () => {
    const reply = await fetch(`${env.MOCK_URL}/__mock/calls`);
    const { calls: all } = await reply.json<{ calls: { key: string; path: string; model: string }[] }>();
    return all.filter((each) => each.key === secret);
  };
  const ask = async <T = Record<string, unknown>>(path: string, json: object, headers: Record<string, string> = {}) =>
    call<T>("POST", path, { key, json, headers });
  return { id, key, ask, calls };
}

/** An error in OpenAI's form. */
export interface OpenAIFault {
  error: { type: string; param: string | null; message: string };
}

/** What of a response of OpenAI's matters here. */
export interface ResponseBody {
  id: string;
}
