import { setTimeout as sleep } from "node:timers/promises";
import { errorText } from "../../harness/error-text.ts";
import { table } from "../../harness/table.ts";
import type { Bill } from "./bills.ts";
import type { Result } from "./result.ts";
import { type Check, OUTCOMES } from "./suites.ts";
import type { DoorCase, World } from "./world.ts";

const LONGEST_CASE_MS = 60_000;
const LONGEST_REASON = 300;
const POLL_MS = 20;

/** Runs a case to its end, and to that of all its calls. */
export async function judge(world: World, { client, name, run: prove }: DoorCase): Promise<Result> {
  const from = Date.now();
  let reason: string | undefined;
  const late = AbortSignal.timeout(LONGEST_CASE_MS);
  const tooLate = new Promise<never>((_resolve, reject) => {
    late.addEventListener("abort", () => reject(new Error(`it took more than ${LONGEST_CASE_MS / 1000} s`)));
  });
  try {
    await Promise.race([prove(world), tooLate]);
  } catch (error) {
    reason = errorText(error).replaceAll(/\s+/g, " ").slice(0, LONGEST_REASON);
  }
  await untilQuiet(world);
  const { key, providerKeys } = world;
  return { client, name, key, providerKeys, ...(reason !== undefined && { reason }), from, to: Date.now() };
}

/** Waits until the provider has ended all calls, so that none falls to the next case. */
async function untilQuiet({ mock }: World): Promise<void> {
  const deadline = performance.now() + LONGEST_CASE_MS;
  while (performance.now() < deadline) {
    const { calls } = await mock.calls();
    if (calls.every(({ ended_at }) => ended_at !== null)) return;
    await sleep(POLL_MS);
  }
}

/** Prints what holds and what was billed. Returns whether all is well. */
export function report(results: readonly Result[], bills: readonly Bill[]): boolean {
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

/** Prints how many checks of each suite passed, and what the others are. False where one failed. */
export function reportSuites(checks: readonly Check[]): boolean {
  if (checks.length === 0) return true;
  const rows = [...Map.groupBy(checks, ({ suite }) => suite)].map(([suite, own]) => [
    suite,
    ...OUTCOMES.map((outcome) => String(own.filter((check) => check.outcome === outcome).length)),
  ]);
  console.log(table([["suite", ...OUTCOMES], ...rows]));
  for (const { suite, name, outcome, reason } of checks) {
    if (outcome !== "passed") console.log(`${outcome}: ${suite}, ${name}: ${reason}`);
  }
  return checks.every(({ outcome }) => outcome !== "FAILED");
}
