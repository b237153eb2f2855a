import { AppError } from "../domain/errors.ts";
import { type BodyHold, BodyRoom } from "./body-room.ts";
import type { AppContext, SentBody } from "./context.ts";

/** The content types that clients send by default: curl with `-d`, and `fetch` with a string. */
const DEFAULT_TYPES = new Set(["", "application/x-www-form-urlencoded", "text/plain"]);
/** Other names of accepted types. */
const SYNONYMS = new Map([
  ["application/x-yaml", "application/yaml"],
  ["text/yaml", "application/yaml"],
  ["text/x-yaml", "application/yaml"],
]);

/** A byte order mark is left in. */
const STRICT = { fatal: true, ignoreBOM: true };

/** The bytes of large bodies that an isolate works on at a time. */
const ROOM_BYTES = 12 * 1024 * 1024;
const room = new BodyRoom(ROOM_BYTES, () => Date.now());

/**
 * Reads the body of a request for a route that accepts some types. A default type, or that of an
 * empty body, counts as the first of them. Throws a 413 beyond the deployment's limit, a 400 for
 * another type, and for a body that is not UTF-8 or breaks off, and a 503 where the isolate has no
 * room for a body that may be large.
 */
export async function readBody(
  c: AppContext,
  accepted: readonly [string, ...string[]],
  mayBeLarge: boolean,
): Promise<SentBody> {
  const { maxBodyBytes, maxInputBodyBytes } = c.get("services").config;
  const limit = mayBeLarge ? Math.max(maxBodyBytes, maxInputBodyBytes) : maxBodyBytes;
  const hold = room.open();
  c.set("body_hold", hold);
  const text = isStated(c.req, limit)
    ? await readWhole(c.req.raw, limit, hold, Number(c.req.header("content-length")))
    : await readAtMost(inflated(c.req), limit, hold);
  return { text, type: typeOf(c.req.header("content-type") ?? "", text, accepted) };
}

/** The body without its encoding, whose bytes are counted as they come out. */
function inflated(request: AppContext["req"]): ReadableStream<Uint8Array> | null {
  const { body } = request.raw;
  const encoding = encodingOf(request);
  if (encoding === "" || body === null) return body;
  if (encoding === "gzip" || encoding === "deflate") return body.pipeThrough(new DecompressionStream(encoding));
  throw new AppError("bad_request", `Send the body with \`content-encoding: gzip\`, or without that header.`);
}

function encodingOf(request: AppContext["req"]): string {
  const encoding = request.header("content-encoding")?.trim().toLowerCase() ?? "";
  return encoding === "identity" ? "" : encoding;
}

function typeOf(header: string, text: string, accepted: readonly [string, ...string[]]): string {
  const [first] = accepted;
  if (header === first || text === "") return first;
  const said = header.split(";")[0]?.trim().toLowerCase() ?? "";
  const type = DEFAULT_TYPES.has(said) ? first : (SYNONYMS.get(said) ?? said);
  if (accepted.includes(type)) return type;
  throw new AppError("bad_request", `Send the body as ${accepted.join(" or ")}, not as ${said.slice(0, 100)}.`);
}

/** Whether a body says that it is within the limit. Its length frames it on the wire, then. */
function isStated(request: AppContext["req"], limit: number): boolean {
  const length = request.header("content-length");
  const isFramed = length !== undefined && request.header("transfer-encoding") === undefined;
  return isFramed && Number(length) <= limit && encodingOf(request) === "";
}

/** Reads a body in one step of the engine's, which costs a third of reading it by pieces. */
async function readWhole(request: Request, limit: number, hold: BodyHold, stated: number): Promise<string> {
  try {
    hold.grow(stated);
  } catch (error) {
    // A client that is still sending reads no answer.
    await request.body?.pipeTo(new WritableStream()).catch(() => undefined);
    throw error;
  }
  const bytes = new Uint8Array(await request.arrayBuffer().catch(brokenOff));
  if (bytes.byteLength > limit) throw tooLarge(limit);
  hold.grow(bytes.byteLength);
  return decode(new TextDecoder("utf-8", STRICT), bytes);
}

/** Counts the bytes as they arrive, where nothing or something wrong is said of their number. */
async function readAtMost(body: ReadableStream<Uint8Array> | null, limit: number, hold: BodyHold): Promise<string> {
  if (body === null) return "";
  const decoder = new TextDecoder("utf-8", STRICT);
  const reader = body.getReader();
  let text = "";
  let size = 0;
  const next = async () => reader.read().catch(brokenOff);
  for (let chunk = await next(); !chunk.done; chunk = await next()) {
    size += chunk.value.byteLength;
    if (size > limit) {
      await reader.cancel();
      throw tooLarge(limit);
    }
    hold.grow(size);
    text += decode(decoder, chunk.value);
  }
  return text + decode(decoder);
}

function tooLarge(limit: number): AppError {
  return new AppError("payload_too_large", `The body is larger than ${limit} bytes.`);
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
