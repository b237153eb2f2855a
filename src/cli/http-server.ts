import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

/** A server on this machine; `url` has the port that it got. */
export interface LocalServer {
  url: string;
  close(): Promise<void>;
}

/** Larger requests are refused. In bytes. */
const LARGEST_BODY = 4 << 20;

/** Serves web requests on loopback, which other machines do not reach. Port 0 is any free one. */
export async function serveLocally(
  port: number,
  answer: (request: Request) => Promise<Response>,
): Promise<LocalServer> {
  const server = createServer((incoming, outgoing) => {
    void exchange(incoming, outgoing, answer).catch(() => outgoing.destroy());
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const { port: own } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${own}`, close };
}

async function exchange(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  answer: (request: Request) => Promise<Response>,
): Promise<void> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of incoming as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > LARGEST_BODY) return void outgoing.writeHead(413).end();
    pieces.push(piece);
  }
  const { method = "GET", url = "/", headers } = incoming;
  const fields = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  const gone = new AbortController();
  outgoing.on("close", () => gone.abort());
  const request = new Request(new URL(url, `http://${headers.host ?? "127.0.0.1"}`), {
    method,
    headers: fields as [string, string][],
    signal: gone.signal,
    ...(method === "GET" || method === "HEAD" ? {} : { body: Buffer.concat(pieces) }),
  });
  const response = await answer(request);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body) for await (const piece of response.body) outgoing.write(piece);
  outgoing.end();
}
