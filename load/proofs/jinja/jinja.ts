/**
 * `npm run prove -- jinja`: random templates, rendered here and by Python's Jinja2. Fails where
 * more than the allowed share differ in a way that the README of the template engine does not list.
 * Needs `python3` with `jinja2`; without them it says so and passes.
 */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import type * as Parser from "../../../src/domain/template/parse-template.ts";
import type * as Renderer from "../../../src/domain/template/render-template.ts";
import { createRandom } from "../gate-sim/random.ts";
import { Grammar } from "./grammar.ts";
import { type Rendering, listedDifference } from "./listed.ts";
import { VARIABLES } from "./vocabulary.ts";

type Engine = Pick<typeof Parser, "parseTemplate"> & Pick<typeof Renderer, "renderTemplate">;

/** The largest share of templates that may differ, in ways that are not listed. */
const ALLOWED = 0.005;
/** Templates that one call of Python renders. */
const PER_CALL = 2_000;
const CALL_TIMEOUT_MS = 300_000;

/**
 * How many templates, from which seed; another checkout to judge; how many differences to print.
 */
export const FLAGS = {
  seed: { type: "string", default: "1" },
  templates: { type: "string", default: "34000" },
  root: { type: "string" },
  show: { type: "string", default: "10" },
} as const satisfies ParseArgsOptionsConfig;

/** A template that the two sides render differently. */
interface Difference {
  template: string;
  here: Rendering;
  python: Rendering;
}

/** Renders the templates on both sides and prints the shares. Returns whether few enough differ. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  if (spawnSync("python3", ["-c", "import jinja2"]).status !== 0) {
    console.log("skipped: python3 with the package jinja2 is not installed");
    return true;
  }
  const engine = await loadEngine(flags.root ?? resolve(import.meta.dirname, "../../.."));
  const grammar = new Grammar(createRandom(Number(flags.seed)));
  const templates = Array.from({ length: Number(flags.templates) }, () => grammar.template());
  const counts = { equal: 0, errors: 0 };
  const listed = new Map<string, number>();
  const unlisted: Difference[] = [];
  for (let from = 0; from < templates.length; from += PER_CALL) {
    const part = templates.slice(from, from + PER_CALL);
    const { version, results } = askPython(part);
    if (from === 0) console.log(`${templates.length} templates of seed ${flags.seed} against ${version}`);
    part.forEach((template, at) => {
      const [here, python] = [renderHere(engine, template), results[at] ?? { error: "no answer" }];
      if ("error" in here && "error" in python) counts.errors += 1;
      else if ("text" in here && "text" in python && here.text === python.text) counts.equal += 1;
      else {
        const name = listedDifference(here, python, template);
        if (name === undefined) unlisted.push({ template, here, python });
        else listed.set(name, (listed.get(name) ?? 0) + 1);
      }
    });
  }
  return report(templates.length, counts, listed, unlisted, Number(flags.show));
}

async function loadEngine(root: string): Promise<Engine> {
  const folder = `${resolve(root)}/src/domain/template`;
  const parser = (await import(`${folder}/parse-template.ts`)) as typeof Parser;
  const renderer = (await import(`${folder}/render-template.ts`)) as typeof Renderer;
  return { parseTemplate: parser.parseTemplate, renderTemplate: renderer.renderTemplate };
}

function askPython(templates: readonly string[]): { version: string; results: Rendering[] } {
  const { status, stdout, stderr } = spawnSync("python3", [`${import.meta.dirname}/oracle.py`], {
    input: JSON.stringify({ variables: VARIABLES, templates }),
    encoding: "utf8",
    maxBuffer: 1 << 28,
    timeout: CALL_TIMEOUT_MS,
  });
  if (status !== 0) throw new Error(`Python failed: ${stderr}`);
  return JSON.parse(stdout) as { version: string; results: Rendering[] };
}

function renderHere({ parseTemplate, renderTemplate }: Engine, template: string): Rendering {
  try {
    return { text: renderTemplate(parseTemplate(template), VARIABLES) };
  } catch (error) {
    const [fault] = (error as { errors?: { message: string }[] }).errors ?? [];
    return { error: fault?.message ?? `not an error of the template: ${String(error)}` };
  }
}

function report(
  total: number,
  { equal, errors }: { equal: number; errors: number },
  listed: ReadonlyMap<string, number>,
  unlisted: readonly Difference[],
  show: number,
): boolean {
  const share = (count: number) => `${count} (${((count / total) * 100).toFixed(2)} %)`;
  console.log(`equal ${share(equal)}, errors on both sides ${share(errors)}`);
  for (const [name, count] of listed) console.log(`listed, ${name}: ${share(count)}`);
  const passed = unlisted.length <= total * ALLOWED;
  console.log(`not listed: ${share(unlisted.length)}, of at most ${ALLOWED * 100} %${passed ? "" : ": FAILED"}`);
  for (const { template, here, python } of unlisted.slice(0, show)) {
    console.log(
      `\n  ${JSON.stringify(template)}\n  here   ${JSON.stringify(here)}\n  python ${JSON.stringify(python)}`,
    );
  }
  return passed;
}
