import { setTimeout as sleep } from "node:timers/promises";
import { publishJson } from "../../../scripts/tenant.ts";
import { type Endpoint, executePrompt } from "../../harness/execution.ts";
import { withLocalStack } from "../../harness/local-stack.ts";
import { table } from "../../harness/table.ts";
import { textPrompt } from "../../harness/text-prompt.ts";

/** The bound that docs/caching.md states (`POINTER_BOUND_MS`), ms. */
const BOUND_MS = 30_000;
const POLL_MS = 500;
/** What was sound before is watched this long after the bound, ms. */
const AFTER_MS = 5_000;

/** Something that an isolate is asked again and again, and what it answers in the end. */
interface Watched {
  what: string;
  endpoint: Endpoint;
  prompt: string;
  /** The status that it must have after the bound. */
  expected: number;
  status: number;
  /** When it last answered anything but `expected`, ms after the change. */
  lastOtherMs: number;
}

/**
 * Revokes a key and deletes a prompt that two isolates know, and has the databases refuse at once.
 * Both isolates must refuse the key and the prompt within the bound, and serve what they know
 * besides.
 */
export async function proveRevocation(): Promise<string[]> {
  const options = { isolates: 2, entry: "load/proofs/keys/shards-worker.ts" };
  return withLocalStack(options, async ({ edge }) => {
    const { url, urls, key } = edge;
    for (const name of ["kept", "deleted"]) await publishJson(url, key, textPrompt(name));
    const revoked = await request<{ id: string; secret: string }>({ url, key }, "POST", "/v1/keys", {
      name: "revoked",
      scopes: ["executions:write"],
    });
    const watched = urls.flatMap((each, index): Watched[] => {
      const [sound, gone] = [
        { url: each, key },
        { url: each, key: revoked.secret },
      ];
      const none = { status: 0, lastOtherMs: 0 };
      const on = `isolate ${index + 1}`;
      return [
        { what: `revoked key, ${on}`, endpoint: gone, prompt: "kept", expected: 401, ...none },
        { what: `deleted prompt, ${on}`, endpoint: sound, prompt: "deleted", expected: 404, ...none },
        { what: `good key and prompt, ${on}`, endpoint: sound, prompt: "kept", expected: 200, ...none },
      ];
    });
    for (const { what, endpoint, prompt } of watched) {
      const { status } = await execute(endpoint, prompt);
      if (status !== 200) throw new Error(`${what}: ${status} before the change`);
    }
    await request({ url, key }, "DELETE", `/v1/keys/${revoked.id}`);
    await request({ url, key }, "DELETE", "/v1/prompts/deleted");
    for (const each of urls) await fetch(`${each}/shards/down`);
    await watch(watched);
    console.log("a key revoked and a prompt deleted, then every shard refuses");
    const rows = watched.map(({ what, status, lastOtherMs }) => [what, `${status}`, (lastOtherMs / 1000).toFixed(1)]);
    console.log(table([["what", "status in the end", "another until s"], ...rows]));
    return watched.flatMap(({ what, status, expected, lastOtherMs }) =>
      status === expected && lastOtherMs <= BOUND_MS ? [] : [`${what}: ${status} after ${lastOtherMs.toFixed(0)} ms`],
    );
  });
}

async function watch(watched: readonly Watched[]): Promise<void> {
  const changedAt = performance.now();
  while (performance.now() - changedAt < BOUND_MS + AFTER_MS) {
    for (const each of watched) {
      const sentMs = performance.now() - changedAt;
      each.status = (await execute(each.endpoint, each.prompt)).status;
      if (each.status !== each.expected) each.lastOtherMs = sentMs;
    }
    await sleep(POLL_MS);
  }
}

/** Executes a prompt, out of the cache where its answer is there. */
async function execute(endpoint: Endpoint, prompt: string) {
  return executePrompt(endpoint, { prompt, variables: { text: "hello" } });
}

async function request<T>({ url, key }: Endpoint, method: string, path: string, body?: object): Promise<T> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const response = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json().catch(() => null)) as T;
}
