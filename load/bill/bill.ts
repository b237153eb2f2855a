/**
 * `npm run bill`: replays a slice of the source's day over the Worker's real code with counted
 * bindings, and prints the platform's bill for a thousand executions by line. load/README.md says
 * how the numbers are made.
 */
import { parseArgs } from "node:util";
import { loadWorker, readBindings } from "./platform/load-worker.ts";
import { printBill, printNotes } from "./print-bill.ts";
import { replayLoad } from "./replay.ts";
import { GROWING_DAYS } from "./invoice.ts";
import { VARIANTS } from "./variants.ts";
import { LOADS } from "./workload.ts";

const FLAGS = {
  loads: { type: "string", default: "hot,zipf,alike" },
  variants: { type: "string", default: "plain" },
  users: { type: "string", default: "10000" },
  seconds: { type: "string" },
  warm: { type: "string" },
  seed: { type: "string", default: "1" },
  "cpu-ms": { type: "string", default: "2" },
} as const;

async function main(): Promise<void> {
  const { values: flags } = parseArgs({ options: FLAGS });
  const [worker, bindings] = [await loadWorker(), await readBindings()];
  const common = { worker, bindings, seed: Number(flags.seed), cpuMs: Number(flags["cpu-ms"]) };
  for (const loadName of flags.loads.split(",")) {
    const load = named(LOADS, loadName)(Number(flags.users));
    const objectDays = Number(bindings.vars["LEDGER_RECENT_DAYS"] ?? GROWING_DAYS);
    const times = { warmS: Number(flags.warm ?? load.warmS), seconds: Number(flags.seconds ?? load.seconds) };
    for (const name of flags.variants.split(",")) {
      const variant = named(VARIANTS, name);
      const began = performance.now();
      const replayed = await replayLoad({ ...common, ...times, variant }, load);
      const tookS = (performance.now() - began) / 1_000;
      const isPlain = name === "plain";
      const summaries = [load.summary, variant.summary];
      printBill({
        title: `${loadName}, ${name}`,
        summaries,
        replayed,
        tookS,
        isPlain,
        objectDays,
        warmth: load.warmth,
      });
    }
  }
  printNotes();
}

function named<T>(all: Readonly<Record<string, T>>, name: string): T {
  const found = Object.hasOwn(all, name) ? all[name] : undefined;
  if (found === undefined) throw new Error(`"${name}" is none of ${Object.keys(all).join(", ")}`);
  return found;
}

await main();
