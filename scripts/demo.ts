import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

const SUFFIX = ".prompt.yaml";

/** Makes sure that the demo tenant exists and its key works, and publishes every file of `examples/`. Gives the tenant's key and the prompts' names. */
export async function prepareDemo(url: string, rootKey: string, knownKey: string | undefined) {
  const key = knownKey !== undefined && (await works(url, knownKey)) ? knownKey : await createTenant(url, rootKey);
  const files = readdirSync("examples").filter((file) => file.endsWith(SUFFIX));
  const names = await Promise.all(files.map((file) => publish(url, key, join("examples", file))));
  return { key, names: names.sort() };
}

async function works(url: string, key: string): Promise<boolean> {
  return (await fetch(`${url}/v1/prompts?limit=1`, { headers: { authorization: `Bearer ${key}` } })).ok;
}

async function createTenant(url: string, rootKey: string): Promise<string> {
  const response = await fetch(`${url}/v1/tenants`, {
    method: "POST",
    headers: { authorization: `Bearer ${rootKey}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "demo" }),
  });
  const body = await readJson<{ key: { secret: string } }>(response);
  return body.key.secret;
}

async function publish(url: string, key: string, file: string): Promise<string> {
  const name = basename(file, SUFFIX);
  const response = await fetch(`${url}/v1/prompts/${name}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/yaml" },
    body: readFileSync(file),
  });
  await readJson(response);
  return name;
}

async function readJson<T>(response: Response): Promise<T> {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}
