/**
 * `npm run prove -- hostile`: sends small inputs that once stopped everybody on an isolate, while
 * another client asks for `/health` again and again. Prints each input's answer and the longest
 * that `/health` waited. Fails on a 5xx that is a fault of ours, on an answer much larger than what
 * was sent, and where `/health` waited for more than a second.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { publishJson } from "../../../scripts/tenant.ts";
import { type LocalStack, withLocalStack } from "../../harness/local-stack.ts";
import { table } from "../../harness/table.ts";
import { textPrompt } from "../../harness/text-prompt.ts";
import { type HostileInput, type HostileSchema, INPUTS, SCHEMAS } from "./inputs.ts";

/** One input by a part of its name. */
export const FLAGS = { only: { type: "string", default: "" } } as const satisfies ParseArgsOptionsConfig;

/** The longest that an unrelated request may wait, ms. */
const MOST_WAIT_MS = 1_000;
/** How often it is sent, ms. */
const PAUSE_MS = 5;
/** What an error may have beside twice the bytes of its request. */
const MOST_BYTES = 64 * 1024;

interface Outcome {
  name: string;
  sentBytes: number;
  status: number;
  ms: number;
  bytes: number;
  /** The longest that `/health` waited meanwhile, ms. */
  waitedMs: number;
}

/** Sends every input and prints a table. Returns whether nobody was stopped. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const isMeant = ({ name }: { name: string }) => name.includes(flags.only);
  const outcomes = await withLocalStack({ vars: { FAILED_AUTH_BURST: "1000" } }, async (stack) => {
    await publishJson(stack.edge.url, stack.edge.key, textPrompt("plain"));
    const done: Outcome[] = [];
    for (const input of INPUTS.filter(isMeant)) done.push(await send(stack, input));
    for (const schema of SCHEMAS.filter(isMeant)) done.push(...(await sendSchema(stack, schema)));
    return done;
  });
  const rows = outcomes.map(({ name, sentBytes, status, ms, bytes, waitedMs }) =>
    [name, sentBytes, status, ms.toFixed(0), bytes, waitedMs.toFixed(0)].map(String),
  );
  console.log(table([["input", "bytes", "status", "ms", "answer bytes", "/health waited ms"], ...rows]));
  const faults = outcomes.filter(isFault);
  console.log(`${outcomes.length} inputs, ${faults.length} faults${faults.map(({ name }) => `\n  ${name}`).join("")}`);
  return outcomes.length > 0 && faults.length === 0;
}

function isFault({ status, bytes, sentBytes, waitedMs }: Outcome): boolean {
  return status === 0 || status === 500 || bytes > MOST_BYTES + 2 * sentBytes || waitedMs > MOST_WAIT_MS;
}

/** Publishes a prompt with the schema, and executes it so that the answer is checked. */
async function sendSchema({ mock, edge }: LocalStack, { name, schema, answer }: HostileSchema): Promise<Outcome[]> {
  await mock.profile({ default: { answer } });
  const published = await send(
    { edge },
    {
      name: `${name}: published`,
      method: "PUT",
      path: "/v1/prompts/checked",
      body: JSON.stringify({ ...textPrompt("checked"), output_schema: schema }),
    },
  );
  if (published.status >= 300) return [published];
  const body = JSON.stringify({ prompt: "checked", variables: { text: "hi" }, cache: false });
  return [published, await send({ edge }, { name: `${name}: executed`, method: "POST", path: "/v1/executions", body })];
}

async function send({ edge }: Pick<LocalStack, "edge">, input: HostileInput): Promise<Outcome> {
  const { name, method, path, body, type = "application/json", headers } = input;
  const health = watchHealth(edge.url);
  const began = performance.now();
  const given = {
    authorization: `Bearer ${edge.key}`,
    ...(body !== undefined && { "content-type": type }),
    ...headers,
  };
  const response = await fetch(edge.url + path, { method, headers: given, ...(body !== undefined && { body }) });
  const { byteLength } = await response.arrayBuffer();
  const ms = performance.now() - began;
  const sentBytes = Buffer.byteLength(body ?? "");
  return { name, sentBytes, status: response.status, ms, bytes: byteLength, waitedMs: await health.stop() };
}

/** Asks for `/health` until it is stopped, and says how long the slowest answer took. */
function watchHealth(url: string): { stop(): Promise<number> } {
  const watch = { isOver: false };
  let longest = 0;
  const watching = (async () => {
    do {
      const began = performance.now();
      await (await fetch(`${url}/health`)).arrayBuffer();
      longest = Math.max(longest, performance.now() - began);
      await sleep(PAUSE_MS);
    } while (!watch.isOver);
    return longest;
  })();
  return {
    stop: async () => {
      watch.isOver = true;
      return watching;
    },
  };
}
