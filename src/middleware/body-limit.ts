import type { MiddlewareHandler } from "hono";
import { AppError } from "../domain/errors.ts";
import type { AppContext, AppEnv } from "./context.ts";

/**
 * Reads the body of a request into `c.var.body`. Counts the bytes as they arrive and ignores
 * `content-length`. Throws a 413 beyond the deployment's limit, and a 400 for a body that is not
 * UTF-8 or breaks off. Does not read a body for which `isStreamed` is true: its route reads it as a
 * stream with its own limit.
 */
export function bodyLimit(isStreamed: (c: AppContext) => boolean = () => false): MiddlewareHandler<AppEnv> {
  return async function bodyLimitMiddleware(c, next) {
    if (c.req.raw.body && !isStreamed(c)) {
      c.set("body", await readAtMost(c.req.raw.body, c.var.services.config.maxBodyBytes));
    }
    await next();
  };
}

async function readAtMost(body: ReadableStream<Uint8Array>, limit: number): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const reader = body.getReader();
  let text = "";
  let size = 0;
  const next = async () => reader.read().catch(brokenOff);
  for (let chunk = await next(); !chunk.done; chunk = await next()) {
    size += chunk.value.byteLength;
    if (size > limit) {
      await reader.cancel();
      throw new AppError("payload_too_large", `The body is larger than ${limit} bytes.`);
    }
    text += decode(decoder, chunk.value);
  }
  return text + decode(decoder);
}

function brokenOff(cause: unknown): never {
  throw new AppError("bad_request", "The body broke off.", { cause });
}

function decode(decoder: TextDecoder, bytes?: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: bytes !== undefined });
  } catch (cause) {
    throw new AppError("bad_request", "The body is not UTF-8.", { cause });
  }
}
