import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

/** What the proxy does to one request in place of passing it on and its answer back. */
export type ProxyFault =
  /**
   * Answers by itself with this status. `retry_after` in seconds goes out as a date where asked.
   */
  | { kind: "status"; status: number; retry_after?: number; as_date?: boolean }
  /** Passes the request on, waits for the whole answer, and breaks the connection. */
  | { kind: "drop_answer" }
  /** Passes the request on, and breaks the connection after so many events of the answer. */
  | { kind: "cut_stream"; events: number }
  /** Never answers. */
  | { kind: "hang" };

/** A request as the proxy saw it. */
export interface ProxiedRequest {
  method: string;
  path: string;
  idempotency_key: string | null;
}

/** A proxy before the server whose faults are real to a client's sockets. */
export interface FaultyProxy {
  url: string;
  stop(): Promise<void>;
}

/**
 * Starts a proxy before a server. `PUT /__proxy/faults` sets the faults of the next requests, one
 * each, and empties the list that `GET /__proxy/requests` tells.
 */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  let faults: ProxyFault[] = [];
  let seen: ProxiedRequest[] = [];
  const server = createServer((asked, answer) => {
    const { method = "GET", url = "/" } = asked;
    if (url === "/__proxy/faults") {
      seen = [];
      return void json(asked)
        .then((list) => (faults = list as ProxyFault[]))
        .finally(() => answer.end());
    }
    if (url === "/__proxy/requests") return void answer.end(JSON.stringify(seen));
    const key = asked.headers["idempotency-key"];
    seen.push({ method, path: url, idempotency_key: typeof key === "string" ? key : null });
    const fault = faults.shift();
    if (fault?.kind === "status") return refuse(fault, asked, answer);
    if (fault?.kind !== "hang") passOn(target, fault, asked, answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function refuse(
  { status, retry_after: wait, as_date: isDate }: Extract<ProxyFault, { kind: "status" }>,
  asked: IncomingMessage,
  answer: ServerResponse,
): void {
  asked.resume();
  const code = status === 429 ? "rate_limit_error" : "provider_overloaded";
  const problem = { type: "about:blank", title: "Told by the proxy", status, detail: "Told by the proxy.", code };
  const date = () => new Date(Date.now() + (wait ?? 0) * 1000).toUTCString();
  answer.writeHead(status, {
    "content-type": "application/problem+json",
    ...(wait === undefined ? {} : { "retry-after": isDate ? date() : String(wait) }),
  });
  answer.end(JSON.stringify({ ...problem, request_id: "of-the-proxy" }));
}

function passOn(
  target: string,
  fault: Exclude<ProxyFault, { kind: "status" | "hang" }> | undefined,
  asked: IncomingMessage,
  answer: ServerResponse,
): void {
  const { method, url = "/", headers } = asked;
  // Events can be counted in plain text only.
  const plain = { ...headers, "accept-encoding": "identity" };
  const passed = request(target + url, { method, headers: fault ? plain : headers }, (answered) => {
    if (fault?.kind === "drop_answer") {
      answered.resume().on("end", () => answer.destroy());
      return;
    }
    answer.writeHead(answered.statusCode ?? 502, answered.headers);
    if (fault) cutAfter(fault.events, answered, answer);
    else answered.pipe(answer);
  });
  passed.on("error", () => answer.destroy());
  answer.on("close", () => answer.writableFinished || passed.destroy());
  asked.pipe(passed);
}

/** Passes whole events on, and breaks the connection once they have left. */
function cutAfter(events: number, answered: IncomingMessage, answer: ServerResponse): void {
  let text = "";
  answered.on("end", () => answer.destroy());
  answered.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
    const whole = text.split("\n\n");
    if (whole.length <= events || answer.writableEnded) return;
    answered.removeAllListeners().resume();
    answer.write(`${whole.slice(0, events).join("\n\n")}\n\n`, () => answer.destroy());
  });
}
