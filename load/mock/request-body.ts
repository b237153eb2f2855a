import type { IncomingMessage } from "node:http";

/** The largest request body, bytes: 20 MB. */
export const BODY_LIMIT = 20 * 2 ** 20;
/** An oversized body is read and dropped up to this size; then the socket is closed. */
const PATIENCE = 8 * BODY_LIMIT;

/** Reads the body: "too_large" for more than `limit` bytes, "gone" where the client left. */
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
