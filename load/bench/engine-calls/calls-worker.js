/**
 * Makes one kind of call to the engine a number of times: `/NAME?times=N`. Without that number it
 * answers only, which is what is subtracted.
 */
import { DurableObject, waitUntil } from "cloudflare:workers";

const encoder = new TextEncoder();
const TOKEN = encoder.encode('event: delta\ndata: {"text":"token"}\n\n');
const HEADERS = Object.fromEntries(Array.from({ length: 16 }, (_, n) => [`x-header-${n}`, "some value"]));
const ADDRESS = "https://cache.invalid/";
const MINUTE_MS = 60_000;
/** About what four executions write together. */
const ROW = "x".repeat(7_000);

/** An object with the ledger's kind of row. */
export class Rows extends DurableObject {
  #next = 0;

  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec("create table if not exists rows (slot integer primary key, text text)");
  }

  ping() {
    return "ok";
  }

  write(count) {
    for (let n = 0; n < count; n += 1) {
      this.ctx.storage.sql.exec("insert or replace into rows values (?, ?)", this.#next++ % 64, ROW);
    }
  }
}

/** An object that accepts a socket, as that of a flight does. */
export class Sockets extends DurableObject {
  fetch() {
    const [own, other] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(other);
    return new Response(null, { status: 101, webSocket: own });
  }

  webSocketClose(socket) {
    socket.close();
  }
}

async function openSocket({ SOCKETS }) {
  const { webSocket } = await SOCKETS.getByName("one").fetch(ADDRESS, { headers: { upgrade: "websocket" } });
  const closed = new Promise((resolve) => webSocket.addEventListener("close", resolve));
  webSocket.accept();
  webSocket.close(4000);
  await closed;
}

async function pipe() {
  const { readable, writable } = new IdentityTransformStream();
  const [writer, reader] = [writable.getWriter(), readable.getReader()];
  const written = writer.write(TOKEN);
  await reader.read();
  await written;
  const closed = writer.close();
  await reader.read();
  await closed;
}

const CALLS = {
  timer: () => clearTimeout(setTimeout(() => undefined, MINUTE_MS)),
  ring: async () => new Promise((resolve) => setTimeout(resolve, 1)),
  wait: () => waitUntil(Promise.resolve()),
  abort: () => new AbortController().signal.addEventListener("abort", () => undefined),
  response: () => new Response("answer", { headers: HEADERS }),
  digest: async () => crypto.subtle.digest("SHA-256", encoder.encode(ROW.slice(0, 600))),
  pipe,
  rpc: async ({ ROWS }) => ROWS.getByName("one").ping(),
  row: async ({ ROWS }) => ROWS.getByName("one").write(1),
  rows: async ({ ROWS }) => ROWS.getByName("one").write(10),
  socket: openSocket,
  match: async () => caches.default.match(ADDRESS + crypto.randomUUID()),
  put: async () =>
    caches.default.put(
      ADDRESS + crypto.randomUUID(),
      new Response(ROW.slice(0, 800), { headers: { "cache-control": "max-age=60" } }),
    ),
  kv: async ({ CACHE }) => CACHE.get(crypto.randomUUID(), "json"),
};

export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    const call = CALLS[pathname.slice(1)];
    for (let left = Number(searchParams.get("times")); left > 0; left -= 1) await call(env);
    return new Response("done");
  },
};
