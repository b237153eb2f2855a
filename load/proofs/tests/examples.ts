import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LocalStack } from "../../harness/local-stack.ts";
import { table } from "../../harness/table.ts";
import { WRONG_ANSWER } from "../../mock/chance-model.ts";
import { type Send, senderOf, type ShownRun } from "./tenant.ts";

const FOLDER = "examples";
const SUFFIX = ".prompt.yaml";

/** What a model that does as it is told would say to the tests of each example. */
const RIGHT: Record<string, string> = {
  "code-review": "Rule 1: use let or const, not var.",
  "extract-invoice": JSON.stringify({ vendor: "ACME", total: 10, currency: "EUR", items: [] }),
  summarizer: "A long story about a dog.",
  "support-reply": "Dear Ada, your refund was approved.",
  "ticket-triage": "billing",
  translate: "bonjour",
};

/** An example's runs: with right answers all tests pass, with wrong ones those that expect some. */
interface ExampleRuns {
  right: ShownRun;
  wrong: ShownRun;
  junit: string;
}

/**
 * Publishes every example prompt and runs its tests by API, with right and with wrong answers;
 * writes the JUnit files to `out`. Returns what is wrong.
 */
export async function proveExamples({ edge, mock }: LocalStack, out: string): Promise<string[]> {
  // A tenant for each: stored answers are used where a test is tried once.
  const [tenant, other] = [senderOf(edge.url, edge.key), senderOf(edge.url, await edge.otherTenant())];
  const runOf = async (send: Send, name: string, answer: string) => {
    await mock.profile({ default: { answer } });
    await send("PUT", `/v1/prompts/${name}`, readFileSync(join(FOLDER, `${name}${SUFFIX}`), "utf8"));
    return send<ShownRun>("POST", `/v1/prompts/${name}/tests/run`, {});
  };
  mkdirSync(out, { recursive: true });
  const rows = [["example", "tests", "right: passed", "wrong: failed", "JUnit: failures of cases"]];
  const faults: string[] = [];
  for (const file of readdirSync(FOLDER).filter((each) => each.endsWith(SUFFIX))) {
    const name = file.slice(0, -SUFFIX.length);
    const right = await runOf(tenant, name, RIGHT[name] ?? "");
    const wrong = await runOf(other, name, WRONG_ANSWER);
    const junit = await other<string>("GET", `/v1/test-runs/${wrong.id}/junit.xml`);
    writeFileSync(join(out, `${name}.xml`), junit);
    const shown = `${occurrences(junit, "<failure ")} of ${occurrences(junit, "<testcase ")}`;
    rows.push([name, `${right.total}`, `${right.passed}`, `${wrong.failed}`, shown]);
    faults.push(...faultsOf({ right, wrong, junit }).map((fault) => `${name}: ${fault}`));
  }
  await mock.profile({});
  console.log(table(rows));
  console.log(`The JUnit files of the wrong answers are in ${out}.\n`);
  return faults;
}

function faultsOf({ right, wrong, junit }: ExampleRuns): string[] {
  return [
    ...[right, wrong].filter(({ status }) => status !== "completed").map(({ status }) => `a run ended as ${status}`),
    ...right.results.flatMap(({ test, checks, error }) =>
      [...checks.filter(({ passed }) => !passed), ...(error ? [error] : [])].map(({ detail }) => `${test}: ${detail}`),
    ),
    ...(wrong.failed > 0 ? [] : ["wrong answers passed all tests"]),
    ...(occurrences(junit, "<testcase ") === wrong.total ? [] : ["JUnit lacks tests"]),
    ...(occurrences(junit, "<failure ") === wrong.failed ? [] : ["JUnit counts other failures"]),
  ];
}

function occurrences(text: string, part: string): number {
  return text.split(part).length - 1;
}
