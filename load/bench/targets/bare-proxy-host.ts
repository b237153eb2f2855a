/** Serves the bare proxy with the same engine, API and compatibility settings as the runtime. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";

const contents = readFileSync(join(import.meta.dirname, "bare-proxy-worker.js"), "utf8");
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    log: new Log(LogLevel.WARN),
    workers: [
      {
        name: "bare-proxy",
        compatibilityDate: "2026-10-22",
        compatibilityFlags: ["nodejs_compat"],
        bindings: { UPSTREAM: process.env["UPSTREAM"] ?? "" },
        modules: [{ type: "ESModule", path: "bare-proxy-worker.js", contents }],
      },
    ],
  }),
);
console.log(`ready on ${(await miniflare.ready).origin}`);
await once(process, "SIGTERM");
await miniflare.dispose();
