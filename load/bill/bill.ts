/**
 * `npm run bill`: replays a slice of the source's day over the Worker's real code with counted
 * bindings, and prints the platform's bill for a thousand executions by line. load/README.md says
 * how the numbers are made.
 */
import { registerHooks } from "node:module";
import { parseArgs } from "node:util";
import type { Bindings, WorkerModule } from "./platform/deployment.ts";
import { printBill } from "./print-bill.ts";
import { replayLoad } from "./replay.ts";
import { VARIANTS } from "./variants.ts";
import { type LoadName, LOADS } from "./workload.ts";

const FLAGS = {
  loads: { type: "string", default: "hot,zipf,alike" },
  variants: { type: "string", default: "plain" },
  users: { type: "string", default: "10000" },
  seconds: { type: "string", default: "300" },
  warm: { type: "string", default: "330" },
  seed: { type: "string", default: "1" },
  "cpu-ms": { type: "string", default: "2" },
} as const;

/** The Worker imports `cloudflare:workers`, which only workerd has. */
async function loadWorker(): Promise<WorkerModule> {
  const stand = new URL("platform/workers-module.ts", import.meta.url).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "cloudflare:workers" ? { url: stand, shortCircuit: true } : next(specifier, context),
  });
  await Promise.all([import("openai/client"), import("@anthropic-ai/sdk/client")]);
  return (await import("../../src/index.ts")) as unknown as WorkerModule;
}

async function readBindings(): Promise<Bindings> {
  process.env["WRANGLER_LOG"] ??= "error";
  const { unstable_readConfig } = await import("wrangler");
  return unstable_readConfig({ config: "wrangler.toml" }, { hideWarnings: true }) as Bindings;
}

async function main(): Promise<void> {
  const { values: flags } = parseArgs({ options: FLAGS });
  const [worker, bindings] = [await loadWorker(), await readBindings()];
  for (const loadName of flags.loads.split(",")) {
    const load = LOADS[loadName as LoadName](Number(flags.users));
    for (const name of flags.variants.split(",")) {
      const variant = VARIANTS[name];
      if (!variant) throw new Error(`"${name}" is no variant: ${Object.keys(VARIANTS).join(", ")}`);
      const began = performance.now();
      const replayed = await replayLoad(
        {
          worker,
          bindings,
          variant,
          seed: Number(flags.seed),
          warmS: Number(flags.warm),
          seconds: Number(flags.seconds),
          cpuMs: Number(flags["cpu-ms"]),
        },
        load,
      );
      const tookS = (performance.now() - began) / 1_000;
      printBill({ title: `${loadName}, ${name}`, summaries: [load.summary, variant.summary], replayed, tookS });
    }
  }
}

await main();
