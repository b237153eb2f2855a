import { createHash } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import type { Miniflare } from "miniflare";
import type { PastOfTenant } from "./history.ts";
import { type LocalLedgers, plantHistory } from "./plant-history.ts";

/** What a door says of what it did. */
interface DoorReply {
  planted?: number;
  error?: string;
}

/**
 * Where a local server takes the past of a tenant: the API has no way to put executions on record
 * that were not made. It is a socket beside the server's data, which only the user may open who
 * started it.
 */
export function historyDoorOf(stateDir: string): string {
  if (process.platform !== "win32") return join(stateDir, "history.sock");
  return `\\\\.\\pipe\\pbt-edge-${createHash("sha256").update(resolve(stateDir)).digest("hex").slice(0, 16)}`;
}

/** Opens the door of a server. A door that a killed server has left is taken away. */
export async function openHistoryDoor(path: string, miniflare: Miniflare): Promise<{ close: () => void }> {
  const ledgers = (await miniflare.getDurableObjectNamespace("LEDGER", "pbt-edge")) as unknown as LocalLedgers;
  const server = createServer((incoming, reply) => {
    const answer = (status: number, body: DoorReply) => reply.writeHead(status).end(JSON.stringify(body));
    text(incoming)
      .then(async (body) => plantHistory(ledgers, JSON.parse(body) as PastOfTenant))
      .then(
        (planted) => answer(200, { planted }),
        (error: unknown) => answer(500, { error: String(error) }),
      );
  });
  await listen(server, path);
  return { close: () => server.close() };
}

async function listen(server: Server, path: string): Promise<void> {
  if (process.platform !== "win32") rmSync(path, { force: true });
  const before = process.umask(0o077);
  try {
    await new Promise<void>((done, fail) => server.once("error", fail).listen(path, done));
  } finally {
    process.umask(before);
  }
  server.unref();
}

/** Hands a tenant's past to the server behind a door. Returns how many executions it has. */
export async function sendHistory(path: string, past: PastOfTenant): Promise<number> {
  const call = request({ socketPath: path, method: "POST", path: "/" });
  call.end(JSON.stringify(past));
  const [reply] = (await once(call, "response")) as [IncomingMessage];
  const { planted, error } = JSON.parse(await text(reply)) as DoorReply;
  if (planted === undefined) throw new Error(`The past was not taken: ${error ?? "no reason is known"}`);
  return planted;
}
