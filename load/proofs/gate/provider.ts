import { publishJson } from "../../../scripts/tenant.ts";
import type { MockProcess } from "../../harness/mock.ts";
import { percent } from "../../harness/numbers.ts";
import type { CallRecord } from "../../mock/call-record.ts";
import { PROMPT } from "./offered-load.ts";

/** A provider key and its limits: requests per minute, calls at a time. */
export interface ProofKey {
  name: string;
  rpm?: number;
  atOnce?: number;
}

/**
 * Stores the provider keys with their limits in the tenant of the API key, and publishes the
 * prompt. Throws where the server refuses.
 */
export async function putKeys(url: string, apiKey: string, keys: readonly ProofKey[]): Promise<void> {
  const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
  for (const { name, rpm, atOnce } of keys) {
    const body = JSON.stringify({ api_key: secretOf(name), rpm, max_concurrency: atOnce });
    const response = await fetch(`${url}/v1/providers/openai/keys/${name}`, { method: "PUT", headers, body });
    if (!response.ok) throw new Error(`the key was not stored: ${await response.text()}`);
    await response.body?.cancel();
  }
  await publishJson(url, apiKey, PROMPT);
}

/** Makes the mock enforce the limits of the keys, and no others. */
export async function enforce(mock: MockProcess, keys: readonly ProofKey[]): Promise<void> {
  const limits = keys.map(({ name, rpm, atOnce }) => [secretOf(name), { rpm, concurrency: atOnce }] as const);
  await mock.limits({ keys: Object.fromEntries(limits) });
}

/** The secret of a provider key, by which the mock knows it. */
export function secretOf(name: string): string {
  return `sk-proof-key-${name}`;
}

/** The calls in the mock's log that used one of the keys, oldest first. */
export async function callsOf(mock: MockProcess, keys: readonly ProofKey[]): Promise<CallRecord[]> {
  const secrets = new Set(keys.map(({ name }) => secretOf(name)));
  return (await mock.calls()).calls.filter(({ key }) => secrets.has(key));
}

/** The number of calls that the provider refused because they exceeded a limit. */
export function countOverLimit(calls: readonly CallRecord[]): number {
  return calls.filter(({ over_limit }) => over_limit).length;
}

/** The entry of the Worker that counts the calls to its gates. */
export const COUNTED_ENTRY = "load/proofs/gate/evictable-worker.ts";

/**
 * The number of RPC calls to the gates since the process started. All gates live in the first
 * isolate.
 */
export async function gateCalls([url]: readonly string[]): Promise<number> {
  return (await (await fetch(`${url}/gate-calls`)).json()) as number;
}

/**
 * Prints the refused calls, the used share of the limits, and the gate calls per execution where
 * they are known.
 */
export function printUse(calls: readonly CallRecord[], used: number, callsToGate: number | null): void {
  console.log(`429s of the provider: ${countOverLimit(calls)}; ${percent(used, 1)} of the limits used in the minute`);
  if (callsToGate !== null) console.log(`${(callsToGate / calls.length).toFixed(3)} calls to the gate per execution`);
}
