import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createTenant, isPromptFile, publishPrompt } from "./tenant.ts";

/** Makes sure that the demo tenant exists and its key works, and publishes every file of `examples/`. Gives the tenant's key and the prompts' names. */
export async function prepareDemo(url: string, rootKey: string, knownKey: string | undefined) {
  const key =
    knownKey !== undefined && (await works(url, knownKey)) ? knownKey : await createTenant(url, rootKey, "demo");
  const files = readdirSync("examples").filter(isPromptFile);
  const names = await Promise.all(files.map((file) => publishPrompt(url, key, join("examples", file))));
  return { key, names: names.sort() };
}

async function works(url: string, key: string): Promise<boolean> {
  return (await fetch(`${url}/v1/prompts?limit=1`, { headers: { authorization: `Bearer ${key}` } })).ok;
}
