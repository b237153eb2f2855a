import type { IncomingMessage } from "node:http";

/** The largest request body, counted in bytes as they come: 20 MB. */
export const BODY_LIMIT = 20 * 2 ** 20;
/** Beyond this the rest of an oversized body is not even thrown away: the socket is closed. */
const PATIENCE = 8 * BODY_LIMIT;

/** The whole body; "too_large" when it is over `limit` bytes (the rest is read and dropped), "gone" when the client left. */
export function readBody(request: IncomingMessage, limit = BODY_LIMIT): Promise<Buffer | "too_large" | "gone"> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let size = 0;
    request.on("data", (part: Buffer) => {
      size += part.length;
      if (size <= limit) parts.push(part);
      else parts.length = 0;
      if (size > Math.max(limit, PATIENCE)) request.destroy();
    });
    request.once("end", () => resolve(size > limit ? "too_large" : joined(parts)));
    request.once("close", () => resolve("gone"));
    request.once("error", () => resolve("gone"));
  });
}

function joined(parts: readonly Buffer[]): Buffer {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
}
