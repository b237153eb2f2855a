/**
 * `npm run bench -- template`: the CPU time of parsing and rendering templates, and the heap of a
 * parsed one. With `--root DIR` another checkout of this repository is measured in turns with this.
 */
import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parse as parseYaml } from "yaml";
import type * as Parser from "../../../src/domain/template/parse-template.ts";
import type * as Renderer from "../../../src/domain/template/render-template.ts";

type Engine = Pick<typeof Parser, "parseTemplate"> & Pick<typeof Renderer, "renderTemplate"> & { name: string };
interface Subject {
  name: string;
  source: string;
  variables: Record<string, unknown>;
}
interface Figures {
  parses: number[];
  renders: number[];
  bytes: number[];
}

setFlagsFromString("--expose-gc");
/** Collects all garbage now, so that the heap holds live objects only. */
const collectGarbage = runInNewContext("gc") as () => void;

/** Milliseconds of one measurement. */
const SLICE = 60;
const LIMITS = { steps: 10_000_000, output: 10_000_000 };
const CONVERSATION = {
  subject: "a late parcel",
  priority: "high",
  turns: Array.from({ length: 6 }, (_, at) => ({ speaker: at % 2 ? "agent" : "customer", text: `Turn ${at}.` })),
};
const VARIABLES = {
  topic: "rain",
  pacing: "",
  product: "Kettle",
  urgent: true,
  changes: Array.from({ length: 10 }, (_, at) => ` change ${at} `),
  company: "Acme",
  rules: Array.from({ length: 8 }, (_, at) => ` rule ${at}`),
  conversations: Array.from({ length: 5 }, () => CONVERSATION),
};

/** Another checkout of this repository; rounds. */
export const FLAGS = {
  root: { type: "string" },
  rounds: { type: "string", default: "9" },
} as const satisfies ParseArgsOptionsConfig;

/** Prints a row for each template and checkout. It has no checks. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const here = resolve(import.meta.dirname, "../../..");
  const roots = flags.root === undefined ? [here] : [here, resolve(flags.root)];
  const engines = await Promise.all(roots.map(loadEngine));
  const subjects = ["simple", "moderate", "complex"].map(fromPrompt);
  const complex = subjects.at(-1);
  if (complex) subjects.push({ ...complex, name: "100 kB", source: repeated(complex.source, 100_000) });
  console.table(subjects.flatMap((subject) => measure(engines, subject, Number(flags.rounds))));
  return true;
}

async function loadEngine(root: string): Promise<Engine> {
  const folder = `${root}/src/domain/template`;
  const { parseTemplate } = (await import(`${folder}/parse-template.ts`)) as typeof Parser;
  const { renderTemplate } = (await import(`${folder}/render-template.ts`)) as typeof Renderer;
  return { name: basename(root), parseTemplate, renderTemplate };
}

function fromPrompt(name: string): Subject {
  const file = readFileSync(`${import.meta.dirname}/../../prompts/load-${name}.prompt.yaml`, "utf8");
  const prompt = parseYaml(file) as { template?: string; messages?: { content: string }[] };
  const source = prompt.template ?? prompt.messages?.map(({ content }) => content).join("\n") ?? "";
  return { name, source, variables: VARIABLES };
}

function repeated(source: string, length: number): string {
  return source.repeat(Math.ceil(length / source.length)).slice(0, length - (length % source.length));
}

/** Measures all engines in turns, so that a change of the machine's speed meets all of them. */
function measure(engines: Engine[], { name, source, variables }: Subject, rounds: number): Record<string, string>[] {
  const results = engines.map((): Figures => ({ parses: [], renders: [], bytes: [] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, { parseTemplate, renderTemplate }] of engines.entries()) {
      const template = parseTemplate(source);
      results[at]?.parses.push(rate(() => parseTemplate(source)));
      results[at]?.renders.push(rate(() => renderTemplate(template, variables, LIMITS)));
      results[at]?.bytes.push(weigh(() => parseTemplate(source), Math.ceil(500_000 / source.length)));
    }
  }
  return results.map(({ parses, renders, bytes }, at) => ({
    template: `${name} (${source.length} characters)`,
    checkout: engines[at]?.name ?? "",
    "parses/s": median(parses).toFixed(0),
    "renders/s": median(renders).toFixed(0),
    "bytes parsed": median(bytes).toFixed(0),
  }));
}

/** Calls per second of CPU time, so that other processes of the machine do not count. */
function rate(work: () => unknown): number {
  const [start, used] = [performance.now(), process.cpuUsage()];
  let calls = 0;
  for (; performance.now() - start < SLICE; calls += 1) work();
  const { user, system } = process.cpuUsage(used);
  return (calls / (user + system)) * 1e6;
}

/** Heap bytes that one result keeps alive, from the sum of `count`. */
function weigh(make: () => unknown, count: number): number {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const kept = Array.from({ length: count }, make);
  collectGarbage();
  return (process.memoryUsage().heapUsed - before) / kept.length;
}

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
}
