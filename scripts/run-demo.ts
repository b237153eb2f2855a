/**
 * `npm run demo`: fills the demo tenant of a running `npm start`, so that the dashboard shows a
 * living runtime: four weeks of a past with two incidents, versions and labels, a promotion that
 * waits, budgets, test runs, a comparison, a batch and feedback first, then executions at a changing rate, with repeats that caches answer,
 * and now and then a provider that is slow or fails. `--minutes N` (10), `--rate N` executions a
 * second on average (5), `--seed N` (1). Reads PORT and STATE_DIR as `npm start` does.
 */
import { parseArgs } from "node:util";
import { PbtEdge } from "../src/client/index.ts";
import { openLocalState } from "./local-secrets.ts";
import { giveDemoPast } from "./demo/demo-history.ts";
import { historyDoorOf } from "./demo/history-door.ts";
import { executeForAWhile } from "./demo/traffic.ts";
import { requireMockKeys } from "./demo/mock-keys.ts";
import { setUpDemo } from "./demo/set-up.ts";

const { values: flags } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    rate: { type: "string", default: "5" },
    seed: { type: "string", default: "1" },
  },
});
const stateDir = process.env["STATE_DIR"] ?? ".wrangler/state";
const { demo_key } = openLocalState(stateDir).state;
if (demo_key === undefined) throw new Error("There is no demo tenant yet: run `npm start` in another terminal first.");
const baseUrl = `http://127.0.0.1:${process.env["PORT"] ?? 8787}`;
const api = new PbtEdge({ baseUrl, apiKey: demo_key, maxRetries: 0 });

requireMockKeys((await api.request("GET /v1/gate")).data);
const planted = await giveDemoPast(api, historyDoorOf(stateDir)).catch((error: unknown) => {
  // A server that was started by an older version has no door. Everything else works without a past.
  console.log(`There is no past: ${String(error)}. Start \`npm start\` again, perhaps after \`npm run reset\`.`);
  return null;
});
if (planted !== null) console.log(`The last four weeks have ${planted} executions now.`);
await setUpDemo(api);
const key = process.stdout.isTTY ? `\nSign in with ${demo_key}` : "";
console.log(`The dashboard is on ${baseUrl}/${key}\nExecuting for ${flags.minutes} minutes; Ctrl-C ends it.`);
const { succeeded, failed } = await executeForAWhile(api, {
  forMs: Number(flags.minutes) * 60_000,
  perSecond: Number(flags.rate),
  seed: Number(flags.seed),
});
console.log(`${succeeded} executions succeeded, ${failed} failed as they were meant to.`);
