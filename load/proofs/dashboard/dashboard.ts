/**
 * `npm run prove -- dashboard`: opens the dashboard in a real Chromium against a running server
 * with seeded data. Each page in both themes and at two widths: no error on the console, nothing
 * that axe finds, nothing wider than the window. Then the journeys of an author and an operator,
 * one of them with the keyboard alone; what the first page loads; that the session's cookie is out
 * of reach for scripts and other origins; and the same asked for twice, offline or too late.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import type { Browser } from "playwright-core";
import { ChromiumMissing, startChromium } from "../../harness/chromium.ts";
import { errorText } from "../../harness/error-text.ts";
import { withLocalStack } from "../../harness/local-stack.ts";
import { authorSteps } from "./author.ts";
import { historyDoorOf } from "../../../scripts/demo/history-door.ts";
import { chainSteps } from "./chains.ts";
import { faultSteps } from "./faults.ts";
import { firstLoadSteps } from "./first-load.ts";
import { mishapSteps } from "./mishaps.ts";
import { operatorSteps } from "./operator.ts";
import { pageSteps } from "./pages.ts";
import { seedTenant } from "./seed.ts";
import { sessionSteps } from "./session.ts";
import type { Step } from "./world.ts";

/** Screens: a folder for pictures of every page. */
export const FLAGS = {
  only: { type: "string", default: "" },
  screens: { type: "string", default: "" },
  "if-possible": { type: "boolean", default: false },
} as const satisfies ParseArgsOptionsConfig;

/** Runs the steps in their order. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const browser = await browserHere(flags["if-possible"]);
  if (browser === null) return true;
  if (flags.screens !== "") mkdirSync(flags.screens, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), "pbt-edge-dashboard-"));
  const historyDoor = historyDoorOf(folder);
  try {
    return await withLocalStack({ cronMs: 1_000, historyDoor }, async ({ edge }) => {
      const seeded = await seedTenant(edge.url, edge.key);
      const world = { browser, url: edge.url, key: edge.key, seeded, historyDoor, screens: flags.screens || null };
      const steps = [
        ...sessionSteps(world),
        ...faultSteps(world),
        ...firstLoadSteps(world),
        ...pageSteps(world),
        ...chainSteps(world),
        ...authorSteps(world),
        ...operatorSteps(world),
        ...mishapSteps(world),
      ];
      return await runSteps(steps.filter(({ name }) => name.includes(flags.only)));
    });
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Null where there is no Chromium and that is no fault. */
async function browserHere(isOptional: boolean): Promise<Browser | null> {
  try {
    return await startChromium();
  } catch (error) {
    if (!isOptional || !(error instanceof ChromiumMissing)) throw error;
    console.log(`not run: ${error.message}`);
    return null;
  }
}

async function runSteps(steps: readonly Step[]): Promise<boolean> {
  let failed = 0;
  for (const { name, run: runStep } of steps) {
    const startedAt = performance.now();
    try {
      const note = await runStep();
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
      console.log(`ok      ${name} (${seconds} s)${note === undefined ? "" : `: ${note}`}`);
    } catch (error) {
      failed++;
      console.log(`FAILED  ${name}: ${errorText(error)}`);
    }
  }
  console.log(`\n${steps.length - failed} passed, ${failed} failed`);
  return failed === 0 && steps.length > 0;
}
