/**
 * `npm run prove -- doors`: the official clients of OpenAI and Anthropic, in Node and Python, with
 * only base URL and key changed. Prints what each can do, and what was billed beside what the
 * provider was paid for. Fails where anything is broken. `--against mock` shows that the cases are
 * right: they must hold at the provider itself. `--suites` names conformance suites to run, too.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { startEdge } from "../../harness/edge.ts";
import { withCleanup } from "../../harness/cleanup.ts";
import { errorText } from "../../harness/error-text.ts";
import { installPython, PythonMissing } from "../../harness/python.ts";
import { startMock } from "../../harness/mock.ts";
import { billsOf } from "./bills.ts";
import { chatCases } from "./chat-cases.ts";
import { ERROR_CASES, TENANT_LIMITS } from "./error-cases.ts";
import { FAILOVER_CASES, PATIENCE } from "./failover-cases.ts";
import { judge, report, reportSuites } from "./judge.ts";
import { KEPT_CASES } from "./kept-cases.ts";
import { messagesCases } from "./messages-cases.ts";
import { OWN_CASES } from "./own-cases.ts";
import { pythonResults, REQUIREMENTS } from "./python.ts";
import { OTHER_CASES, RELAY_CASES } from "./relay-cases.ts";
import { responsesCases } from "./responses-cases.ts";
import type { Result } from "./result.ts";
import { runSuites } from "./suites.ts";
import { CLAUDE, type DoorCase, GPT, openWorld, type World } from "./world.ts";

export const FLAGS = {
  against: { type: "string", default: "edge" },
  only: { type: "string", default: "" },
  suites: { type: "string", default: "" },
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
  ...FAILOVER_CASES,
];

/** Runs the cases. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  if (!["edge", "mock"].includes(flags.against)) throw new Error("--against must be edge or mock");
  return withCleanup(async (stopLater) => {
    const mock = stopLater(await startMock());
    const edge =
      flags.against === "edge"
        ? stopLater(await startEdge(mock, { vars: { ...TENANT_LIMITS, ...PATIENCE } }))
        : undefined;
    const { only } = flags;
    const chosen = CASES.filter(({ client, name, needsEdge }) => {
      return `${client} ${name}`.includes(only) && (edge !== undefined || needsEdge !== true);
    });
    const results: Result[] = [];
    for (const each of chosen) results.push(await judge(await openWorld(mock, edge), each));
    results.push(...(await python(await openWorld(mock, edge), only)));
    const names = flags.suites.split(",").filter((name) => name !== "");
    const checks = await runSuites(await openWorld(mock, edge), names);
    const bills = await billsOf(mock, edge, results);
    return [report(results, bills), reportSuites(checks)].every(Boolean);
  });
}

/** Those of Python's clients; none where there is no Python to run them. */
async function python(world: World, only: string): Promise<Result[]> {
  try {
    return await pythonResults(world, await installPython("door-clients", REQUIREMENTS), only);
  } catch (error) {
    if (!(error instanceof PythonMissing)) throw error;
    console.log(`Python's clients: skipped, because ${errorText(error)}.`);
    return [];
  }
}
