import { registerHooks } from "node:module";
import type { Bindings, WorkerModule } from "./deployment.ts";

/** The Worker, in this process. It imports `cloudflare:workers`, which only workerd has. */
export async function loadWorker(): Promise<WorkerModule> {
  const stand = new URL("workers-module.ts", import.meta.url).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "cloudflare:workers" ? { url: stand, shortCircuit: true } : next(specifier, context),
  });
  return (await import("../../../src/index.ts")) as unknown as WorkerModule;
}

/** The bindings and settings of `wrangler.toml`. */
export async function readBindings(): Promise<Bindings> {
  process.env["WRANGLER_LOG"] ??= "error";
  const { unstable_readConfig } = await import("wrangler");
  return unstable_readConfig({ config: "wrangler.toml" }, { hideWarnings: true }) as Bindings;
}
