/**
 * `npm run bench -- engine-calls`: the CPU of single calls to the engine, beside that of a request
 * that a bare proxy Worker forwards. What an execution cannot do without is the sum of its calls.
 */
import { join } from "node:path";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { usageOf } from "../../../scripts/process-usage.ts";
import { withCleanup } from "../../harness/cleanup.ts";
import { type LoadRequest, runClosedLoop } from "../../harness/closed-loop.ts";
import { BARE_WORKER, startEngine } from "../../harness/engine/start-engine.ts";
import { startMock } from "../../harness/mock.ts";
import { digits, ranged, ratio, spread } from "../../harness/numbers.ts";
import { table } from "../../harness/table.ts";
import { COMPATIBILITY } from "../targets/bare-proxy.ts";
import { bareProxyEngine } from "../targets/engine-workers.ts";

export const FLAGS = {
  rounds: { type: "string", default: "5" },
  only: { type: "string" },
} as const satisfies ParseArgsOptionsConfig;

/** The calls of `calls-worker.js`. */
const CALLS: Record<string, string> = {
  timer: "a timer, set and cleared",
  ring: "a timer that rings",
  wait: "waitUntil",
  abort: "an AbortController with a listener",
  response: "a Response with 16 headers",
  digest: "SHA-256 of 600 bytes",
  pipe: "a piece through an IdentityTransformStream",
  rpc: "a call of an object's method",
  row: "a call that writes a row of 7 kB",
  rows: "a call that writes ten such rows",
  socket: "an object's hibernating WebSocket, opened and closed",
  match: "a miss in the Cache API",
  put: "a write to the Cache API",
  kv: "a miss in KV",
};
const TIMES = 10;
const SLICE_MS = 600;
const CONNECTIONS = 8;
const WARM_UP_MS = 1_500;

/** A server, and how its requests are made. */
interface Server {
  pid: number | null;
  url: string;
  request: (n: number) => LoadRequest;
}

/** Measures each call in turns with the bare proxy, and prints a row for it. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const names = Object.keys(CALLS).filter((name) => name.includes(flags.only ?? ""));
  return withCleanup(async (stopLater) => {
    const mock = stopLater(await startMock());
    const bare = stopLater(await bareProxyEngine(mock));
    const forwarded = { ...bare, request: (n: number) => bare.request(`What is ${n}?`, "whole") };
    const caller = stopLater(await startCaller());
    await cpuOf(forwarded, WARM_UP_MS);
    const rows = [["call", "CPU µs", "× bare proxy"]];
    for (const name of names) {
      await cpuOf(requesting(caller, name, TIMES));
      const [cpu, times]: [number[], (number | null)[]] = [[], []];
      for (let round = 0; round < Number(flags.rounds); round += 1) {
        const without = await cpuOf(requesting(caller, name, 0));
        const each = ((await cpuOf(requesting(caller, name, TIMES))) - without) / TIMES;
        cpu.push(each);
        times.push(ratio(each, await cpuOf(forwarded)));
      }
      rows.push([CALLS[name] ?? name, digits(spread(cpu)?.median), ranged(spread(times))]);
    }
    console.log(table(rows));
    return true;
  });
}

async function startCaller() {
  return startEngine("calls", {
    ...BARE_WORKER,
    ...COMPATIBILITY,
    script: join(import.meta.dirname, "calls-worker.js"),
    vars: {},
    kv: ["CACHE"],
    objects: [
      ["ROWS", "Rows"],
      ["SOCKETS", "Sockets"],
    ],
  });
}

function requesting({ pid, url }: Pick<Server, "pid" | "url">, name: string, times: number): Server {
  const request = { path: `/${name}?times=${times}`, headers: {}, body: "" };
  return { pid, url, request: () => request };
}

/** CPU of a request, µs: user and system time of all threads. */
async function cpuOf({ pid, url, request }: Server, durationMs = SLICE_MS): Promise<number> {
  const cpuMs = () => (pid !== null && usageOf(pid)?.cpuMs) || Number.NaN;
  const before = cpuMs();
  const result = await runClosedLoop({ url, connections: CONNECTIONS, durationMs, request, answer: /./ });
  if (result.failure !== null) throw new Error(`A request failed: ${result.failure}`);
  return ((cpuMs() - before) / result.requests) * 1000;
}
