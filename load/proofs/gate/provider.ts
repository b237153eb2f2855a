import { publishJson } from "../../../scripts/tenant.ts";
import type { MockProcess } from "../../harness/mock.ts";
import type { CallRecord } from "../../mock/call-log.ts";
import { PROMPT } from "./callers.ts";

/** A key at the provider and its limits: calls a minute, calls at a time. */
export interface ProofKey {
  name: string;
  rpm?: number;
  atOnce?: number;
}

/** Stores the keys with their limits for the tenant of `key`, and the prompt that callers ask for. Throws where they are refused. */
export async function putKeys(url: string, key: string, keys: readonly ProofKey[]): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  for (const { name, rpm, atOnce } of keys) {
    const body = JSON.stringify({ api_key: secretOf(name), rpm, max_concurrency: atOnce });
    const response = await fetch(`${url}/v1/providers/openai/keys/${name}`, { method: "PUT", headers, body });
    if (!response.ok) throw new Error(`the key was not stored: ${await response.text()}`);
    await response.body?.cancel();
  }
  await publishJson(url, key, PROMPT);
}

/** Holds the mock to the limits of the keys. */
export async function enforce(mock: MockProcess, keys: readonly ProofKey[]): Promise<void> {
  const limits = keys.map(({ name, rpm, atOnce }) => [secretOf(name), { rpm, concurrency: atOnce }] as const);
  await mock.limits({ keys: Object.fromEntries(limits) });
}

/** A key's secret, by which the mock knows it. */
export function secretOf(name: string): string {
  return `sk-proof-key-${name}`;
}

/** The calls under some keys that the mock has logged, oldest first. */
export async function callsOf(mock: MockProcess, keys: readonly ProofKey[]): Promise<CallRecord[]> {
  const secrets = new Set(keys.map(({ name }) => secretOf(name)));
  return (await mock.calls()).calls.filter(({ key }) => secrets.has(key));
}

/** The Worker's entry that counts what reaches its gates. */
export const COUNTED_ENTRY = "load/proofs/gate/evictable-worker.ts";

/** Questions and news that reached the gates of these isolates' process since it started; they live in the first. */
export async function gateCalls([url]: readonly string[]): Promise<number> {
  return (await (await fetch(`${url}/gate-calls`)).json()) as number;
}
