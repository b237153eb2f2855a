/**
 * Serves what the Worker binds to (D1, KV, R2, the Cache API, queues) from a process of its own, as
 * thinly as the engine's protocols allow, so that their work is not counted as the Worker's.
 * {@link startSimulators} runs it as a child process.
 */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { readMigrations } from "../../../scripts/migrate.ts";
import { serveCache } from "./serve-cache.ts";
import { serveD1 } from "./serve-d1.ts";
import { serveKv } from "./serve-kv.ts";
import type { Simulator } from "./simulator.ts";

const shards = Number(process.argv[2]);
const migrations = readMigrations("migrations");
const simulators: [name: string, simulator: Simulator][] = [
  ["kv", serveKv()],
  ["cache", serveCache()],
  ["queue", () => ({ status: 200, body: "{}" })],
  // The bench archives nothing and asks for no asset.
  ["none", () => ({ status: 501 })],
  ...Array.from({ length: shards }, (_, shard): [string, Simulator] => [`d1-${shard}`, serveD1(migrations)]),
];
const ports = await Promise.all(simulators.map(async ([name, simulator]) => `${name}=${await listen(simulator)}`));
console.log(`ready on ${ports.join(",")}`);
await once(process, "SIGTERM");
process.exit();

async function listen(simulator: Simulator): Promise<number> {
  const server = createServer(answerWith(simulator)).listen(0, "127.0.0.1");
  server.keepAliveTimeout = 0;
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function answerWith(simulator: Simulator): RequestListener {
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { status, headers = {}, body = "" } = simulator(request, Buffer.concat(chunks));
      response.writeHead(status, { "content-length": Buffer.byteLength(body), ...headers }).end(body);
    });
  };
}
