import { readFileSync } from "node:fs";
import { basename } from "node:path";

const SUFFIX = ".prompt.yaml";
const CHAIN_SUFFIX = ".chain.yaml";

/** Creates a tenant and returns its first API key. Throws where the server refuses. */
export async function createTenant(url: string, rootKey: string, name: string): Promise<string> {
  const response = await fetch(`${url}/v1/tenants`, {
    method: "POST",
    headers: { authorization: `Bearer ${rootKey}`, "content-type": "application/json" },
    body: JSON.stringify({ name }),
  });
  const body = await readJson<{ key: { secret: string } }>(response);
  return body.key.secret;
}

/** Whether a file has the name of a prompt's source. */
export function isPromptFile(file: string): boolean {
  return file.endsWith(SUFFIX);
}

/** Publishes a `.prompt.yaml` under its file's name, which it returns. Throws where refused. */
export async function publishPrompt(url: string, key: string, file: string): Promise<string> {
  const name = basename(file, SUFFIX);
  await publish(url, key, `prompts/${name}`, "application/yaml", readFileSync(file));
  return name;
}

/** Whether a file has the name of a chain's source. */
export function isChainFile(file: string): boolean {
  return file.endsWith(CHAIN_SUFFIX);
}

/** Publishes a `.chain.yaml` under its file's name. Throws where refused. */
export async function publishChain(url: string, key: string, file: string): Promise<void> {
  const name = basename(file, CHAIN_SUFFIX);
  await publish(url, key, `chains/${name}`, "application/yaml", readFileSync(file));
}

/** Publishes a prompt given as JSON. Throws where the server refuses. */
export async function publishJson(url: string, key: string, prompt: { name: string }): Promise<void> {
  await publish(url, key, `prompts/${prompt.name}`, "application/json", JSON.stringify(prompt));
}

async function publish(url: string, key: string, path: string, type: string, body: BodyInit): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, "content-type": type };
  await readJson(await fetch(`${url}/v1/${path}`, { method: "PUT", headers, body }));
}

async function readJson<T>(response: Response): Promise<T> {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}
