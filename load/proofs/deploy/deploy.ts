/**
 * `npm run prove -- deploy`: the real `npm run provision` and `npm run deploy`, with the real
 * wrangler, before a fake of Cloudflare's API: from nothing, again, cut off anywhere, before
 * failures, with more shards, beside another deployment, a tenth at a time and back.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { withCleanup } from "../../harness/cleanup.ts";
import { errorText } from "../../harness/error-text.ts";
import { Checkout } from "./checkout.ts";
import { FakeAccount } from "./fake-account.ts";
import { startFakeCloudflare } from "./fake-cloudflare.ts";
import { FAULT_STEPS } from "./fault-steps.ts";
import { killSteps } from "./kill-steps.ts";
import type { DeployWorld, Steps } from "./world.ts";
import { VERSION_STEPS } from "./version-steps.ts";
import { WHOLE_STEPS } from "./whole-steps.ts";

const PARTS: Readonly<Record<string, (everyChange: boolean) => Steps>> = {
  whole: () => WHOLE_STEPS,
  kills: killSteps,
  faults: () => FAULT_STEPS,
  versions: () => VERSION_STEPS,
};

/** `only` is one of the parts; `every-change` kills after each change instead of each kind. */
export const FLAGS = {
  only: { type: "string" },
  "every-change": { type: "boolean", default: false },
} as const satisfies ParseArgsOptionsConfig;

/** Each part has an account of its own. Its steps run in their order, each on what the last left. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  let failed = 0;
  for (const [part, stepsOf] of Object.entries(PARTS)) {
    if (flags.only !== undefined && flags.only !== part) continue;
    failed += await inNewWorld((world) => runSteps(world, stepsOf(flags["every-change"])));
  }
  console.log(failed === 0 ? "\nall steps held" : `\n${failed} steps failed`);
  return failed === 0;
}

async function inNewWorld<T>(work: (world: DeployWorld) => Promise<T>): Promise<T> {
  return withCleanup(async (stopLater) => {
    const account = new FakeAccount();
    account.addOthers();
    const cloudflare = stopLater(await startFakeCloudflare(account));
    return work({ account, cloudflare, checkout: stopLater(new Checkout(cloudflare.url)) });
  });
}

async function runSteps(world: DeployWorld, steps: Steps): Promise<number> {
  let failed = 0;
  for (const [name, step] of Object.entries(steps)) {
    const before = performance.now();
    const fault = await step(world).then(() => null, errorText);
    const seconds = ((performance.now() - before) / 1_000).toFixed(1);
    console.log(`${fault === null ? "held" : "FAILED"} in ${seconds} s: ${name}`);
    if (fault === null) continue;
    failed += 1;
    console.log(fault);
  }
  return failed;
}
