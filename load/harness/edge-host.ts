/**
 * Serves a built Worker until SIGTERM. {@link startEdge} runs it as a child process and passes its
 * options as JSON in EDGE_HOST.
 */
import { once } from "node:events";
import { openHistoryDoor } from "../../scripts/demo/history-door.ts";
import { serveWorker } from "../../scripts/serve.ts";
import type { HostOptions } from "./edge.ts";

const options = JSON.parse(process.env["EDGE_HOST"] ?? "{}") as HostOptions;
const served = await serveWorker(options);
const door = options.historyDoor === undefined ? null : await openHistoryDoor(options.historyDoor, served.miniflare);
if (options.inspect) console.log(`inspector on ${String(await served.miniflare.getInspectorURL())}`);
console.log(`ready on ${served.urls.join(" ")}`);
const reason = await Promise.race([once(process, "SIGTERM").then(() => null), served.gaveUp]);
if (reason !== null) {
  console.error(reason);
  process.exitCode = 1;
}
door?.close();
await served.stop();
