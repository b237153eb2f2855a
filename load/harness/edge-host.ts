/**
 * Serves a built Worker until SIGTERM. {@link startEdge} runs it as a child process and passes its
 * options as JSON in EDGE_HOST.
 */
import { once } from "node:events";
import { type ServeOptions, serveWorker } from "../../scripts/serve.ts";

const options = JSON.parse(process.env["EDGE_HOST"] ?? "{}") as ServeOptions;
const served = await serveWorker(options);
if (options.inspect) console.log(`inspector on ${String(await served.miniflare.getInspectorURL())}`);
console.log(`ready on ${served.urls.join(" ")}`);
const reason = await Promise.race([once(process, "SIGTERM").then(() => null), served.gaveUp]);
if (reason !== null) {
  console.error(reason);
  process.exitCode = 1;
}
await served.stop();
