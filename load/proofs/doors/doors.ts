/**
 * `npm run prove -- doors`: the official clients of OpenAI and Anthropic, in Node and Python, with
 * only base URL and key changed. Prints what each can do, and what was billed beside what the
 * provider was paid for. Fails where anything is broken. `--against mock` shows that the cases are
 * right: they must hold at the provider itself.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { type EdgeProcess, startEdge } from "../../harness/edge.ts";
import { withCleanup } from "../../harness/cleanup.ts";
import { errorText } from "../../harness/error-text.ts";
import { type MockProcess, startMock } from "../../harness/mock.ts";
import { table } from "../../harness/table.ts";
import { type Bill, billsOf } from "./bills.ts";
import { chatCases } from "./chat-cases.ts";
import { ERROR_CASES, TENANT_LIMITS } from "./error-cases.ts";
import { KEPT_CASES } from "./kept-cases.ts";
import { messagesCases } from "./messages-cases.ts";
import { OWN_CASES } from "./own-cases.ts";
import { OTHER_CASES, RELAY_CASES } from "./relay-cases.ts";
import { responsesCases } from "./responses-cases.ts";
import { CLAUDE, clientsOf, type DoorCase, GPT, manage, type World } from "./world.ts";

export const FLAGS = {
  against: { type: "string", default: "edge" },
  only: { type: "string" },
} as const satisfies ParseArgsOptionsConfig;

const CASES: DoorCase[] = [
  ...chatCases("openai (node)", GPT, false),
  ...responsesCases("openai (node)", GPT, false),
  ...messagesCases("anthropic (node)", CLAUDE, false),
  ...RELAY_CASES,
  ...OTHER_CASES,
  ...KEPT_CASES,
  ...ERROR_CASES,
  ...chatCases("openai (node) → claude", CLAUDE, true),
  ...responsesCases("openai (node) → claude", CLAUDE, true),
  ...messagesCases("anthropic (node) → gpt", GPT, true),
  ...OWN_CASES,
];
const LONGEST_CASE_MS = 60_000;

/** How a case went. Times in Unix ms. */
export interface Result {
  client: string;
  name: string;
  /** Why it is broken; undefined where it holds. */
  reason?: string;
  from: number;
  to: number;
}

/** Runs the cases. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  if (!["edge", "mock"].includes(flags.against)) throw new Error("--against must be edge or mock");
  return withCleanup(async (stopLater) => {
    const mock = stopLater(await startMock());
    const edge = flags.against === "edge" ? stopLater(await startEdge(mock, { vars: TENANT_LIMITS })) : undefined;
    const world = await openWorld(mock, edge);
    const only = flags.only ?? "";
    const chosen = CASES.filter(({ client, name, needsEdge }) => {
      return `${client} ${name}`.includes(only) && (edge !== undefined || needsEdge !== true);
    });
    const results: Result[] = [];
    for (const each of chosen) results.push(await judge(world, each));
    return report(results, await billsOf(world, results));
  });
}

/** The tenant has keys of its own, two of OpenAI: what OpenAI keeps belongs to one of them. */
async function openWorld(mock: MockProcess, edge: EdgeProcess | undefined): Promise<World> {
  const world = { mock, tenants: edge ? [edge.key] : [], ...clientsOf((edge ?? mock).url, edge?.key ?? "sk-mock") };
  if (!edge) return world;
  for (const [name, provider] of Object.entries({ one: "openai", two: "openai", three: "anthropic" })) {
    await manage({ edge }, "PUT", `/v1/providers/${provider}/keys/${name}`, { api_key: `mock-${provider}-${name}` });
  }
  return { ...world, edge };
}

async function judge(world: World, { client, name, run: prove }: DoorCase): Promise<Result> {
  const from = Date.now();
  let reason: string | undefined;
  const late = AbortSignal.timeout(LONGEST_CASE_MS);
  const tooLate = new Promise<never>((_resolve, reject) => {
    late.addEventListener("abort", () => reject(new Error(`it took more than ${LONGEST_CASE_MS / 1000} s`)));
  });
  try {
    await Promise.race([prove(world), tooLate]);
  } catch (error) {
    reason = errorText(error).replaceAll(/\s+/g, " ").slice(0, 300);
  }
  await untilQuiet(world);
  return { client, name, ...(reason !== undefined && { reason }), from, to: Date.now() };
}

/** Waits until the provider has ended all calls, so that none falls to the next case. */
async function untilQuiet({ mock }: World): Promise<void> {
  const deadline = performance.now() + LONGEST_CASE_MS;
  while (performance.now() < deadline) {
    const { calls } = await mock.calls();
    if (calls.every(({ ended_at }) => ended_at !== null)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function report(results: readonly Result[], bills: readonly Bill[]): boolean {
  const rows = results.map(({ client, name, reason }, index) => {
    const bill = bills[index];
    return [
      client,
      name,
      reason === undefined ? "held" : "BROKEN",
      bill?.paid ?? "–",
      bill?.billed ?? "–",
      bill?.agrees ?? "–",
    ];
  });
  console.log(table([["client", "case", "", "paid for", "billed", "agree"], ...rows]));
  const broken = results.filter(({ reason }) => reason !== undefined);
  for (const { client, name, reason } of broken) console.log(`BROKEN: ${client}, ${name}: ${reason}`);
  const wrong = results.filter((_result, index) => bills[index]?.agrees === "NO");
  for (const { client, name } of wrong) console.log(`BROKEN: ${client}, ${name}: billed otherwise than paid for`);
  console.log(`${results.length - broken.length} of ${results.length} cases hold`);
  return broken.length === 0 && wrong.length === 0;
}
