import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createTenant, isChainFile, isPromptFile, publishChain, publishPrompt } from "../tenant.ts";

/**
 * Publishes all prompts and chains of `examples/` in the demo tenant, which it creates where `knownKey` does
 * not work. Returns the tenant's key and the names of the prompts.
 */
export async function prepareDemo(url: string, rootKey: string, knownKey: string | undefined) {
  const key =
    knownKey !== undefined && (await works(url, knownKey)) ? knownKey : await createTenant(url, rootKey, "demo");
  const files = readdirSync("examples");
  const prompts = files.filter(isPromptFile);
  const names = await Promise.all(prompts.map((file) => publishPrompt(url, key, join("examples", file))));
  for (const file of files.filter(isChainFile)) await publishChain(url, key, join("examples", file));
  return { key, names: names.sort() };
}

async function works(url: string, key: string): Promise<boolean> {
  return (await fetch(`${url}/v1/prompts?limit=1`, { headers: { authorization: `Bearer ${key}` } })).ok;
}
