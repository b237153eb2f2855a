/**
 * `npm run prove -- slow-inputs`: gives every parser and checker that a request reaches inputs that
 * might be slow, and the same ones eight times as large. Fails where the work grows much faster
 * than the input: one small request could then stop everybody on the isolate. Counts steps first,
 * then CPU times, which show what takes long within the engine.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { table } from "../../harness/table.ts";
import { FACTOR, type Growth, measureSteps, measureTimes, type Suspect } from "./growth.ts";
import { createStepCounter } from "./step-counter.ts";
import { findSuspects } from "./suspects.ts";

/**
 * The seed, random texts for each parser, the share of renderings, the smaller size, one parser.
 */
export const FLAGS = {
  seed: { type: "string", default: "1" },
  texts: { type: "string", default: "20" },
  renderings: { type: "string", default: "1" },
  size: { type: "string", default: "8000" },
  only: { type: "string", default: "" },
} as const satisfies ParseArgsOptionsConfig;

/** Prints a row for each parser, and every slow input. Returns whether there is none. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const [seed, texts, renderings, size] = [flags.seed, flags.texts, flags.renderings, flags.size].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  console.log(`seed ${seed}: sizes ${size} and ${size * FACTOR}`);
  const suspects = findSuspects({ seed, texts, renderings }).filter(({ parser }) => parser.includes(flags.only));
  const counter = createStepCounter();
  const hasOnlyFast = await judge(suspects, (suspect) => measureSteps(suspect, size, counter));
  counter.stop();
  const isInTime = await judge(suspects, (suspect) => measureTimes(suspect, size));
  return suspects.length > 0 && hasOnlyFast && isInTime;
}

async function judge(suspects: readonly Suspect[], measure: (suspect: Suspect) => Promise<Growth>): Promise<boolean> {
  const byParser = new Map<string, Growth[]>();
  for (const suspect of suspects) {
    const growths = byParser.get(suspect.parser) ?? [];
    byParser.set(suspect.parser, growths);
    growths.push(await measure(suspect));
  }
  const slow = [...byParser.values()].flat().filter(({ isSlow }) => isSlow);
  const head = ["parser or checker", "inputs", "most work", "its growth", "slow"];
  console.log(table([head, ...[...byParser].map(([parser, growths]) => toRow(parser, growths))]));
  for (const { suspect, small, large, unit } of slow) {
    console.log(`slow: ${suspect.parser}: ${suspect.shape}: ${small.toFixed(1)} to ${large.toFixed(1)} ${unit}`);
  }
  console.log(`${suspects.length} inputs, ${slow.length} of them slow`);
  return slow.length === 0;
}

function toRow(parser: string, growths: readonly Growth[]): string[] {
  const most = growths.reduce((a, b) => (b.large > a.large ? b : a));
  const work = most.unit === "ms" ? `${most.large.toFixed(1)} ms` : `${most.large} steps`;
  const growth = most.small > 0 ? `${(most.large / most.small).toFixed(1)} x` : "";
  return [parser, String(growths.length), work, growth, String(growths.filter(({ isSlow }) => isSlow).length)];
}
