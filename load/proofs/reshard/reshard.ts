/**
 * `npm run prove -- reshard`: a fifth D1 database takes a fifth of the buckets from four while
 * callers write and read, and the server and its engine are killed with SIGKILL at random
 * moments. Every acknowledged write is read back, no request fails but those that a kill cut off,
 * and the files of the databases have each row once. At rest, the same buckets then move back, and
 * the checksum of all rows is what it was before.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { createTenant } from "../../../scripts/tenant.ts";
import { withCleanup } from "../../harness/cleanup.ts";
import { startMock } from "../../harness/mock.ts";
import { RestartableEdge } from "../../harness/restartable-edge.ts";
import { table } from "../../harness/table.ts";
import { readRowsAtRest } from "./rows-at-rest.ts";
import { Writers } from "./writers.ts";

export const FLAGS = {
  callers: { type: "string", default: "8" },
  tenants: { type: "string", default: "60" },
  kills: { type: "string", default: "6" },
} as const satisfies ParseArgsOptionsConfig;

/** What the proof reads of a move and of the shards. */
interface Move {
  id: number;
  from: string;
  to: string;
  state: string;
  buckets: number[];
  rows_copied: number;
  rows_verified: number;
  rows_recopied: number;
  rows_deleted: number;
  checksum: string | null;
  closings: number;
  closed_ms: number | null;
  detail: string | null;
}
interface ShardsReply {
  shards: { name: string; buckets: number; rows: number; bytes: number }[];
  moves: Move[];
}

const TARGET = "DB_SHARD_4";
const BUCKETS = 1_024;
/** A write waits for a closed bucket this long at most. */
const MOST_WAIT_MS = 10_000;
/** The kills come at random times that are this far apart at most, ms. */
const LONGEST_BETWEEN_KILLS_MS = 3_000;
/** How long callers write before anything moves, so that there is something to move, ms. */
const FILLING_MS = 15_000;
const MOVES_END_WITHIN_MS = 300_000;

/** Reshards under load, judges, and prints what happened. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const kills = Number(flags.kills);
  return withCleanup(async (stopLater) => {
    const mock = stopLater(await startMock());
    const edge = stopLater(await RestartableEdge.prepare(mock, { isolates: 2, shards: 5 }));
    let isUp = true;
    await edge.start();
    let upSince = performance.now();
    const admin = new Admin(() => edge.urls()[0] ?? "", edge.rootKey);
    const keys: string[] = [];
    for (let tenant = 0; tenant < Number(flags.tenants); tenant += 1) {
      keys.push(await createTenant(edge.urls()[0] ?? "", edge.rootKey, `tenant ${tenant}`));
    }
    const writers = new Writers({ urls: () => edge.urls(), isUp: () => isUp, upSince: () => upSince }, keys);
    const stopWriters = writers.start(Number(flags.callers));
    await sleep(FILLING_MS);
    const before = [...writers.log.latencies];
    writers.log.latencies.length = 0;
    writers.log.slow.length = 0;
    await admin.move({ fraction: 0.2, to: TARGET });
    const killedIn: string[] = [];
    for (let kill = 0; kill < kills; kill += 1) {
      await sleep(100 + Math.random() * LONGEST_BETWEEN_KILLS_MS);
      isUp = false;
      const { moves } = await restart(edge);
      isUp = true;
      upSince = performance.now();
      killedIn.push(moves.join(", "));
      console.log(`killed while the moves were ${moves.join(", ")}`);
    }
    await awaitMoves(admin);
    await sleep(1_000);
    await stopWriters();
    const faults = [...writers.log.failures, ...(await writers.check())];
    const reply = await admin.read();
    report(reply, writers, before);
    faults.push(...judge(reply, writers, killedIn));

    const rest = await restart(edge);
    await admin.move({ buckets: reply.moves.flatMap(({ buckets }) => buckets), to: "DB_SHARD_0" });
    await awaitMoves(admin);
    const back = await restart(edge);
    console.log(
      `\nrows of each database ${rest.rows.join(", ")}; after all moved to one shard ${back.rows.join(", ")}`,
    );
    console.log(`checksum of all rows ${rest.checksum} before that move, ${back.checksum} after it`);
    faults.push(...[...rest.twice, ...back.twice].map((row) => `in two databases: ${row}`));
    if (rest.checksum !== back.checksum) faults.push("the checksums differ");
    for (const fault of faults.slice(0, 20)) console.log(`FAULT: ${fault}`);
    console.log(faults.length === 0 ? "No write was lost, and no row is in two places." : `${faults.length} faults`);
    return faults.length === 0;
  });
}

/** Stops the server, reads its files and starts it again. */
async function restart(edge: RestartableEdge) {
  await edge.kill();
  const rows = readRowsAtRest(edge.stateDir());
  await edge.start();
  return rows;
}

/** Waits until moves are over. */
async function awaitMoves(admin: Admin): Promise<void> {
  const deadline = performance.now() + MOVES_END_WITHIN_MS;
  for (;;) {
    const states = (await admin.read()).moves.map(({ state }) => state);
    if (states.every((state) => ["done", "cancelled", "halted"].includes(state))) return;
    if (performance.now() > deadline) throw new Error(`the moves do not end: ${states.join(", ")}`);
    await sleep(500);
  }
}

function judge({ shards, moves }: ShardsReply, writers: Writers, killedIn: string[]): string[] {
  const faults = moves.flatMap(({ id, state, detail }) =>
    state === "done" ? [] : [`move ${id} is ${state}: ${detail}`],
  );
  const share = (shards.find(({ name }) => name === TARGET)?.buckets ?? 0) / BUCKETS;
  if (Math.abs(share - 0.2) > 0.01) faults.push(`${TARGET} has ${(100 * share).toFixed(1)} % of the buckets`);
  if (moves.some(({ rows_copied }) => rows_copied === 0)) faults.push("a move copied no rows");
  const inTheMiddle = killedIn.some((states) => /copying|verifying|closing|draining|deleting/.test(states));
  if (killedIn.length > 0 && !inTheMiddle) faults.push("no kill met a move at work");
  if (Math.max(...writers.log.latencies) > MOST_WAIT_MS) faults.push("a request waited for too long");
  return faults;
}

function report({ shards, moves }: ShardsReply, { log, acknowledged }: Writers, before: number[]): void {
  const columns = [
    "id",
    "from",
    "state",
    "rows_copied",
    "rows_verified",
    "rows_recopied",
    "checksum",
    "closings",
    "closed_ms",
  ] as const;
  console.log(
    table([
      ["move", "from", "state", "copied", "verified", "recopied", "checksum", "closings", "closed ms"],
      ...moves.map((move) => columns.map((column) => String(move[column]))),
    ]),
  );
  console.log(
    table([
      ["shard", "buckets", "rows", "bytes"],
      ...shards.map(({ name, buckets, rows, bytes }) => [name, String(buckets), String(rows), String(bytes)]),
    ]),
  );
  const moved = moves.reduce((sum, { buckets }) => sum + buckets.length, 0);
  console.log(`${moved} of ${BUCKETS} buckets moved (${((100 * moved) / BUCKETS).toFixed(1)} %)`);
  console.log(
    `${log.writes} writes acknowledged and ${log.reads} read back at once; ${acknowledged} read back at the end; ${log.cutOff} cut off by kills, ${log.failures.length} failed`,
  );
  for (const slow of log.slow.slice(0, 10)) console.log(`  ${slow}`);
  console.log(`latency before the moves ${latencies(before)}; during them ${latencies(log.latencies)}`);
}

function latencies(of: number[]): string {
  const sorted = of.toSorted((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(0);
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)} ms`;
}

/** The operations of the root key. */
class Admin {
  readonly #url: () => string;
  readonly #key: string;

  constructor(url: () => string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  async read(): Promise<ShardsReply> {
    return (await this.#call("GET", "")) as ShardsReply;
  }

  async move(request: { to: string; fraction?: number; buckets?: number[] }): Promise<void> {
    await this.#call("POST", "/moves", request);
  }

  async #call(method: string, path: string, json?: unknown): Promise<unknown> {
    const headers = { authorization: `Bearer ${this.#key}`, "content-type": "application/json" };
    const body = json === undefined ? undefined : JSON.stringify(json);
    const response = await fetch(`${this.#url()}/v1/admin/shards${path}`, { method, headers, body });
    if (!response.ok) throw new Error(`${method} /v1/admin/shards${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }
}
