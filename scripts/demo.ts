import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createTenant, isPromptFile, publishPrompt } from "./tenant.ts";

/**
 * Publishes all prompts of `examples/` in the demo tenant, which it creates where `knownKey` does
 * not work. Returns the tenant's key and the names of the prompts.
 */
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
