/**
 * `npm run prove -- flight`: 200 identical requests at once, streamed and not, over several
 * isolates and in front of a slow provider. The provider's log and the answers are judged. Fails
 * where a promise of single flight is broken.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { publishJson } from "../../../scripts/tenant.ts";
import { type LocalStack, withLocalStack } from "../../harness/local-stack.ts";
import { describeMachine } from "../../harness/machine.ts";
import { table } from "../../harness/table.ts";
import { textPrompt } from "../../harness/text-prompt.ts";
import { CASES, PROMPT, warmUp } from "./cases.ts";
import { type FlightVerdict, judge, rowOf } from "./verdict.ts";

/** The number of isolates; the cases whose name contains a text. */
export const FLAGS = {
  isolates: { type: "string", default: "3" },
  only: { type: "string", default: "" },
} as const satisfies ParseArgsOptionsConfig;

/** A second until the first token, then one or two seconds of tokens. */
const PROVIDER = { delay_ms: 1_000, tokens_per_s: 40 };
const HEAD = [
  "case",
  "clients",
  "complete",
  "texts",
  "calls (promised)",
  "x-pbt-cache of the answers",
  "1st piece p50/p99",
  "last",
  "promise",
];

/** Runs the cases one after the other. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const began = performance.now();
  const verdicts = await withLocalStack({ isolates: Number(flags.isolates) }, (stack) => runCases(stack, flags.only));
  const { commit, workerd, cores } = describeMachine();
  console.log(`commit ${commit ?? "?"}, workerd ${workerd}, ${flags.isolates} isolates, ${cores} cores`);
  console.log(`the provider waits ${PROVIDER.delay_ms} ms, then sends ${PROVIDER.tokens_per_s} tokens a second`);
  console.log("1st piece, last: delay of a streamed follower's pieces behind the leader's, milliseconds");
  console.log("(clients, isolates and provider share this machine, so the delays are only a hint)\n");
  console.log(table([HEAD, ...verdicts.map(rowOf)]));
  for (const { name, faults } of verdicts) for (const fault of faults) console.log(`${name}: ${fault}`);
  console.log(`\n${Math.round((performance.now() - began) / 1000)} s`);
  return verdicts.length > 0 && verdicts.every(({ faults }) => faults.length === 0);
}

async function runCases({ edge, mock }: LocalStack, only: string): Promise<FlightVerdict[]> {
  const otherKey = await edge.otherTenant();
  for (const key of [edge.key, otherKey]) await publishJson(edge.url, key, textPrompt(PROMPT));
  await warmUp({ edge, otherKey, text: "" });
  await mock.profile({ default: PROVIDER });
  const verdicts: FlightVerdict[] = [];
  for (const each of CASES.filter(({ name }) => name.includes(only))) {
    const before = await mock.callCount();
    const outcome = await each.run({ edge, otherKey, text: `Say what happens when ${each.name}.` });
    verdicts.push(judge(each, outcome, (await mock.callCount()) - before));
  }
  return verdicts;
}
