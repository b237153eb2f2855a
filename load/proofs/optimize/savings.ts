import { parse } from "yaml";
import { LEVELS } from "../../../src/domain/optimizations/shorten-text.ts";
import type { LocalStack } from "../../harness/local-stack.ts";
import { table } from "../../harness/table.ts";
import { LIFELIKE_PROMPTS } from "./lifelike-prompts.ts";
import { type Optimized, optimizePrompts, type PromptFile } from "./optimize-prompts.ts";
import { drawPublicPrompts, type PublicPrompt } from "./public-prompts.ts";

/** The share of tokens that fixed passes were meant to save. */
const GOAL = 0.3;

/** Prompts to optimise, and what they are. */
export type Sample = readonly [title: string, files: readonly PromptFile[]];

/** The prompts of `prompts.yaml` and, of clones below `folder`, two samples of public ones. */
export function samplesOf(folder: string | undefined): Sample[] {
  const own = LIFELIKE_PROMPTS.map(({ yaml }) => parse(yaml) as PromptFile);
  const samples: Sample[] = [["prompts.yaml, written by hand", own]];
  if (folder === undefined) return samples;
  const { seen, held } = drawPublicPrompts(folder);
  return [
    ...samples,
    ["public prompts, seen while the passes were written", seen.map(toPromptFile)],
    ["public prompts, held out", held.map(toPromptFile)],
  ];
}

/**
 * Optimises the prompts of samples. Nothing of those without tests is executed or published. Prints
 * what was saved and shown. Returns what must not be.
 */
export async function proveSavings(stack: LocalStack, samples: readonly Sample[]): Promise<string[]> {
  const faults: string[] = [];
  for (const [title, files] of samples) {
    const found = await optimizePrompts(stack, files);
    print(title, found);
    faults.push(...found.flatMap((each) => each.faults));
  }
  console.log(
    "\nTokens are those of o200k_base in the templates. The mock's answers do not depend on the prompt: what",
  );
  console.log("real models lose by a shorter one, and what their own proposals save, is not measured here.");
  return faults;
}

/** A prompt file without tests: the public ones have none, and what the mock answers is no quality. */
function toPromptFile({ name, messages }: PublicPrompt, place: number): PromptFile {
  const short = name
    .split("/")
    .slice(1)
    .join("-")
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, "-");
  return { name: `${String(place).padStart(2, "0")}-${short.slice(-46)}`, model: "gpt-4o-mini", messages, tests: [] };
}

function print(title: string, found: readonly Optimized[]): void {
  const head = ["prompt", "tokens", ...LEVELS, "shortest", "tried", "pass rates", "95 % interval", "published, saved"];
  const rows = found.map((each) => {
    const { name, before, levels, shortest, tried, published } = each;
    const saved = published === null ? "no" : percent(1 - published / before);
    return [name, `${before}`, ...[...levels, shortest].map(String), `${tried}`, ...shownOf(each), saved];
  });
  console.log(`\n${title}`);
  console.log(table([head, ...rows]));
  const savingsBy = (tokensOf: (each: Optimized) => number) => found.map((each) => 1 - tokensOf(each) / each.before);
  const summary = [
    ...LEVELS.map((level, at): [string, number[]] => [level, savingsBy((each) => each.levels[at] ?? each.before)]),
    ["shortest candidate", savingsBy(({ shortest }) => shortest)] as const,
    ...(found.some(({ confirmation }) => confirmation)
      ? [["published", savingsBy(({ published, before }) => published ?? before)] as const]
      : []),
  ].map(([name, savings]) => [
    name,
    percent(mean(savings)),
    percent(median(savings)),
    `${savings.filter((saving) => saving >= GOAL).length} of ${savings.length}`,
    mean(savings) >= GOAL ? "met" : "not met",
  ]);
  console.log(table([["saved by", "mean", "median", "at least 30 %", "30 % in the mean"], ...summary]));
}

function shownOf({ confirmation }: Optimized): [string, string] {
  if (!confirmation) return ["–", "–"];
  const { pass_rates, interval } = confirmation;
  return [pass_rates.map(percent).join(" → "), interval.map((end) => (end * 100).toFixed(1)).join(" to ")];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return mean(sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1));
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
