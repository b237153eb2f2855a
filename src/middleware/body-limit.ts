import type { MiddlewareHandler } from "hono";
import { AppError } from "../domain/errors.ts";
import type { AppContext, AppEnv } from "./context.ts";

/** Reads a request's body into `c.var.body`, up to the deployment's limit, counting bytes as they come: what `content-length` claims is not believed. 413 beyond it, 400 where it is not UTF-8. Leaves a body alone that its route reads as a stream, under a limit of its own. */
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
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    size += chunk.value.byteLength;
    if (size > limit) {
      await reader.cancel();
      throw new AppError("payload_too_large", `The body is larger than ${limit} bytes.`);
    }
    text += decode(decoder, chunk.value);
  }
  return text + decode(decoder);
}

function decode(decoder: TextDecoder, bytes?: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: bytes !== undefined });
  } catch (cause) {
    throw new AppError("bad_request", "The body is not UTF-8.", { cause });
  }
}
