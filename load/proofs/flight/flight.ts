/**
 * `npm run proof:flight`: 200 identical requests at once, whole and streamed, over several isolates, before a provider that takes its time; judged by the
 * provider's own log. Exit code 1 where a promise does not hold. Flags: `--isolates 3`, `--only TEXT` (cases whose name has it).
 */
import { parseArgs } from "node:util";
import { publishJson } from "../../../scripts/tenant.ts";
import { CASES, PROMPT, warmUp } from "./cases.ts";
import { judge, rowOf, type Verdict } from "./verdict.ts";
import { startEdge } from "../../harness/edge.ts";
import { describeMachine } from "../../harness/machine.ts";
import { startMock } from "../../harness/mock.ts";
import { table } from "../../harness/table.ts";

/** A second before the first token, then one or two of tokens. */
const PROVIDER = { delay_ms: 1_000, tokens_per_s: 40 };
/** Callers, isolates and provider share a machine: what is proven is who calls, not how soon. */
const DEFINITION = {
  name: PROMPT,
  model: "gpt-4o-mini",
  template: "{{ text }}",
  variables: { text: { type: "string", required: true } },
  settings: { temperature: 0, max_tokens: 200 },
};
const HEAD = [
  "case",
  "callers",
  "whole",
  "texts",
  "calls (promised)",
  "how the others were served",
  "1st piece p50/p99",
  "last",
];

const { values: flags } = parseArgs({
  options: { isolates: { type: "string", default: "3" }, only: { type: "string", default: "" } },
});
const began = performance.now();
const verdicts = await prove();
const { commit, workerd, cores } = describeMachine();
console.log(`commit ${commit ?? "?"}, workerd ${workerd}, ${flags.isolates} isolates, ${cores} cores`);
console.log(`the provider waits ${PROVIDER.delay_ms} ms, then gives ${PROVIDER.tokens_per_s} tokens a second`);
console.log(`1st piece and last: how far a streamed follower's are behind the leader's own, milliseconds\n`);
console.log(table([[...HEAD, "promise"], ...verdicts.map(rowOf)]));
for (const { name, faults } of verdicts) for (const fault of faults) console.log(`${name}: ${fault}`);
console.log(`\n${Math.round((performance.now() - began) / 1000)} s`);
process.exitCode = verdicts.length > 0 && verdicts.every(({ faults }) => faults.length === 0) ? 0 : 1;

async function prove(): Promise<Verdict[]> {
  const mock = await startMock();
  try {
    const edge = await startEdge(mock, { isolates: Number(flags.isolates) });
    try {
      const otherKey = await edge.otherTenant();
      for (const key of [edge.key, otherKey]) await publishJson(edge.url, key, DEFINITION);
      await warmUp({ edge, otherKey, text: "" });
      await mock.profile({ default: PROVIDER });
      const judged: Verdict[] = [];
      for (const each of CASES.filter(({ name }) => name.includes(flags.only))) {
        const { total: before } = await mock.calls(Number.MAX_SAFE_INTEGER);
        const flown = await each.run({ edge, otherKey, text: `Say what happens when ${each.name}.` });
        const { total: after } = await mock.calls(Number.MAX_SAFE_INTEGER);
        judged.push(judge(each.name, flown, after - before, each.calls));
      }
      return judged;
    } finally {
      await edge.stop();
    }
  } finally {
    await mock.stop();
  }
}
