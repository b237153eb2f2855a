import { setTimeout as sleep } from "node:timers/promises";
import { publishJson } from "../../../scripts/tenant.ts";
import { withLocalStack } from "../../harness/local-stack.ts";
import { textPrompt } from "../../harness/text-prompt.ts";
import { SteadyCallers } from "./callers.ts";

const CALL_MS = 40;
/**
 * The limit of a key that has one: far above the load, so that only the change can refuse a call.
 */
const AMPLE_RPM = 600_000;

/** A step of the tenant's administrator. */
interface Change {
  name: string;
  put?: { key: string; rpm?: number };
  delete?: string;
}

const CHANGES: readonly Change[] = [
  { name: "from the deployment's key to one's own", put: { key: "first" } },
  { name: "a second key", put: { key: "second" } },
  { name: "without the first", delete: "first" },
  { name: "the same name, another secret", put: { key: "second" } },
  { name: "back to the deployment's key", delete: "second" },
  { name: "to a key with a limit", put: { key: "limited", rpm: AMPLE_RPM } },
  { name: "a second key with a limit", put: { key: "other", rpm: AMPLE_RPM } },
  { name: "without the first of these", delete: "limited" },
  { name: "back once more", delete: "other" },
];

/**
 * Changes a tenant's provider keys under sixteen callers, spread over the isolates. Only the first
 * isolate hears of a change at once. No request may be refused or fail.
 */
export async function proveReplace(isolates: number, phaseMs: number): Promise<string[]> {
  return withLocalStack({ isolates }, async ({ mock, edge }) => {
    await mock.profile({ default: { delay_ms: CALL_MS } });
    await publishJson(edge.url, edge.key, textPrompt("keys"));
    const callers = new SteadyCallers(edge.urls, edge.key, { prompt: "keys", variables: {}, cache: false });
    await sleep(phaseMs);
    for (const [n, change] of CHANGES.entries()) {
      callers.begin(change.name);
      await make(change, { url: edge.url, key: edge.key, secret: `sk-proof-${n}` });
      await sleep(phaseMs);
    }
    await callers.stop();
    console.log(`keys changed under 16 callers, ${isolates} isolate(s), ${phaseMs / 1000} s each`);
    console.log(callers.table());
    return callers.faults();
  });
}

async function make(change: Change, { url, key, secret }: { url: string; key: string; secret: string }): Promise<void> {
  const name = change.put?.key ?? change.delete ?? "";
  const response = await fetch(`${url}/v1/providers/openai/keys/${name}`, {
    method: change.put ? "PUT" : "DELETE",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: change.put ? JSON.stringify({ api_key: secret, rpm: change.put.rpm }) : undefined,
  });
  if (!response.ok) throw new Error(`${change.name}: ${response.status} ${await response.text()}`);
  await response.body?.cancel();
}
