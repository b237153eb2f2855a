/**
 * `npm run bench:cache`: what an answer from each tier takes beside a bare proxy Worker before the same provider, interleaved over rounds, and how many backend calls
 * a caller waits for. Exit code 1 where more were waited for than promised, or an answer came from elsewhere than its row says.
 * Flags: `--rounds 5`, `--seconds 1.5` (of a slice), `--quick` (2 rounds of 0.5 s), `--out FILE`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { publishJson } from "../../../scripts/tenant.ts";
import { bareProxy } from "../targets/bare-proxy.ts";
import { dissect, holds, POINTER_FRESH_MS } from "./dissect.ts";
import { printDissections, printSpeeds } from "./print.ts";
import { measureSpeeds } from "./speeds.ts";
import { DEFINITION, store, subjectsOf, type Warm } from "./subjects.ts";
import { startEdge } from "../../harness/edge.ts";
import { describeMachine } from "../../harness/machine.ts";
import { startMock } from "../../harness/mock.ts";

/** Two isolates: one stores, the other, which has seen none of it, is asked. */
const ISOLATES = 2;
/** The share of answers that must come from where the row says; a tier that takes over its time-out has nothing. */
const AS_CALLED = 0.99;

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string" },
    seconds: { type: "string" },
    quick: { type: "boolean", default: false },
    out: { type: "string", default: "dist/cache-bench.json" },
  },
});
const plan = {
  connections: [1, 32],
  rounds: Number(flags.rounds ?? (flags.quick ? 2 : 5)),
  slice_ms: 1000 * Number(flags.seconds ?? (flags.quick ? 0.5 : 1.5)),
};
const running: { stop(): Promise<void> }[] = [];
const up = <T extends { stop(): Promise<void> }>(started: T): T => {
  running.push(started);
  return started;
};
try {
  const mock = up(await startMock());
  const proxy = up(await bareProxy(mock));
  const plain = up(await startEdge(mock, { isolates: ISOLATES }));
  // A delayed tier must not be given up: waiting is what is counted there.
  const vars = { POINTER_FRESH_MS: String(POINTER_FRESH_MS), CACHE_TIMEOUT_MS: "1000" };
  const counted = up(await startEdge(mock, { isolates: ISOLATES, entry: "load/bench/cache/counted-worker.ts", vars }));
  const began = performance.now();
  const warm = async (edge: Warm) => {
    await publishJson(edge.url, edge.key, DEFINITION);
    await store(edge);
  };
  await Promise.all([plain, counted].map(warm));
  console.error(`stored all answers in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  const dissections = await dissect(counted);
  console.log(printDissections(dissections));
  const cells = await measureSpeeds(subjectsOf(proxy, plain, counted), plan, (line) => console.error(line));
  const { commit, workerd, cores } = describeMachine();
  console.log(
    `\ncommit ${commit ?? "?"}, workerd ${workerd}, ${cores} cores; ${plan.rounds} rounds of ${plan.slice_ms} ms`,
  );
  console.log("× and −: beside the bare proxy in the same round, median (min–max); the provider answers at once");
  console.log("*: through the counted Worker, whose Cache API can be empty; compare it with its own memory\n");
  console.log(cells.map(printSpeeds).join("\n\n"));
  mkdirSync(dirname(flags.out), { recursive: true });
  writeFileSync(flags.out, `${JSON.stringify({ plan, dissections, cells }, null, 1)}\n`);
  const speeds = cells.flatMap(({ rounds }) => rounds.flatMap((round) => Object.values(round)));
  const measured = speeds.every(({ failed, as_called }) => failed === 0 && as_called >= AS_CALLED);
  process.exitCode = measured && dissections.every(holds) ? 0 : 1;
} finally {
  for (const started of running.toReversed()) await started.stop();
}
