import { readFileSync } from "node:fs";
import { basename } from "node:path";

const SUFFIX = ".prompt.yaml";

/** Creates a tenant and gives its first key. Throws with the answer where it is refused. */
export async function createTenant(url: string, rootKey: string, name: string): Promise<string> {
  const response = await fetch(`${url}/v1/tenants`, {
    method: "POST",
    headers: { authorization: `Bearer ${rootKey}`, "content-type": "application/json" },
    body: JSON.stringify({ name }),
  });
  const body = await readJson<{ key: { secret: string } }>(response);
  return body.key.secret;
}

/** Whether a file is a prompt's source by its name. */
export function isPromptFile(file: string): boolean {
  return file.endsWith(SUFFIX);
}

/** Publishes a `.prompt.yaml` under its file's name and gives that name. Throws with the answer where it is refused. */
export async function publishPrompt(url: string, key: string, file: string): Promise<string> {
  const name = basename(file, SUFFIX);
  const response = await fetch(`${url}/v1/prompts/${name}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/yaml" },
    body: readFileSync(file),
  });
  await readJson(response);
  return name;
}

/** Publishes a prompt given as JSON. Throws with the answer where it is refused. */
export async function publishJson(url: string, key: string, prompt: { name: string }): Promise<void> {
  const response = await fetch(`${url}/v1/prompts/${prompt.name}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(prompt),
  });
  await readJson(response);
}

async function readJson<T>(response: Response): Promise<T> {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}
