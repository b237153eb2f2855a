import type { Simulator } from "./simulator.ts";

const HEAD_END = Buffer.from("\r\n\r\n");

/** The Cache API in memory. What it stores is a whole HTTP response, which does not expire. */
export function serveCache(): Simulator {
  const entries = new Map<string, { headers: Record<string, string>; body: Buffer }>();
  return (request, body) => {
    const key = `${request.headers.host ?? ""}${request.url ?? ""}`;
    if (request.method === "PUT") {
      entries.set(key, parseResponse(body));
      return { status: 204 };
    }
    if (request.method === "PURGE") return { status: entries.delete(key) ? 200 : 404 };
    const entry = entries.get(key);
    if (entry === undefined) return { status: 504, headers: { "cf-cache-status": "MISS" } };
    return { status: 200, headers: { ...entry.headers, "cf-cache-status": "HIT" }, body: entry.body };
  };
}

function parseResponse(message: Buffer): { headers: Record<string, string>; body: Buffer } {
  const end = message.indexOf(HEAD_END);
  const [, ...lines] = message.subarray(0, end).toString("latin1").split("\r\n");
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const body = message.subarray(end + HEAD_END.length);
  if (headers["transfer-encoding"] === undefined) return { headers, body };
  const { "transfer-encoding": _, ...others } = headers;
  return { headers: others, body: withoutChunks(body) };
}

/** The body of a message in chunked encoding (RFC 9112, 7.1). */
function withoutChunks(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = body.indexOf("\r\n", at);
    const size = Number.parseInt(body.subarray(at, lineEnd).toString("latin1"), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}
